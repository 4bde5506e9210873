#pragma once

/// \file
/// Clock: wall time behind an interface, so that tests can move it. Durations and deadlines use
/// std::chrono::steady_clock, never this.

#include <chrono>
#include <functional>

#include "pulse/base/time.h"

namespace pulse {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual EpochMs Now() const = 0;  ///< Thread-safe.
};

class SystemClock final : public Clock {
 public:
  EpochMs Now() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
  }
};

/// Where "how long since" comes from. Thread-safe; tests give one they can move.
using SteadyNow = std::function<std::chrono::steady_clock::time_point()>;

inline SteadyNow RealSteadyNow() {
  return [] { return std::chrono::steady_clock::now(); };
}

}  // namespace pulse
