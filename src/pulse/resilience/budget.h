#pragma once

/// \file
/// Budget: how fast and how many at once we may ask one service. A token bucket bounds the rate; a
/// limit that finds its own height bounds the calls in flight.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>

#include "pulse/base/error.h"

namespace pulse::resilience {

struct BudgetPolicy {
  /// The source of 8: Atlassian advises 5 to 10 calls in flight per connection; GitHub's
  /// secondary limits tolerate 100.
  int max_in_flight = 8;
  int first_in_flight = 4;
};

/// Additive increase, multiplicative decrease: the limit grows by one after as many successes in a
/// row as it is high, and halves when the service pushes back (rate limit, timeout), at most once
/// for the calls that were in flight together. Thread-safe. Must outlive its permits.
class Budget {
 public:
  /// Takes `tokens` now, or says how long until asking again may succeed (cache::TakeTokens).
  using TakeTokens = std::function<std::chrono::milliseconds(double tokens)>;
  using TimePoint = std::chrono::steady_clock::time_point;

  /// A place in flight, held until it is destroyed. Without a report the limit stays as it is.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    ~Permit();
    void Succeeded();
    void PushedBack();

   private:
    friend class Budget;
    Permit(Budget* budget, std::uint64_t era) : budget_(budget), era_(era) {}
    Budget* budget_;
    std::uint64_t era_;
  };

  Budget(BudgetPolicy policy, TakeTokens take_tokens);

  /// Blocks for a place in flight, then for `cost` tokens; each no longer than until `deadline`.
  /// Errors: kRateLimited with retry_after (one of them cannot be had by then), kCancelled.
  Result<Permit> Acquire(double cost, TimePoint deadline, std::stop_token stop);

  int limit() const;
  int in_flight() const;

 private:
  Result<Permit> AwaitPlace(TimePoint deadline, std::stop_token stop);
  Result<> AwaitTokens(double cost, TimePoint deadline, const std::stop_token& stop) const;
  void Release();
  void Raise(std::uint64_t era);
  void Halve(std::uint64_t era);

  const BudgetPolicy policy_;
  const TakeTokens take_tokens_;
  mutable std::mutex mutex_;  // Not Guarded<T>: the condition variable needs it.
  std::condition_variable_any place_freed_;
  int limit_;
  int in_flight_ = 0;
  int successes_ = 0;
  std::uint64_t era_ = 0;  // Goes up when the limit falls.
};

}  // namespace pulse::resilience
