#pragma once

/// \file
/// What a Date header says about the difference between the source's clock and ours.

#include "pulse/base/time.h"

namespace pulse::source {

/// Milliseconds the source's clock is ahead of ours (negative: behind), given the Date it wrote
/// between our `sent` and `received`. Date has whole seconds: zero when it agrees with ours, the
/// lowest value that explains it when it does not, so that nobody comes back too early.
EpochMs ClockSkew(EpochMs date, EpochMs sent, EpochMs received);

}  // namespace pulse::source
