#pragma once

/// \file
/// RateWindow: how many per second over the last minute.

#include <array>
#include <chrono>
#include <cstdint>

namespace pulse::telemetry {

/// Sixty buckets of one second. Not thread-safe. Times may not run backwards.
class RateWindow {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr int kSeconds = 60;

  void Add(TimePoint now, std::int64_t count) {
    Bucket& bucket = BucketOf(now);
    if (bucket.second != SecondOf(now)) bucket = {.second = SecondOf(now), .count = 0};
    bucket.count += count;
  }

  double PerSecond(TimePoint now) const {
    std::int64_t sum = 0;
    for (const Bucket& bucket : buckets_) {
      if (SecondOf(now) - bucket.second < kSeconds) sum += bucket.count;
    }
    return static_cast<double>(sum) / kSeconds;
  }

 private:
  struct Bucket {
    std::int64_t second = 0;
    std::int64_t count = 0;
  };

  static std::int64_t SecondOf(TimePoint now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  }
  Bucket& BucketOf(TimePoint now) {
    return buckets_[static_cast<std::size_t>(SecondOf(now) % kSeconds)];
  }

  std::array<Bucket, kSeconds> buckets_{};
};

}  // namespace pulse::telemetry
