#pragma once

/// \file
/// Recent: values read a moment ago, so that a burst of small jobs does not read the same row again
/// and again. For what may be out of date for as long as it is kept, and for nothing else.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "pulse/base/clock.h"
#include "pulse/base/sync.h"

namespace pulse {

/// Thread-safe. At most `most` values; when it is full everything is forgotten, which costs reads.
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(
      std::chrono::milliseconds keep = std::chrono::seconds(1),
      std::size_t most = 1024,
      SteadyNow now = RealSteadyNow()
  )
      : keep_(keep), most_(most), now_(std::move(now)) {}

  std::optional<Value> Find(const Key& key) {
    const auto now = now_();
    return values_.With([&](Values& values) -> std::optional<Value> {
      const auto found = values.find(key);
      if (found == values.end() || found->second.until <= now) return std::nullopt;
      return found->second.value;
    });
  }

  void Keep(const Key& key, Value value) {
    const auto until = now_() + keep_;
    values_.With([&](Values& values) {
      if (values.size() >= most_ && !values.contains(key)) values.clear();
      values.insert_or_assign(key, Entry{std::move(value), until});
    });
  }

  void Forget(const Key& key) {
    values_.With([&](Values& values) { values.erase(key); });
  }

 private:
  struct Entry {
    Value value;
    std::chrono::steady_clock::time_point until;
  };
  using Values = std::map<Key, Entry>;

  const std::chrono::milliseconds keep_;
  const std::size_t most_;
  const SteadyNow now_;
  Guarded<Values> values_;
};

}  // namespace pulse
