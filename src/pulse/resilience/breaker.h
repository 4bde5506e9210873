#pragma once

/// \file
/// Breaker: stops asking a service that fails, and finds out gently when it works again.
///
///   closed --(half of the last calls failed)--> open --(a minute)--> half-open --+
///     ^                                           ^---(a probe failed or is late)-+
///     +------------------------(all probes succeeded)-----------------------------+

#include <chrono>
#include <cstdint>
#include <vector>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/base/sync.h"

namespace pulse::resilience {

/// The figures are resilience4j's defaults, but for the probes: three answers tell enough.
struct BreakerPolicy {
  int window = 100;           ///< Judges the last so many calls.
  int minimum = 10;           ///< Never opens on fewer.
  double failure_rate = 0.5;  ///< Opens at this share of failures.
  std::chrono::milliseconds open_for{60'000};
  int probes = 3;  ///< Calls let through while half-open; all must succeed.
  /// A probe not back by then counts as failed: without it, one call that never returns would keep
  /// the breaker half-open for ever (resilience4j issue 903).
  std::chrono::milliseconds probe_timeout{45'000};
};

enum class BreakerState : unsigned char { kClosed, kOpen, kHalfOpen };

/// Thread-safe. Must outlive its passes.
class Breaker {
 public:
  /// Leave for one call. Report how it went; a pass dropped without a report (cancelled, refused
  /// before it was sent, rate-limited) says nothing about the service. Not thread-safe.
  class Pass {
   public:
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&& other) noexcept;
    ~Pass();
    void Succeeded();
    /// Only for kUnavailable and kTimeout: a service that says no is working.
    void Failed();

   private:
    friend class Breaker;
    Pass(Breaker* breaker, std::uint64_t era, std::uint64_t id)
        : breaker_(breaker), era_(era), id_(id) {}
    Breaker* breaker_;
    std::uint64_t era_;
    std::uint64_t id_;
  };

  explicit Breaker(BreakerPolicy policy = {}, SteadyNow now = RealSteadyNow());

  /// Errors: kUnavailable, with retry_after, while open and while all probes are out.
  Result<Pass> Admit();

  BreakerState state() const;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Outcome : unsigned char { kSuccess, kFailure, kUnknown };
  struct Probe {
    std::uint64_t id;
    TimePoint deadline;
  };
  struct Book {
    BreakerState state = BreakerState::kClosed;
    std::uint64_t era = 0;  ///< Goes up with every change of state: late reports are ignored.
    std::uint64_t last_id = 0;
    std::vector<bool> failed{};  ///< The last `window` calls, as a ring.
    std::size_t oldest = 0;
    int failures = 0;
    TimePoint opened_at{};
    std::vector<Probe> probes_out{};
    int probes_succeeded = 0;
  };

  void LetTimePass(Book& book, TimePoint now) const;
  void Report(std::uint64_t era, std::uint64_t id, Outcome outcome);
  void Count(Book& book, bool failure, TimePoint now) const;
  void Enter(Book& book, BreakerState state, TimePoint at) const;

  const BreakerPolicy policy_;
  const SteadyNow now_;
  mutable Guarded<Book> book_;
};

}  // namespace pulse::resilience
