#pragma once

/// \file
/// SqliteSchedules. See store/schedules.h.

#include "pulse/store/schedules.h"
#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

class SqliteSchedules final : public Schedules {
 public:
  explicit SqliteSchedules(Database& database) : database_(database) {}

  Result<> Put(const Schedule& schedule) override;
  Result<> Remove(TenantId tenant, IntegrationId integration) override;
  Result<std::vector<Schedule>> List(TenantId tenant) override;
  Result<std::vector<Schedule>> Due(EpochMs now, int limit) override;
  Result<std::optional<EpochMs>> NextDue() override;
  Result<> Advance(TenantId tenant, IntegrationId integration, EpochMs slot, EpochMs next_at)
      override;

 private:
  Database& database_;
};

}  // namespace pulse::store::sqlite
