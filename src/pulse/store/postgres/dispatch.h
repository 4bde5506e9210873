#pragma once

/// \file
/// PostgresDispatch: leases, terms, rings and recovery. See store/ledger.h.
///
/// A worker is alive while its lease runs *and* its process holds a session advisory lock: the
/// server lets go of it the moment the process's connection ends, so that the steps of a killed
/// process need not wait for the lease.

#include <map>

#include "pulse/base/sync.h"
#include "pulse/store/ledger.h"
#include "pulse/store/postgres/engine.h"
#include "pulse/store/postgres/session.h"

namespace pulse::store::postgres {

class PostgresDispatch final : public Dispatch {
 public:
  /// `session`: how to connect for the workers' locks.
  PostgresDispatch(Engine& engine, ConnectionOptions session)
      : engine_(engine), session_options_(std::move(session)) {}

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
  /// Workers of this process; usually one.
  using Sessions = std::map<WorkerId, std::unique_ptr<Session>>;

  /// A session that holds the worker's lock.
  Result<std::unique_ptr<Session>> Hold(WorkerId worker);

  Engine& engine_;
  ConnectionOptions session_options_;
  Guarded<Sessions> sessions_;
};

}  // namespace pulse::store::postgres
