#pragma once

/// \file
/// Turns: whether the tenants of a process wait for each other. While only one tenant's work
/// arrives, nobody is passed over when it is begun as it comes; as soon as another's does, the
/// dispatcher says whose turn it is.

#include <chrono>
#include <functional>
#include <optional>

#include "pulse/base/ids.h"
#include "pulse/base/sync.h"

namespace pulse::pipeline {

/// Who begins with an order of this tenant at once; nobody: it joins the line.
using Begins = std::function<std::optional<WorkerId>(TenantId)>;

/// Thread-safe.
class Turns {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// How long one who came is waited for to come again.
  static constexpr std::chrono::seconds kLately{1};

  /// A ring or an order of this tenant arrived. Returns whether no other tenant's did lately.
  bool Arrive(TenantId tenant, Time now = std::chrono::steady_clock::now()) {
    return last_.With([&](Last& last) {
      if (last.tenant != tenant && last.tenant != TenantId{}) last.changed = now;
      last.tenant = tenant;
      return now - last.changed > kLately;
    });
  }

 private:
  struct Last {
    TenantId tenant;
    Time changed{};  ///< When the tenant was another one before, for the last time.
  };
  Guarded<Last> last_;
};

}  // namespace pulse::pipeline
