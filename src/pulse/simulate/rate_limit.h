#pragma once

/// \file
/// RateLimit: one token bucket per caller, as a vendor's burst limit.

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "pulse/base/sync.h"

namespace pulse::simulate {

struct RateDecision {
  bool allowed = true;
  int limit = 0;      ///< Calls per second; 0: no limit is set.
  int remaining = 0;  ///< Calls left right now.
  int retry_after_seconds = 0;
};

/// Thread-safe. A bucket holds one second's worth of calls and refills continuously.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0 turns it off.
  explicit RateLimit(int per_second) : per_second_(per_second) {}

  /// Takes one call from the bucket of `caller` (a credential; only its hash is kept).
  RateDecision Take(std::string_view caller, Clock::time_point now);

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point filled;
  };
  int per_second_;
  Guarded<std::unordered_map<std::size_t, Bucket>> buckets_;
};

}  // namespace pulse::simulate
