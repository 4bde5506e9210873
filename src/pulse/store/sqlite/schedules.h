#pragma once

/// \file
/// SqliteSchedules. See store/schedules.h.

#include "pulse/store/schedules.h"

namespace pulse::store::sqlite {

class SqliteSchedules final : public Schedules {
 public:
  Result<> Put(const Schedule& /*schedule*/) override { return NotYet(); }
  Result<> Remove(TenantId /*tenant*/, IntegrationId /*integration*/) override { return NotYet(); }
  Result<std::vector<Schedule>> List(TenantId /*tenant*/) override { return NotYet(); }
  Result<std::vector<Schedule>> Due(EpochMs /*now*/, int /*limit*/) override {
    return std::vector<Schedule>{};
  }
  Result<std::optional<EpochMs>> NextDue() override { return std::optional<EpochMs>(); }
  Result<> Advance(
      TenantId /*tenant*/, IntegrationId /*integration*/, EpochMs /*slot*/, EpochMs /*next_at*/
  ) override {
    return NotYet();
  }

 private:
  static Error NotYet() { return {ErrorKind::kInternal, "schedules are not stored yet"}; }
};

}  // namespace pulse::store::sqlite
