#include "pulse/cache/memory/memory_cache.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "pulse/base/sync.h"

namespace pulse::cache::memory {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// A bucket that never refills has no honest answer; asking once an hour costs nothing.
constexpr milliseconds kLongestWait = std::chrono::hours(1);

struct Value {
  std::string bytes;
  TimePoint expires_at;

  bool Useless(TimePoint now) const { return now >= expires_at; }
};

struct Bucket {
  double level = 0;
  double per_second = 0;
  double burst = 0;
  TimePoint filled_at;

  double LevelAt(TimePoint now) const {
    // Another thread may have read the clock earlier and come later.
    const double seconds = std::max(0.0, std::chrono::duration<double>(now - filled_at).count());
    return std::min(burst, level + seconds * per_second);
  }
  /// A full bucket is what a missing one would be.
  bool Useless(TimePoint now) const { return LevelAt(now) >= burst; }
};

/// Lets a string_view look up a std::string key without a copy.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};
template <class T>
using ByKey = std::unordered_map<std::string, T, KeyHash, std::equal_to<>>;

template <class T>
void MakeRoom(ByKey<T>& entries, std::size_t most, TimePoint now) {
  if (entries.size() < most) return;
  std::erase_if(entries, [now](auto& entry) { return entry.second.Useless(now); });
  if (entries.size() >= most) entries.clear();
}

class MemoryCache final : public Cache {
 public:
  explicit MemoryCache(MemoryCacheOptions options)
      : now_(std::move(options.now)), max_entries_(options.max_entries) {}

  std::optional<std::string> Get(std::string_view key) override {
    const TimePoint now = now_();
    return values_.With([&](ByKey<Value>& values) -> std::optional<std::string> {
      const auto found = values.find(key);
      if (found == values.end()) return std::nullopt;
      if (found->second.Useless(now)) {
        values.erase(found);
        return std::nullopt;
      }
      return found->second.bytes;
    });
  }

  void Put(std::string_view key, std::string_view value, milliseconds ttl) override {
    const TimePoint now = now_();
    values_.With([&](ByKey<Value>& values) {
      if (!values.contains(key)) MakeRoom(values, max_entries_, now);
      values.insert_or_assign(std::string(key), Value{std::string(value), now + ttl});
    });
  }

  Result<std::string> Probe() override { return std::string("in this process"); }

  milliseconds TakeTokens(std::string_view key, double tokens, double per_second, double burst)
      override {
    const TimePoint now = now_();
    return buckets_.With([&](ByKey<Bucket>& buckets) -> milliseconds {
      auto found = buckets.find(key);
      if (found == buckets.end()) {
        MakeRoom(buckets, max_entries_, now);
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
      if (!(wait_ms < static_cast<double>(kLongestWait.count()))) return kLongestWait;
      return milliseconds(std::max<std::int64_t>(1, std::llround(wait_ms)));
    });
  }

 private:
  const SteadyNow now_;
  const std::size_t max_entries_;
  Guarded<ByKey<Value>> values_;
  Guarded<ByKey<Bucket>> buckets_;
};

}  // namespace

std::unique_ptr<Cache> NewMemoryCache(MemoryCacheOptions options) {
  return std::make_unique<MemoryCache>(std::move(options));
}

}  // namespace pulse::cache::memory
