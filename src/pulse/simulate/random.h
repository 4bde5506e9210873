#pragma once

/// \file
/// Random: numbers that depend on (seed, topic, index) alone, so that any part of a simulated world
/// can be computed on its own, in any order, on any thread.

#include <cstdint>

namespace pulse::simulate {

/// SplitMix64 finaliser (Sebastiano Vigna, public domain): turns neighbours into strangers.
constexpr std::uint64_t Mix(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// One well-mixed number for (seed, topic, index). Topics keep independent choices independent.
constexpr std::uint64_t HashOf(
    std::uint64_t seed, std::uint64_t topic, std::uint64_t index
) noexcept {
  return Mix(Mix(seed ^ (topic << 56)) + index * 0xD1342543DE82EF95ULL);
}

/// A short deterministic stream of numbers. Cheap to make; not for cryptography.
class Random {
 public:
  constexpr Random(std::uint64_t seed, std::uint64_t topic, std::uint64_t index) noexcept
      : state_(HashOf(seed, topic, index)) {}
  explicit constexpr Random(std::uint64_t state) noexcept : state_(state) {}

  constexpr std::uint64_t Next() noexcept { return Mix(state_ += 0x632BE59BD9B4E019ULL); }

  /// 0 .. count-1; count must be positive and far below 2^32, so the bias does not matter.
  constexpr std::uint32_t Below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>(((Next() >> 32) * count) >> 32);
  }
  constexpr int Int(int count) noexcept {
    return static_cast<int>(Below(static_cast<std::uint32_t>(count)));
  }
  /// True in `permille` of 1,000 draws.
  constexpr bool Chance(std::uint32_t permille) noexcept { return Below(1000) < permille; }

 private:
  std::uint64_t state_;
};

}  // namespace pulse::simulate
