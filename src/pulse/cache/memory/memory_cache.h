#pragma once

/// \file
/// The cache inside this process, for a deployment of one. Passes testing/cache_conformance.h.

#include <cstddef>
#include <memory>

#include "pulse/base/clock.h"
#include "pulse/cache/cache.h"

namespace pulse::cache::memory {

struct MemoryCacheOptions {
  /// Values and, counted apart, buckets. When there is no room for a new one, expired values and
  /// full buckets go; if none did, all of them: a cache may forget, it may not grow.
  std::size_t max_entries = 100'000;
  SteadyNow now = RealSteadyNow();
};

std::unique_ptr<Cache> NewMemoryCache(MemoryCacheOptions options = {});

}  // namespace pulse::cache::memory
