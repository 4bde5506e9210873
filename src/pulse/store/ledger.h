#pragma once

/// \file
/// Ledger: the truth about jobs and steps. Workers claim steps, do their I/O with no transaction
/// open, and commit everything in one. Backends: sqlite/ (embedded), postgres/ (production); both
/// pass testing/store_conformance.h. All calls are thread-safe and block at most a few seconds
/// (lock waits); none of them does network I/O to a source.
///
/// Errors, all calls: kUnavailable (database gone or busy beyond its wait), kInternal (our SQL).

#include <optional>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/unit.h"

namespace pulse::store {

/// The worker's side.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Claims `step` and up to `max_batch - 1` more ready steps of the same (tenant, job, stage,
  /// entity type): state running, epoch + 1, owner. Empty when the step is not claimable (done,
  /// running elsewhere, cancelled, waiting for its time, not of this tenant): not an error. Steps
  /// that crashed their worker three times are claimed alone.
  virtual Result<std::vector<model::Step>> Claim(
      TenantId tenant, StepId step, WorkerId worker, int max_batch
  ) = 0;

  /// Applies a unit in one transaction: raw pages (skipping those whose content equals the newest
  /// completed page of the same request, unless that one holds open quarantine or was transformed
  /// by an older transform version), transform steps for them, children, staged rows, the merge of
  /// `rows`, dead letters, counters; closes the steps and counts the job's open_steps; the commit
  /// that brings it to 0 finishes the job (finished | partial | failed | cancelled), resolves
  /// pull-request links and, for a finished job, moves its watermarks.
  /// Errors: kConflict (a step's epoch moved on: somebody else owns it; nothing was written).
  virtual Result<Committed> Commit(const Unit& unit) = 0;

  /// Puts running steps back: ready at `run_after`. `attempted` counts an attempt and keeps the
  /// error for people; a rate limit or a shutdown does not. Steps whose epoch moved on are left.
  virtual Result<> Retry(
      TenantId tenant,
      const std::vector<model::StepRef>& steps,
      EpochMs run_after,
      bool attempted,
      std::string_view error
  ) = 0;

  /// Closes steps as failed: dead letter with the error, a gap for extract steps, and the job's
  /// last step finishes it as partial (something was loaded) or failed (`fatal` or nothing was).
  virtual Result<Committed> Fail(
      TenantId tenant, const std::vector<model::Step>& steps, const Error& error, bool fatal
  ) = 0;

  /// The staged rows and raw pages of one load step, in order.
  virtual Result<std::vector<StagedRows>> ReadStaged(TenantId tenant, StepId load_step) = 0;
};

/// The dispatcher's and the sweeper's side: sees every tenant's steps, no payload, no secret.
class Dispatch {
 public:
  virtual ~Dispatch() = default;

  struct Ready {
    TenantId tenant;
    StepId step;
    model::Stage stage = model::Stage::kExtract;
  };
  /// Ready steps whose time has come and that were not rung since `not_rung_since`, at most
  /// `per_tenant` of each tenant and stage, ordered by priority then age; marks them rung now.
  virtual Result<std::vector<Ready>> TakeReady(
      EpochMs now, EpochMs not_rung_since, int per_tenant
  ) = 0;

  /// When the earliest waiting step becomes due, if any waits.
  virtual Result<std::optional<EpochMs>> NextDue(EpochMs now) = 0;

  /// Running steps of workers other than `alive` become ready again with crashes + 1; those beyond
  /// their crash allowance (3 in company, then 3 alone) are parked in quarantine. Returns how many.
  virtual Result<int> RecoverLost(const std::vector<WorkerId>& alive) = 0;

  /// A new worker identity, never used before.
  virtual Result<WorkerId> NewWorker() = 0;

  /// Steps not done, by stage: what etl_queue_size shows (ready only).
  virtual Result<std::map<model::Stage, std::int64_t>> ReadyByStage() = 0;
};

}  // namespace pulse::store
