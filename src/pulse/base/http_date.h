#pragma once

/// \file
/// `Sun, 06 Nov 1994 08:49:37 GMT`, as the Date and Retry-After headers have it.

#include <optional>
#include <string_view>

#include "pulse/base/time.h"

namespace pulse {

/// The only form senders may write (RFC 9110, 5.6.7); nothing for any other.
std::optional<EpochMs> ParseHttpDate(std::string_view text);

}  // namespace pulse
