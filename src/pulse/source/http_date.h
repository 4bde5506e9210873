#pragma once

/// \file
/// The Date header, and what it says about the difference between the source's clock and ours.

#include <optional>
#include <string_view>

#include "pulse/base/time.h"

namespace pulse::source {

/// "Sun, 06 Nov 1994 08:49:37 GMT", the only form senders may write (RFC 9110, 5.6.7).
std::optional<EpochMs> ParseHttpDate(std::string_view text);

/// Milliseconds the source's clock is ahead of ours (negative: behind), given the Date it wrote
/// between our `sent` and `received`. Date has whole seconds: zero when it agrees with ours, the
/// lowest value that explains it when it does not, so that nobody comes back too early.
EpochMs ClockSkew(EpochMs date, EpochMs sent, EpochMs received);

}  // namespace pulse::source
