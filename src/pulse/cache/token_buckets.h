#pragma once

/// \file
/// TokenBuckets: what Cache::TakeTokens means, for the threads of one process.

#include <chrono>
#include <cstddef>
#include <string_view>

#include "pulse/base/clock.h"
#include "pulse/base/sync.h"
#include "pulse/cache/bounded_map.h"

namespace pulse::cache {

/// A bucket that never refills has no honest answer; asking once an hour costs nothing.
inline constexpr std::chrono::milliseconds kLongestTokenWait = std::chrono::hours(1);

/// Thread-safe. Keeps at most so many buckets; one that was dropped is full again.
class TokenBuckets {
 public:
  TokenBuckets(std::size_t most, SteadyNow now);

  /// As Cache::TakeTokens.
  std::chrono::milliseconds Take(
      std::string_view key, double tokens, double per_second, double burst
  );

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Bucket {
    double level = 0;
    double per_second = 0;
    double burst = 0;
    TimePoint filled_at;

    double LevelAt(TimePoint now) const;
    /// A full bucket is what a missing one would be.
    bool Useless(TimePoint now) const { return LevelAt(now) >= burst; }
  };

  const std::size_t most_;
  const SteadyNow now_;
  Guarded<ByKey<Bucket>> buckets_;
};

}  // namespace pulse::cache
