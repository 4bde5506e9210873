#include "pulse/store/sqlite/dispatch.h"

#include "pulse/store/crashes.h"
#include "pulse/store/sqlite/receipts.h"
#include "pulse/store/sqlite/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::sqlite {
namespace {

struct Backlog {
  TenantId tenant;
  model::Stage stage = model::Stage::kExtract;
};

Result<std::vector<Backlog>> ReadBacklogs(Connection& db) {
  std::vector<Backlog> backlogs;
  PULSE_TRY(Statement row, db.Select(sql::steps::backlogs));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    if (const auto stage = model::StageNamed(row.Text(1))) {
      backlogs.push_back({row.As<TenantId>(0), *stage});
    }
    PULSE_TRY(more, row.Next());
  }
  return backlogs;
}

struct Lost {
  model::Step step;
  int crashes = 0;  ///< This one included.
};

Result<std::vector<Lost>> FindLost(Connection& db, const std::vector<WorkerId>& alive) {
  std::string living = "[";
  for (const WorkerId worker : alive) {
    if (living.size() > 1) living += ',';
    living += std::to_string(worker.value());
  }
  living += ']';
  std::vector<Lost> lost;
  PULSE_TRY(Statement row, db.Select(sql::steps::find_lost, living));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    lost.push_back({
        .step =
            {
                .id = row.As<StepId>(0),
                .tenant = row.As<TenantId>(1),
                .integration = row.As<IntegrationId>(2),
                .job = row.As<JobId>(3),
                .stage = model::StageNamed(row.Text(4)).value_or(model::Stage::kExtract),
                .entity_type = std::string(row.Text(5)),
                .params = std::string(row.Text(6)),
            },
        .crashes = static_cast<int>(row.Int(7)) + 1,
    });
    PULSE_TRY(more, row.Next());
  }
  return lost;
}

/// Closes a step that keeps killing its worker: the job goes on without it and says so.
Result<> Park(Connection& db, const model::Job& job, const Lost& lost, EpochMs now) {
  const model::Step& step = lost.step;
  const std::string message =
      "the worker died " + std::to_string(lost.crashes) + " times while running this step";
  PULSE_CHECK(db.Do(sql::steps::park, step.tenant, step.id, lost.crashes, message, now));
  const NewDeadLetter letter{
      .entity_type = step.entity_type,
      .stage = step.stage,
      .raw = FirstRaw(step.params),
      .external_id = "",
      .fingerprint = "step.crash",
      .message = message,
      .sample = "",
      .counts_as_record = false,
  };
  PULSE_TRY(const bool counted, AddDeadLetter(db, job, step.id, letter, now));
  static_cast<void>(counted);
  return AddGap(db, job, step.id, {step.entity_type, step.params, message});
}

Result<> Recover(Connection& db, const Lost& lost, EpochMs now) {
  const model::Step& step = lost.step;
  PULSE_TRY(const model::Job job, ReadJob(db, step.tenant, step.job));
  if (!job.cancel_requested && lost.crashes < kCrashesAllowed) {
    return db.Do(sql::steps::recover, step.tenant, step.id, lost.crashes);
  }
  if (job.cancel_requested) {
    PULSE_CHECK(db.Do(sql::steps::cancel_lost, step.tenant, step.id, now));
  } else {
    PULSE_CHECK(Park(db, job, lost, now));
  }
  PULSE_CHECK(AddOpenSteps(db, job, -1));
  PULSE_TRY(const auto finished, FinishIfDone(db, step.tenant, step.job, now));
  static_cast<void>(finished);
  return {};
}

}  // namespace

Result<std::vector<Dispatch::Ready>> SqliteDispatch::TakeReady(
    Term /*term*/, EpochMs now, EpochMs not_rung_since, int window
) {
  PULSE_TRY(const auto backlogs, database_.Read(ReadBacklogs));
  if (backlogs.empty()) return std::vector<Ready>{};  // Idle: no write lock taken.
  return database_.Write(
      [&](Connection& db) -> Result<std::vector<Ready>> {
        std::vector<Ready> ready;
        for (const Backlog& backlog : backlogs) {
          PULSE_TRY(
              Statement row,
              db.Select(
                  sql::steps::take_ready,
                  backlog.tenant,
                  Name(backlog.stage),
                  now,
                  not_rung_since,
                  window
              )
          );
          PULSE_TRY(bool more, row.Next());
          while (more) {
            ready.push_back({backlog.tenant, row.As<StepId>(0), backlog.stage});
            PULSE_TRY(more, row.Next());
          }
        }
        for (const Ready& step : ready) {
          PULSE_CHECK(db.Do(sql::steps::mark_rung, step.tenant, step.step, now));
        }
        return ready;
      },
      Durability::kOrdered
  );
}

Result<std::optional<EpochMs>> SqliteDispatch::NextDue(EpochMs now) {
  return database_.Read([&](Connection& db) -> Result<std::optional<EpochMs>> {
    PULSE_TRY(Statement row, db.Select(sql::steps::next_due, now));
    PULSE_TRY(const bool found, row.Next());
    return found ? row.OptionalInt(0) : std::nullopt;
  });
}

Result<int> SqliteDispatch::RecoverLost(Term /*term*/) {
  std::vector<WorkerId> alive;
  if (const std::int64_t survivor = survivor_.load(); survivor != 0) alive.emplace_back(survivor);
  return database_.Write([&](Connection& db) -> Result<int> {
    PULSE_TRY(const std::vector<Lost> all, FindLost(db, alive));
    for (const Lost& lost : all) PULSE_CHECK(Recover(db, lost, database_.now()));
    return static_cast<int>(all.size());
  });
}

Result<> SqliteDispatch::RenewWorker(WorkerId /*worker*/, std::chrono::milliseconds /*lease*/) {
  return {};
}

Result<> SqliteDispatch::RetireWorker(WorkerId /*worker*/) { return {}; }

Result<> SqliteDispatch::EndOtherLeases(WorkerId survivor) {
  survivor_ = survivor.value();
  return {};
}

Result<std::optional<Term>> SqliteDispatch::Lead(
    WorkerId /*worker*/, std::chrono::milliseconds /*lease*/
) {
  return std::optional<Term>(Term{1});
}

Result<> SqliteDispatch::Resign(Term /*term*/) { return {}; }

Result<WorkerId> SqliteDispatch::NewWorker(std::chrono::milliseconds /*lease*/) {
  return database_.Write([&](Connection& db) -> Result<WorkerId> {
    PULSE_CHECK(db.Do(sql::steps::new_worker, database_.now()));
    return WorkerId{db.last_id()};
  });
}

Result<std::map<model::Stage, std::int64_t>> SqliteDispatch::ReadyByStage() {
  return database_.Read([](Connection& db) -> Result<std::map<model::Stage, std::int64_t>> {
    std::map<model::Stage, std::int64_t> ready;
    for (const model::Stage stage : model::kStages) ready[stage] = 0;
    PULSE_TRY(Statement row, db.Select(sql::steps::ready_by_stage));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      if (const auto stage = model::StageNamed(row.Text(0))) ready[*stage] = row.Int(1);
      PULSE_TRY(more, row.Next());
    }
    return ready;
  });
}

}  // namespace pulse::store::sqlite
