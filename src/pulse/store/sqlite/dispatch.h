#pragma once

/// \file
/// SqliteDispatch: the dispatcher's and the sweeper's side of the ledger. See store/ledger.h.

#include "pulse/store/ledger.h"
#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

class SqliteDispatch final : public Dispatch {
 public:
  explicit SqliteDispatch(Database& database) : database_(database) {}

  Result<std::vector<Ready>> TakeReady(EpochMs now, EpochMs not_rung_since, int per_tenant)
      override;
  Result<std::optional<EpochMs>> NextDue(EpochMs now) override;
  Result<int> RecoverLost(const std::vector<WorkerId>& alive) override;
  Result<WorkerId> NewWorker() override;
  Result<std::map<model::Stage, std::int64_t>> ReadyByStage() override;

 private:
  Database& database_;
};

}  // namespace pulse::store::sqlite
