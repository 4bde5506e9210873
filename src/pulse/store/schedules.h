#pragma once

/// \file
/// Schedules: when an integration is synced by itself. One per integration. Errors as in ledger.h,
/// and kNotFound for an integration that is not this tenant's or has no schedule.

#include <optional>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/base/time.h"

namespace pulse::store {

struct Schedule {
  TenantId tenant = {};
  IntegrationId integration = {};
  std::string rule = {};     ///< "every 15m", or five cron fields in UTC: "0 */2 * * *".
  std::string options = {};  ///< model::JobOptions::ToJson of the jobs it makes.
  bool paused = false;       ///< Makes no job; slots that pass meanwhile count as missed.
  /// What happens to slots missed while nobody ran: one job for all of them (true), or none.
  bool catch_up = true;
  EpochMs next_at = 0;  ///< The slot the next job is for.
  EpochMs last_at = 0;  ///< The slot before `next_at` that was dealt with; 0: none yet.
};

class Schedules {
 public:
  virtual ~Schedules() = default;

  /// Stores or replaces the integration's schedule.
  virtual Result<> Put(const Schedule& schedule) = 0;
  virtual Result<> Remove(TenantId tenant, IntegrationId integration) = 0;
  virtual Result<std::vector<Schedule>> List(TenantId tenant) = 0;

  /// For the leader, all tenants: schedules that are due and not paused, the longest due first.
  virtual Result<std::vector<Schedule>> Due(EpochMs now, int limit) = 0;
  /// When the next one becomes due, if any will.
  virtual Result<std::optional<EpochMs>> NextDue() = 0;
  /// Moves on from `slot` to `next_at`. Does nothing when somebody has done so already.
  virtual Result<> Advance(
      TenantId tenant, IntegrationId integration, EpochMs slot, EpochMs next_at
  ) = 0;
};

}  // namespace pulse::store
