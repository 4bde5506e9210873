#include "pulse/cache/memory/memory_cache.h"

#include <utility>

#include "pulse/base/sync.h"
#include "pulse/cache/bounded_map.h"
#include "pulse/cache/token_buckets.h"

namespace pulse::cache::memory {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

struct Value {
  std::string bytes;
  TimePoint expires_at;

  bool Useless(TimePoint now) const { return now >= expires_at; }
};

class MemoryCache final : public Cache {
 public:
  explicit MemoryCache(MemoryCacheOptions options)
      : now_(std::move(options.now)),
        max_entries_(options.max_entries),
        buckets_(max_entries_, now_) {}

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
    return buckets_.Take(key, tokens, per_second, burst);
  }

 private:
  const SteadyNow now_;
  const std::size_t max_entries_;
  Guarded<ByKey<Value>> values_;
  TokenBuckets buckets_;
};

}  // namespace

std::unique_ptr<Cache> NewMemoryCache(MemoryCacheOptions options) {
  return std::make_unique<MemoryCache>(std::move(options));
}

}  // namespace pulse::cache::memory
