#pragma once

/// \file
/// SqliteDispatch: the dispatcher's and the sweeper's side of the ledger. See store/ledger.h.

#include <atomic>

#include "pulse/store/ledger.h"
#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

class SqliteDispatch final : public Dispatch {
 public:
  explicit SqliteDispatch(Database& database) : database_(database) {}

  Result<WorkerId> NewWorker(std::chrono::milliseconds lease) override;
  Result<> RenewWorker(WorkerId worker, std::chrono::milliseconds lease) override;
  Result<> RetireWorker(WorkerId worker) override;
  Result<> EndOtherLeases(WorkerId survivor) override;
  Result<int> LiveWorkers() override;
  Result<> KeepHouse() override;
  Result<std::optional<Term>> Lead(WorkerId worker, std::chrono::milliseconds lease) override;
  Result<> Resign(Term term) override;
  Result<std::vector<Ready>> TakeReady(Term term, EpochMs now, EpochMs not_rung_since, int window)
      override;
  Result<std::optional<EpochMs>> NextDue(EpochMs now) override;
  Result<std::vector<Held>> HeldBy(WorkerId worker, EpochMs claimed_until) override;
  Result<int> RecoverLost(Term term) override;
  Result<std::map<model::Stage, std::int64_t>> ReadyByStage() override;

 private:
  Database& database_;
  std::atomic<std::size_t> turn_{0};  ///< Which tenant goes first changes with every look.
};

}  // namespace pulse::store::sqlite
