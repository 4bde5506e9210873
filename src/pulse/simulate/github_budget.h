#pragma once

/// \file
/// Budget: points per hour and credential, as GitHub counts them. Thread-safe.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "pulse/base/sync.h"
#include "pulse/base/time.h"
#include "pulse/http/server.h"

namespace pulse::simulate::github {

enum class Resource : unsigned char { kCore, kGraphql };

/// How a credential stands after a call.
struct Standing {
  bool granted = true;  ///< False: the budget was spent; nothing was charged.
  std::int64_t limit = 0;
  std::int64_t used = 0;
  std::int64_t remaining = 0;
  EpochMs reset_at = 0;
};

class Budget {
 public:
  /// `per_hour` points for each resource. 0: unlimited (counted against a very large limit).
  explicit Budget(std::int64_t per_hour);

  /// Charges `points` when they are left. An hour starts with a credential's first call.
  Standing Charge(std::string_view credential, Resource resource, std::int64_t points, EpochMs now);
  /// Looks without charging.
  Standing Look(std::string_view credential, Resource resource, EpochMs now);

 private:
  struct Window {
    EpochMs start = 0;
    std::int64_t used = 0;
  };
  using Windows = std::map<std::pair<std::string, Resource>, Window>;

  std::int64_t per_hour_;
  Guarded<Windows> windows_;
};

/// Adds the x-ratelimit-* headers.
void AppendRateHeaders(const Standing& standing, Resource resource, http::Headers& headers);

}  // namespace pulse::simulate::github
