#pragma once

/// \file
/// The cache that several processes share: a Redis (6 or newer). Passes
/// testing/cache_conformance.h.
///
/// Whatever Redis does, callers get slower and never wrong. It is asked within `budget` per call
/// and behind a breaker, so that a dead one costs a few budgets and then nothing. Meanwhile Get
/// finds nothing, Put forgets, and TakeTokens uses a bucket of this process at half the rate and
/// half the burst: two processes together still keep the budget, n of them spend n/2 of it, and the
/// source's own refusals do the rest. A Redis that lost everything grants each bucket one burst
/// anew.
///
/// Every value carries a checksum with its key: bytes that somebody else left under our keys are
/// not there. It guards against accidents, not against whoever can write to this Redis.

#include <chrono>
#include <memory>
#include <string>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/cache/cache.h"
#include "pulse/resilience/breaker.h"

namespace pulse::cache::redis {

struct RedisOptions {
  std::string url;  ///< redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]; no TLS.
  /// In front of every key, so that installations can share a database.
  std::string prefix = "pulse";
  /// Of one call, connecting included. A host *name* is resolved by the system outside of it; an IP
  /// address is not.
  std::chrono::milliseconds budget{50};
  int connections = 8;  ///< At most; further callers wait within their budget.
  /// Three budgets lost among the last six calls are enough; one caller every two seconds looks
  /// again.
  resilience::BreakerPolicy breaker{
      .window = 6,
      .minimum = 3,
      .open_for = std::chrono::seconds(2),
      .probes = 1,
      .probe_timeout = std::chrono::seconds(1),
  };
  SteadyNow now = RealSteadyNow();  ///< Of the breaker and the buckets of this process.
};

/// Connects when first used: a Redis that is down is no error here. Probe finds out, past the
/// breaker and with a second to answer. Errors: kInvalid (the url).
Result<std::unique_ptr<Cache>> NewRedisCache(RedisOptions options);

}  // namespace pulse::cache::redis
