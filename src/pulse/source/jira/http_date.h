#pragma once

/// \file
/// `Mon, 23 Nov 2026 14:35:00 GMT`, as the Date header has it.

#include <optional>
#include <string_view>

#include "pulse/base/time.h"

namespace pulse::source::jira {

std::optional<EpochMs> ParseHttpDate(std::string_view text);

}  // namespace pulse::source::jira
