#pragma once

/// \file
/// Reading an answer's headers.

#include <optional>
#include <string_view>

#include "pulse/base/time.h"
#include "pulse/source/source.h"

namespace pulse::source::github {

/// Case-insensitive; empty when absent. The first of several.
std::string_view HeaderOf(const Answer& answer, std::string_view name);

/// A header that holds a whole number.
std::optional<std::int64_t> NumberHeader(const Answer& answer, std::string_view name);

/// The server's clock when it answered, or `fallback` where it did not say.
EpochMs ServerTime(const Answer& answer, EpochMs fallback);

/// Whether a Link header names a next page. The link itself is never followed: pages are counted.
bool HasNextLink(const Answer& answer);

}  // namespace pulse::source::github
