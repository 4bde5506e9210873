#pragma once

/// \file
/// The arithmetic of an exact search. Pure.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pulse::vectors::local {

/// Sixteen partial sums instead of one: additions that do not wait for each other, in an order the
/// compiler may do four or eight at a time.
inline float Dot(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  const std::size_t whole = a.size() - a.size() % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += a.data()[i + lane] * b.data()[i + lane];
    }
  }
  float sum = 0;
  for (const float part : sums) sum += part;
  for (std::size_t i = whole; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Keeps the best `most` of all that were offered; among equals the lower slot.
class Nearest {
 public:
  struct Candidate {
    float score;
    std::int64_t slot;
  };

  explicit Nearest(std::size_t most) : most_(most) { heap_.reserve(most); }

  void Offer(Candidate candidate) {
    if (heap_.size() == most_) {
      if (!Better(candidate, heap_.front())) return;
      std::ranges::pop_heap(heap_, Better);
      heap_.back() = candidate;
    } else {
      heap_.push_back(candidate);
    }
    std::ranges::push_heap(heap_, Better);
  }

  /// Best first.
  std::vector<Candidate> Take() && {
    std::ranges::sort_heap(heap_, Better);
    return std::move(heap_);
  }

 private:
  static bool Better(const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.slot < b.slot;
  }

  std::size_t most_;
  std::vector<Candidate> heap_;  // The worst of the kept ones in front.
};

}  // namespace pulse::vectors::local
