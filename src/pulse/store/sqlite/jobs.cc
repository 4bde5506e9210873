#include "pulse/store/sqlite/jobs.h"

#include <map>

#include "pulse/store/sqlite/receipts.h"
#include "pulse/store/sqlite/sql/catalog.h"
#include "pulse/store/sqlite/sql/dead_letters.h"
#include "pulse/store/sqlite/sql/jobs.h"
#include "pulse/store/sqlite/sql/raw.h"
#include "pulse/store/sqlite/sql/receipts.h"
#include "pulse/store/sqlite/sql/steps.h"

namespace pulse::store::sqlite {
namespace {

struct Active {
  JobId id;
  std::string job_type;
  std::string options;
};

Result<std::optional<Active>> FindActive(
    Connection& db, TenantId tenant, IntegrationId integration
) {
  PULSE_TRY(Statement row, db.Select(sql::jobs::find_active, tenant, integration));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return std::nullopt;
  return Active{row.As<JobId>(0), std::string(row.Text(1)), std::string(row.Text(2))};
}

Error UnderWay(const Active& active) {
  return Error{
      ErrorKind::kConflict,
      "job " + std::to_string(active.id.value()) + " (" + active.job_type +
          ") is under way for this integration; wait for it or cancel it"
  };
}

Result<std::optional<JobId>> FindByKey(Connection& db, TenantId tenant, std::string_view key) {
  if (key.empty()) return std::nullopt;
  PULSE_TRY(Statement row, db.Select(sql::jobs::find_by_idempotency_key, tenant, key));
  PULSE_TRY(const bool found, row.Next());
  return found ? std::optional(row.As<JobId>(0)) : std::nullopt;
}

Result<> CheckIntegration(Connection& db, TenantId tenant, IntegrationId integration) {
  PULSE_TRY(Statement row, db.Select(sql::catalog::get_integration, tenant, integration));
  PULSE_TRY(const bool found, row.Next());
  if (found) return {};
  return Error{ErrorKind::kNotFound, "no integration " + std::to_string(integration.value())};
}

Result<Submitted> InsertJob(
    Connection& db,
    TenantId tenant,
    const JobRequest& request,
    const std::string& options,
    EpochMs now
) {
  std::optional<std::string> key;
  if (!request.idempotency_key.empty()) key = request.idempotency_key;
  const int priority = static_cast<int>(request.priority);
  PULSE_CHECK(db.Do(
      sql::jobs::insert,
      tenant,
      request.integration,
      request.job_type,
      priority,
      options,
      key,
      now,
      request.exclusive
  ));
  const JobId job{db.last_id()};
  const model::NewStep& root = request.root;
  PULSE_CHECK(db.Do(
      sql::steps::insert,
      tenant,
      request.integration,
      job,
      Name(root.stage),
      root.entity_type,
      root.params,
      priority,
      now
  ));
  Submitted submitted{.job = job};
  if (request.claimed_by) {
    const StepId step{db.last_id()};
    PULSE_CHECK(db.Do(sql::steps::claim, tenant, step, *request.claimed_by, now));
    PULSE_CHECK(db.Do(sql::jobs::start, tenant, job, now));
    submitted.root = request.RootOf(tenant, job, step);
  }
  return submitted;
}

/// The job a request is the same as, if any. Errors: kConflict (a different one is in the way).
Result<std::optional<JobId>> FindSame(
    Connection& db, TenantId tenant, const JobRequest& request, const std::string& options
) {
  if (request.exclusive) {
    PULSE_TRY(const auto active, FindActive(db, tenant, request.integration));
    if (!active) return std::nullopt;
    if (active->job_type != request.job_type || active->options != options) {
      return UnderWay(*active);
    }
    return active->id;
  }
  if (!request.may_attach()) return std::nullopt;
  PULSE_TRY(
      Statement row,
      db.Select(
          sql::jobs::find_equal_queued, tenant, request.integration, request.job_type, options
      )
  );
  PULSE_TRY(const bool found, row.Next());
  return found ? std::optional(row.As<JobId>(0)) : std::nullopt;
}

Result<bool> IsExclusive(Connection& db, const model::Job& job) {
  PULSE_TRY(Statement row, db.Select(sql::jobs::is_exclusive, job.tenant, job.id));
  PULSE_TRY(const bool found, row.Next());
  return found && row.Int(0) != 0;
}

Result<std::vector<model::Job>> ReadJobs(Statement row) {
  std::vector<model::Job> jobs;
  PULSE_TRY(bool more, row.Next());
  while (more) {
    jobs.push_back(JobOf(row));
    PULSE_TRY(more, row.Next());
  }
  return jobs;
}

void Count(StageProgress& progress, model::StepState state, std::int64_t count) {
  switch (state) {
    case model::StepState::kReady:
      progress.ready = count;
      break;
    case model::StepState::kRunning:
      progress.running = count;
      break;
    case model::StepState::kDone:
      progress.done = count;
      break;
    case model::StepState::kFailed:
      progress.failed = count;
      break;
    case model::StepState::kCancelled:
      break;
  }
}

Result<std::vector<StageProgress>> ReadStages(Connection& db, const model::Job& job) {
  std::map<model::Stage, StageProgress> stages;
  PULSE_TRY(Statement row, db.Select(sql::steps::progress, job.tenant, job.id));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    const auto stage = model::StageNamed(row.Text(0));
    const auto state = model::StepStateNamed(row.Text(1));
    if (stage && state) {
      stages[*stage].stage = *stage;
      Count(stages[*stage], *state, row.Int(2));
    }
    PULSE_TRY(more, row.Next());
  }
  std::vector<StageProgress> ordered;
  ordered.reserve(stages.size());
  for (const auto& [stage, counts] : stages) ordered.push_back(counts);
  return ordered;
}

/// Sets when a job whose open steps all wait goes on, and why it waits.
Result<> ReadWaiting(Connection& db, JobProgress& progress, EpochMs now) {
  const model::Job& job = progress.job;
  for (const StageProgress& stage : progress.stages) {
    if (stage.running > 0) return {};
  }
  PULSE_TRY(Statement row, db.Select(sql::steps::waiting, job.tenant, job.id, now));
  PULSE_TRY(const bool waits, row.Next());
  if (!waits) return {};
  progress.waiting_until = row.OptionalInt(0);
  progress.waiting_reason = row.Text(1);
  return {};
}

struct FailedStep {
  StepId id;
  std::string params;
};

Result<std::vector<FailedStep>> ListFailed(Connection& db, const model::Job& job) {
  std::vector<FailedStep> failed;
  PULSE_TRY(Statement row, db.Select(sql::steps::list_failed, job.tenant, job.id));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    failed.push_back({row.As<StepId>(0), std::string(row.Text(1))});
    PULSE_TRY(more, row.Next());
  }
  return failed;
}

}  // namespace

Result<Submitted> SqliteJobs::Submit(TenantId tenant, const JobRequest& request) {
  const EpochMs now = database_.now();
  const std::string options = request.options.ToJson();
  return database_.Write([&](Connection& db) -> Result<Submitted> {
    PULSE_CHECK(CheckIntegration(db, tenant, request.integration));
    PULSE_TRY(const auto same_key, FindByKey(db, tenant, request.idempotency_key));
    if (same_key) return Submitted{.job = *same_key, .attached = true};
    PULSE_TRY(const auto same, FindSame(db, tenant, request, options));
    if (same) return Submitted{.job = *same, .attached = true};
    return InsertJob(db, tenant, request, options, now);
  });
}

Result<model::Job> SqliteJobs::Get(TenantId tenant, JobId job) {
  return database_.Read([&](Connection& db) { return ReadJob(db, tenant, job); });
}

Result<std::vector<model::Job>> SqliteJobs::List(
    TenantId tenant, std::optional<IntegrationId> integration, int limit
) {
  return database_.Read([&](Connection& db) -> Result<std::vector<model::Job>> {
    if (!integration) {
      PULSE_TRY(Statement row, db.Select(sql::jobs::list, tenant, limit));
      return ReadJobs(std::move(row));
    }
    PULSE_TRY(
        Statement row, db.Select(sql::jobs::list_of_integration, tenant, *integration, limit)
    );
    return ReadJobs(std::move(row));
  });
}

Result<JobProgress> SqliteJobs::Progress(TenantId tenant, JobId id) {
  const EpochMs now = database_.now();
  return database_.Read([&](Connection& db) -> Result<JobProgress> {
    JobProgress progress;
    PULSE_TRY(progress.job, ReadJob(db, tenant, id));
    PULSE_TRY(progress.receipt, ReadReceipt(db, progress.job, now));
    PULSE_TRY(progress.stages, ReadStages(db, progress.job));
    PULSE_CHECK(ReadWaiting(db, progress, now));
    return progress;
  });
}

Result<> SqliteJobs::Cancel(TenantId tenant, JobId id) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<> {
    PULSE_TRY(const model::Job job, ReadJob(db, tenant, id));
    if (model::IsFinal(job.status)) return {};  // Too late, and that is no error.
    PULSE_CHECK(db.Do(sql::jobs::request_cancel, tenant, id));
    PULSE_TRY(const int cancelled, db.Run(sql::steps::cancel_ready, tenant, id, now));
    PULSE_CHECK(AddOpenSteps(db, job, -cancelled));
    PULSE_TRY(const auto finished, FinishIfDone(db, tenant, id, now));
    static_cast<void>(finished);
    return {};
  });
}

Result<int> SqliteJobs::RetryFailed(TenantId tenant, JobId id) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<int> {
    PULSE_TRY(const model::Job job, ReadJob(db, tenant, id));
    PULSE_TRY(const auto failed, ListFailed(db, job));
    if (failed.empty()) return 0;
    const bool is_final = model::IsFinal(job.status);
    PULSE_TRY(const bool exclusive, IsExclusive(db, job));
    if (is_final && exclusive) {
      PULSE_TRY(const auto active, FindActive(db, tenant, job.integration));
      if (active) return UnderWay(*active);
    }
    for (const FailedStep& step : failed) {
      PULSE_CHECK(db.Do(sql::steps::reopen, tenant, step.id));
      PULSE_CHECK(db.Do(sql::dead_letters::resolve_step, tenant, id, step.id, now));
      PULSE_CHECK(db.Do(sql::receipts::close_gaps_of_step, tenant, id, step.id));
      PULSE_CHECK(db.Do(sql::raw::reopen_pages_of_step, tenant, step.params));
    }
    const auto reopened = static_cast<std::int64_t>(failed.size());
    if (is_final) {
      PULSE_CHECK(db.Do(sql::jobs::reopen, tenant, id, reopened));
    } else {
      PULSE_CHECK(AddOpenSteps(db, job, reopened));
    }
    return static_cast<int>(reopened);
  });
}

}  // namespace pulse::store::sqlite
