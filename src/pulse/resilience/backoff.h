#pragma once

/// \file
/// How long to wait before the next try.

#include <chrono>
#include <optional>
#include <random>

namespace pulse::resilience {

/// Source: Marc Brooker, "Exponential Backoff And Jitter": the full jitter form gives the least
/// work and nearly the shortest time when many clients retry together.
struct BackoffPolicy {
  std::chrono::milliseconds base{1000};   ///< The longest first wait.
  std::chrono::milliseconds cap{60'000};  ///< The longest wait of all.
};

/// Waits after `failures` failed tries (1 after the first): uniform in 0..min(cap, base * 2^(n-1)).
/// When the other side said how long (`retry_after`), that wins: we wait so long and up to `base`
/// more, so that its clients do not come back in the same instant. Pure but for `random`.
std::chrono::milliseconds BackoffFor(
    const BackoffPolicy& policy,
    int failures,
    std::optional<std::chrono::milliseconds> retry_after,
    std::mt19937_64& random
);

}  // namespace pulse::resilience
