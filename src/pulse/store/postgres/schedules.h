#pragma once

/// \file
/// PostgresSchedules. See store/schedules.h.

#include "pulse/store/postgres/engine.h"
#include "pulse/store/schedules.h"

namespace pulse::store::postgres {

class PostgresSchedules final : public Schedules {
 public:
  explicit PostgresSchedules(Engine& engine) : engine_(engine) {}

  Result<> Put(const Schedule& schedule) override;
  Result<> Remove(TenantId tenant, IntegrationId integration) override;
  Result<std::vector<Schedule>> List(TenantId tenant) override;
  Result<std::vector<Schedule>> Due(EpochMs now, int limit) override;
  Result<std::optional<EpochMs>> NextDue() override;
  Result<> Advance(TenantId tenant, IntegrationId integration, EpochMs slot, EpochMs next_at)
      override;

 private:
  Engine& engine_;
};

}  // namespace pulse::store::postgres
