#pragma once

/// \file
/// A map by text that never grows beyond a number of entries: what a cache keeps in memory.

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pulse::cache {

/// Lets a string_view look up a std::string key without a copy.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};
template <class T>
using ByKey = std::unordered_map<std::string, T, KeyHash, std::equal_to<>>;

/// Makes room for one more. Useless entries go first (`T::Useless(now)`); if none was, all of them:
/// a cache may forget, it may not grow.
template <class T>
void MakeRoom(ByKey<T>& entries, std::size_t most, std::chrono::steady_clock::time_point now) {
  if (entries.size() < most) return;
  std::erase_if(entries, [now](auto& entry) { return entry.second.Useless(now); });
  if (entries.size() >= most) entries.clear();
}

}  // namespace pulse::cache
