#pragma once

/// \file
/// Cache: small values that processes share and that may vanish at any moment: API budgets,
/// breaker states. Never the truth about anything. Backends: memory/, redis/; both pass
/// testing/cache_conformance.h. Thread-safe.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "pulse/base/error.h"

namespace pulse::cache {

class Cache {
 public:
  virtual ~Cache() = default;

  /// Nothing when there is no such key, it expired, or the cache cannot be reached: not an error.
  virtual std::optional<std::string> Get(std::string_view key) = 0;

  /// Best effort: a cache that cannot be reached forgets it. `ttl` > 0.
  virtual void Put(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) = 0;

  /// Takes `tokens` from the bucket `key` that refills at `per_second` up to `burst`; returns how
  /// long to wait before asking again, zero when they were taken. Atomic among all processes.
  virtual std::chrono::milliseconds TakeTokens(
      std::string_view key, double tokens, double per_second, double burst
  ) = 0;

  /// One round trip; what to tell people ("Redis 7.0.15"). Errors: kUnavailable, kTimeout,
  /// kUnauthorized.
  virtual Result<std::string> Probe() = 0;
};

}  // namespace pulse::cache
