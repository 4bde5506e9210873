#include "pulse/store/postgres/dispatch.h"

#include "pulse/store/crashes.h"
#include "pulse/store/postgres/receipts.h"
#include "pulse/store/postgres/sql/dispatch.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::postgres {
namespace {

Error TermOver(Term term) {
  return Error{ErrorKind::kConflict, "term " + std::to_string(term.value()) + " is over"};
}

/// Lost steps of one job, with the epochs they were lost at.
struct LostSteps {
  TenantId tenant;
  JobId job;
  Array ids{Element::kInteger};
  Array epochs{Element::kInteger};
};

std::vector<LostSteps> ByJob(const Rows& rows) {
  std::vector<LostSteps> jobs;
  for (const Row row : rows) {
    const TenantId tenant = row.As<TenantId>(1);
    const JobId job = row.As<JobId>(2);
    if (jobs.empty() || jobs.back().tenant != tenant || jobs.back().job != job) {
      jobs.push_back({.tenant = tenant, .job = job});
    }
    jobs.back().ids.AddInteger(row.Int(0));
    jobs.back().epochs.AddInteger(row.Int(3));
  }
  return jobs;
}

/// What becomes of the lost steps of a job.
struct Fates {
  Array ready{Element::kInteger};
  Array cancelled{Element::kInteger};
  Array parked{Element::kInteger};
  Array crashes{Element::kInteger};  ///< Of the parked, this one included.
  Array errors{Element::kText};
  std::vector<StepLetter> letters;
  std::vector<StepGap> gaps;

  std::int64_t closed() const { return cancelled.size() + parked.size(); }
};

/// Closes a step that keeps killing its worker: the job goes on without it and says so.
void Park(Fates& fates, const Row& step, std::int64_t crashes) {
  const StepId id = step.As<StepId>(0);
  const std::string entity_type(step.Text(2));
  const std::string params(step.Text(3));
  const std::string message =
      "the worker died " + std::to_string(crashes) + " times while running this step";
  fates.parked.AddInteger(id.value());
  fates.crashes.AddInteger(crashes);
  fates.errors.AddText(message);
  fates.letters.push_back(
      {id,
       {
           .entity_type = entity_type,
           .stage = model::StageNamed(step.Text(1)).value_or(model::Stage::kExtract),
           .raw = FirstRaw(params),
           .external_id = "",
           .fingerprint = "step.crash",
           .message = message,
           .sample = "",
           .counts_as_record = false,
       }}
  );
  fates.gaps.push_back({id, {entity_type, params, message}});
}

Fates Decide(const model::Job& job, const Rows& steps) {
  Fates fates;
  for (const Row step : steps) {
    const std::int64_t crashes = step.Int(4) + 1;
    if (job.cancel_requested) {
      fates.cancelled.AddInteger(step.Int(0));
    } else if (crashes < kCrashesAllowed) {
      fates.ready.AddInteger(step.Int(0));
    } else {
      Park(fates, step, crashes);
    }
  }
  return fates;
}

/// The steps still running at these epochs go; whoever came before us has taken the others.
Result<int> Recover(Engine& engine, const LostSteps& lost) {
  const EpochMs now = engine.clock.Now();
  const Instant at{now};
  return InTransaction(engine, lost.tenant, [&](Transaction& tx) -> Result<int> {
    const auto steps =
        tx.Queue(sql::steps::lost_of_job, lost.tenant, lost.job, lost.ids, lost.epochs);
    const auto found = tx.Queue(sql::jobs::get_locked, lost.tenant, lost.job);
    PULSE_CHECK(tx.Flush());
    PULSE_TRY(const model::Job job, JobOf(tx[found], lost.job));
    const Fates fates = Decide(job, tx[steps]);
    tx.Queue(sql::steps::recover, lost.tenant, fates.ready);
    if (fates.closed() == 0) {
      PULSE_CHECK(tx.Commit());
      return fates.ready.size();
    }
    tx.Queue(sql::steps::cancel_lost, lost.tenant, fates.cancelled, at);
    tx.Queue(sql::steps::park, lost.tenant, fates.parked, fates.crashes, fates.errors, at);
    QueueDeadLetters(tx, job, fates.letters, now);
    QueueGaps(tx, job, fates.gaps);
    PULSE_TRY(const auto finished, CountAndCommit(tx, job, -fates.closed(), now));
    static_cast<void>(finished);
    return fates.ready.size() + static_cast<int>(fates.closed());
  });
}

}  // namespace

Result<std::unique_ptr<Session>> PostgresDispatch::Hold(WorkerId worker) {
  PULSE_TRY(auto session, Session::Open(session_options_));
  PULSE_TRY(const Rows held, session->Run(sql::dispatch::hold_worker, kWorkerLockClass, worker));
  static_cast<void>(held);
  return session;
}

Result<WorkerId> PostgresDispatch::NewWorker(std::chrono::milliseconds lease) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::dispatch::new_worker, lease.count());
  PULSE_CHECK(tx.Commit());
  const WorkerId worker = tx[slot][0].As<WorkerId>(0);
  PULSE_TRY(auto session, Hold(worker));
  sessions_.With([&](Sessions& sessions) { sessions[worker] = std::move(session); });
  return worker;
}

// Renewed over the session that holds the lock: an answer proves that the lock is held still.
Result<> PostgresDispatch::RenewWorker(WorkerId worker, std::chrono::milliseconds lease) {
  auto session = sessions_.With([&](Sessions& sessions) {
    const auto at = sessions.find(worker);
    return at == sessions.end() ? nullptr : std::move(at->second);
  });
  if (session != nullptr) {
    const auto renewed = session->Run(sql::dispatch::renew_worker, worker, lease.count());
    if (!renewed && !session->IsConnected()) session = nullptr;
    if (session == nullptr) {
      PULSE_TRY(session, Hold(worker));
    }
    sessions_.With([&](Sessions& sessions) { sessions[worker] = std::move(session); });
    if (renewed) return {};
  }
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  tx.Queue(sql::dispatch::renew_worker, worker, lease.count());
  return tx.Commit();
}

Result<> PostgresDispatch::RetireWorker(WorkerId worker) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  tx.Queue(sql::dispatch::retire_worker, worker);
  PULSE_CHECK(tx.Commit());
  // Closing the connection lets go of the lock.
  const auto session = sessions_.With([&](Sessions& sessions) {
    auto node = sessions.extract(worker);
    return node.empty() ? nullptr : std::move(node.mapped());
  });
  return {};
}

Result<> PostgresDispatch::EndOtherLeases(WorkerId survivor) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  tx.Queue(sql::dispatch::end_other_leases, survivor);
  tx.Queue(sql::dispatch::unseat_others, survivor);
  return tx.Commit();
}

Result<int> PostgresDispatch::LiveWorkers() {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::dispatch::live_workers, kWorkerLockClass);
  PULSE_CHECK(tx.Commit());
  return static_cast<int>(tx[slot][0].Int(0));
}

Result<> PostgresDispatch::KeepHouse() {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  tx.Queue(sql::dispatch::make_room);
  tx.Queue(sql::dispatch::forget_workers);
  return tx.Commit();
}

Result<std::optional<Term>> PostgresDispatch::Lead(
    WorkerId worker, std::chrono::milliseconds lease
) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::dispatch::lead, worker, lease.count(), kWorkerLockClass);
  PULSE_CHECK(tx.Commit());
  if (tx[slot].empty()) return std::optional<Term>();
  return std::optional<Term>(tx[slot][0].As<Term>(0));
}

Result<> PostgresDispatch::Resign(Term term) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto resigned = tx.Queue(sql::dispatch::resign, term);
  PULSE_CHECK(tx.Commit());
  if (tx[resigned].affected() == 0) return TermOver(term);
  return {};
}

// Lazily committed: a ring that the server forgot is rung again, and a ring too many is none.
Result<std::vector<Dispatch::Ready>> PostgresDispatch::TakeReady(
    Term term, EpochMs now, EpochMs not_rung_since, int window
) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform(Durability::kLazy));
  tx.ReplanAfter(engine_.rows_written.load(std::memory_order_relaxed));
  const auto office = tx.Queue(sql::dispatch::in_office, term);
  const auto rung =
      tx.Queue(sql::dispatch::take_ready, term, Instant{now}, Instant{not_rung_since}, window);
  PULSE_CHECK(tx.Commit());
  if (tx[office].empty()) return TermOver(term);
  std::vector<Ready> ready;
  ready.reserve(static_cast<std::size_t>(tx[rung].size()));
  for (const Row row : tx[rung]) {
    const auto stage = model::StageNamed(row.Text(2));
    if (stage) ready.push_back({row.As<TenantId>(0), row.As<StepId>(1), *stage});
  }
  return ready;
}

Result<std::optional<EpochMs>> PostgresDispatch::NextDue(EpochMs now) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::dispatch::next_due, Instant{now});
  PULSE_CHECK(tx.Commit());
  return tx[slot][0].OptionalTime(0);
}

Result<std::vector<Dispatch::Held>> PostgresDispatch::HeldBy(
    WorkerId worker, EpochMs claimed_until
) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::dispatch::held_by, worker, Instant{claimed_until});
  PULSE_CHECK(tx.Commit());
  std::vector<Held> held;
  for (const Row row : tx[slot]) {
    held.push_back({row.As<TenantId>(0), {row.As<StepId>(1), row.Int(2)}});
  }
  return held;
}

// The platform's role sees who is lost and nothing more; what becomes of a step is decided as its
// tenant, job by job, behind the step's epoch: two leaders who overlap count one crash.
Result<int> PostgresDispatch::RecoverLost(Term term) {
  std::vector<LostSteps> jobs;
  {
    PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
    const auto office = tx.Queue(sql::dispatch::in_office, term);
    const auto lost = tx.Queue(sql::dispatch::find_lost, term, kWorkerLockClass);
    PULSE_CHECK(tx.Commit());
    if (tx[office].empty()) return TermOver(term);
    jobs = ByJob(tx[lost]);
  }
  int recovered = 0;
  for (const LostSteps& job : jobs) {
    PULSE_TRY(const int steps, Recover(engine_, job));
    recovered += steps;
  }
  return recovered;
}

Result<std::map<model::Stage, std::int64_t>> PostgresDispatch::ReadyByStage() {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::dispatch::ready_by_stage);
  PULSE_CHECK(tx.Commit());
  std::map<model::Stage, std::int64_t> ready;
  for (const model::Stage stage : model::kStages) ready[stage] = 0;
  for (const Row row : tx[slot]) {
    if (const auto stage = model::StageNamed(row.Text(0))) ready[*stage] = row.Int(1);
  }
  return ready;
}

}  // namespace pulse::store::postgres
