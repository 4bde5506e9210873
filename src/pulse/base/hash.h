#pragma once

/// \file
/// Content hashes. Not for secrets: they tell "changed" from "unchanged", nothing more.

#include <cstdint>
#include <string>
#include <string_view>

namespace pulse {

/// XXH3, 64 bits, as a signed integer because that is what both databases store.
std::int64_t ContentHash(std::string_view bytes) noexcept;

/// XXH3, 128 bits, as 32 hexadecimal digits; identifies a raw page.
std::string ContentFingerprint(std::string_view bytes);

/// Feeds several pieces into one 64-bit hash; pieces are length-delimited, so ("a","b") != ("ab").
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void Add(std::string_view bytes) noexcept;
  void Add(std::int64_t number) noexcept;
  /// The hash of everything added since construction or the last Finish(), which starts afresh.
  std::int64_t Finish() noexcept;

 private:
  void* state_;  // XXH3_state_t: the library's header stays out of ours.
};

}  // namespace pulse
