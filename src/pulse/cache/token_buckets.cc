#include "pulse/cache/token_buckets.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace pulse::cache {

using std::chrono::milliseconds;

TokenBuckets::TokenBuckets(std::size_t most, SteadyNow now) : most_(most), now_(std::move(now)) {}

double TokenBuckets::Bucket::LevelAt(TimePoint now) const {
  // Another thread may have read the clock earlier and come later.
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - filled_at).count());
  return std::min(burst, level + seconds * per_second);
}

milliseconds TokenBuckets::Take(
    std::string_view key, double tokens, double per_second, double burst
) {
  const TimePoint now = now_();
  return buckets_.With([&](ByKey<Bucket>& buckets) -> milliseconds {
    auto found = buckets.find(key);
    if (found == buckets.end()) {
      MakeRoom(buckets, most_, now);
      found = buckets.emplace(key, Bucket{.level = burst, .filled_at = now}).first;
    }
    Bucket& bucket = found->second;
    bucket.per_second = per_second;
    bucket.burst = burst;
    bucket.level = bucket.LevelAt(now);
    bucket.filled_at = std::max(bucket.filled_at, now);

    // More than the bucket holds can never be there: a full bucket is enough for it.
    const double needed = std::min(tokens, burst);
    if (bucket.level >= needed) {
      bucket.level -= needed;
      return milliseconds(0);
    }
    const double wait_ms = std::ceil(1000 * (needed - bucket.level) / per_second);
    if (!(wait_ms < static_cast<double>(kLongestTokenWait.count()))) return kLongestTokenWait;
    return milliseconds(std::max<std::int64_t>(1, std::llround(wait_ms)));
  });
}

}  // namespace pulse::cache
