#pragma once

/// \file
/// Ledger: the truth about jobs and steps. Workers claim steps, do their I/O with no transaction
/// open, and commit everything in one. Backends: sqlite/ (embedded), postgres/ (production); both
/// pass testing/store_conformance.h. All calls are thread-safe and block at most a few seconds
/// (lock waits); none of them does network I/O to a source.
///
/// Errors, all calls: kUnavailable (database gone or busy beyond its wait), kInternal (our SQL).

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/unit.h"

namespace pulse::store {

/// One row a merge would insert, change or remove.
struct RowChange {
  std::string table;
  std::string external_id;  ///< Of the primary record that the row is, or belongs to.
  bool is_new = false;
  /// JSON objects of the described columns that differ, a child's with its key columns; "{}" before
  /// a new row and after a removed one. Values as in RowToJson.
  std::string before;
  std::string after;
};

struct Preview {
  std::int64_t inserted = 0;  ///< Primary records, as in Committed.
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::vector<RowChange> changes;
};

/// A row whose record a census did not list.
struct MissingRow {
  std::string external_id;
  /// Values of the table's locator columns with # between them ("10001", "acme/shop#7"); a null is
  /// empty.
  std::string locator;
};

struct Missing {
  std::int64_t known = 0;        ///< Rows not marked deleted when the census began.
  std::int64_t missing = 0;      ///< Of those, not listed and not written since the job began.
  std::vector<MissingRow> rows;  ///< The first `limit` of the missing, by row id.
};

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
  ///
  /// A unit whose next steps stay in the caller's hands need not outlive a crash of the database's
  /// server before the commit that follows it: then it is as if it had never been, its steps are
  /// the caller's still, and its next steps do not exist (a conflict, or a Retry of fewer).
  /// Errors: kConflict (a step's epoch moved on: somebody else owns it; nothing was written).
  virtual Result<Committed> Commit(const Unit& unit) = 0;

  /// Puts running steps back: ready at `run_after`. `attempted` counts an attempt and keeps the
  /// error for people; a rate limit or a shutdown does not. Steps whose epoch moved on are left.
  /// Returns how many it put back.
  virtual Result<int> Retry(
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

  /// What Commit would do to the domain tables with `rows`, without doing it; at most `limit`
  /// changes, primary rows first. The unit needs no steps and no job. Nothing is written.
  virtual Result<Preview> PreviewMerge(const Unit& unit, int limit) = 0;

  /// Rows of a census job's entity type that its census did not list and that were there before
  /// the census began. Call after every census page of the job is committed.
  virtual Result<Missing> ReadMissing(
      TenantId tenant, JobId job, std::string_view entity_type, int limit
  ) = 0;

  /// Which of `external_ids` have no living row of this entity type: no row at all, or one marked
  /// deleted. In the order asked.
  virtual Result<std::vector<std::string>> ReadAbsent(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      const std::vector<std::string>& external_ids
  ) = 0;

  /// The staged rows and raw pages of one load step, in order.
  virtual Result<std::vector<StagedRows>> ReadStaged(TenantId tenant, StepId load_step) = 0;
};

/// The side of the one who leads: sees every tenant's steps, no payload, no secret. One process at
/// a time dispatches, schedules and sweeps; it leads for a term and every call of it names the
/// term, so that one who was paused and replaced changes nothing.
///
/// Leases run by the database's clock. Errors beyond those above: kConflict (the term is over).
class Dispatch {
 public:
  virtual ~Dispatch() = default;

  /// A new worker identity, never used before, whose lease ends `lease` from now unless renewed.
  /// One identity per process: all its threads claim under it.
  virtual Result<WorkerId> NewWorker(std::chrono::milliseconds lease) = 0;
  /// Extends the lease; also one that has ended, whose steps others may own by now (their epochs
  /// tell).
  virtual Result<> RenewWorker(WorkerId worker, std::chrono::milliseconds lease) = 0;
  /// Ends the lease now: a clean stop. Steps it still holds are recovered by whoever leads.
  virtual Result<> RetireWorker(WorkerId worker) = 0;
  /// Ends every other lease. Only the owner of an embedded database knows that all others are dead.
  virtual Result<> EndOtherLeases(WorkerId survivor) = 0;

  /// Workers whose lease runs.
  virtual Result<int> LiveWorkers() = 0;

  /// Becomes or stays the leader for `lease`. Nothing while another leads: not an error. A worker
  /// that leads again after a gap gets a new term.
  virtual Result<std::optional<Term>> Lead(WorkerId worker, std::chrono::milliseconds lease) = 0;
  /// Leaves office at once, so that another need not wait for the lease to end.
  virtual Result<> Resign(Term term) = 0;

  struct Ready {
    TenantId tenant;
    StepId step;
    model::Stage stage = model::Stage::kExtract;
  };
  /// Ready steps whose time has come, at most so many that `window` of each tenant and stage are
  /// rung and not yet claimed, by priority, then age; marks them rung now. A ring at or before
  /// `not_rung_since` is taken for lost and counts as none.
  virtual Result<std::vector<Ready>> TakeReady(
      Term term, EpochMs now, EpochMs not_rung_since, int window
  ) = 0;

  /// When the earliest waiting step becomes due, if any waits.
  virtual Result<std::optional<EpochMs>> NextDue(EpochMs now) = 0;

  /// Running steps of workers whose lease has ended (or whose process is known to be dead) become
  /// ready again with crashes + 1; those beyond their crash allowance (3 in company, then 3 alone)
  /// are parked in quarantine. Returns how many.
  virtual Result<int> RecoverLost(Term term) = 0;

  struct Held {
    TenantId tenant;
    model::StepRef step;
  };
  /// Steps running under this worker that were claimed at or before `claimed_until`, by the clock
  /// that claims are stamped with; at most a thousand.
  virtual Result<std::vector<Held>> HeldBy(WorkerId worker, EpochMs claimed_until) = 0;

  /// What a backend needs done now and then, hourly say: room for the raw pages of the months to
  /// come, workers forgotten that died long ago. Idempotent.
  virtual Result<> KeepHouse() = 0;

  /// Ready steps by stage: what etl_queue_size shows.
  virtual Result<std::map<model::Stage, std::int64_t>> ReadyByStage() = 0;
};

}  // namespace pulse::store
