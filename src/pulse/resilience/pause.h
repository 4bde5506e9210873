#pragma once

/// \file
/// The one way to wait for time to pass.

#include <chrono>
#include <stop_token>

#include "pulse/base/error.h"

namespace pulse::resilience {

/// Blocks for `wait`; kCancelled as soon as `stop` is requested.
Result<> Pause(std::chrono::milliseconds wait, std::stop_token stop);

}  // namespace pulse::resilience
