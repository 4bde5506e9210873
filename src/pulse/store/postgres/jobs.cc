#include "pulse/store/postgres/jobs.h"

#include <map>

#include "pulse/store/postgres/cancel.h"
#include "pulse/store/postgres/receipts.h"
#include "pulse/store/postgres/sql/dead_letters.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/raw.h"
#include "pulse/store/postgres/sql/receipts.h"
#include "pulse/store/postgres/sql/steps.h"
#include "pulse/store/postgres/sql/windows.h"
#include "pulse/store/step_params.h"

namespace pulse::store::postgres {
namespace {

Error UnderWay(const Row& active) {
  return Error{
      ErrorKind::kConflict,
      "job " + std::to_string(active.Int(0)) + " (" + std::string(active.Text(1)) +
          ") is under way for this integration; wait for it or cancel it"
  };
}

/// The job this request is attached to, or nothing: then it becomes a job of its own.
Result<std::optional<Submitted>> FindJob(
    Transaction& tx, TenantId tenant, const JobRequest& request, const std::string& options
) {
  const auto integration = tx.Queue(sql::jobs::integration, tenant, request.integration);
  std::optional<Transaction::Slot> same_key;
  if (!request.idempotency_key.empty()) {
    same_key = tx.Queue(sql::jobs::find_by_idempotency_key, tenant, request.idempotency_key);
  }
  const auto other =
      request.exclusive
          ? tx.Queue(sql::jobs::find_active, tenant, request.integration)
          : tx.Queue(sql::jobs::find_equal, tenant, request.integration, request.job_type, options);
  PULSE_CHECK(tx.Flush());
  if (tx[integration].empty()) {
    return Error{
        ErrorKind::kNotFound, "no integration " + std::to_string(request.integration.value())
    };
  }
  if (same_key && !tx[*same_key].empty()) return Submitted{tx[*same_key][0].As<JobId>(0), true};
  if (tx[other].empty() || !request.may_attach()) return std::optional<Submitted>();
  const Row found = tx[other][0];
  if (request.exclusive && (found.Text(1) != request.job_type || found.Text(2) != options)) {
    return UnderWay(found);
  }
  return Submitted{found.As<JobId>(0), true};
}

Transaction::Slot QueueJob(
    Transaction& tx,
    TenantId tenant,
    const JobRequest& request,
    const std::string& options,
    EpochMs now
) {
  std::optional<std::string_view> key;
  if (!request.idempotency_key.empty()) key = request.idempotency_key;
  return tx.Queue(
      sql::jobs::insert,
      tenant,
      request.integration,
      request.job_type,
      static_cast<int>(request.priority),
      options,
      key,
      request.exclusive,
      Instant{now},
      Name(request.root.stage),
      request.root.entity_type,
      request.root.params,
      request.claimed_by
  );
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

std::vector<StageProgress> StagesOf(const Rows& rows) {
  std::map<model::Stage, StageProgress> stages;
  for (const Row row : rows) {
    const auto stage = model::StageNamed(row.Text(0));
    const auto state = model::StepStateNamed(row.Text(1));
    if (!stage || !state) continue;
    stages[*stage].stage = *stage;
    Count(stages[*stage], *state, row.Int(2));
  }
  std::vector<StageProgress> ordered;
  ordered.reserve(stages.size());
  for (const auto& [stage, counts] : stages) ordered.push_back(counts);
  return ordered;
}

/// When a job whose open steps all wait goes on, and why it waits.
void SetWaiting(JobProgress& progress, const Rows& earliest, EpochMs now) {
  for (const StageProgress& stage : progress.stages) {
    if (stage.running > 0) return;
  }
  if (earliest.empty() || earliest[0].Time(0) <= now) return;
  progress.waiting_until = earliest[0].Time(0);
  progress.waiting_reason = earliest[0].Text(1);
}

void QueueReopening(Transaction& tx, const model::Job& job, const Rows& failed, EpochMs now) {
  Array steps(Element::kInteger);
  Array pages(Element::kInteger);
  for (const Row row : failed) {
    steps.AddInteger(row.Int(0));
    for (const RawId raw : RawsOf(row.Text(1))) pages.AddInteger(raw.value());
  }
  tx.Queue(sql::steps::reopen, job.tenant, steps);
  tx.Queue(sql::dead_letters::resolve_steps, job.tenant, job.id, steps, Instant{now});
  tx.Queue(sql::receipts::close_gaps, job.tenant, job.id, steps);
  tx.Queue(sql::raw::reopen_pages, job.tenant, pages);
}

}  // namespace

// The constraints decide, not the look before: who loses a race for a place finds the winner at
// the next look.
Result<Submitted> PostgresJobs::Submit(TenantId tenant, const JobRequest& request) {
  const EpochMs now = engine_.clock.Now();
  const std::string options = request.options.ToJson();
  for (int race = 1; race <= kRaces; ++race) {
    PULSE_TRY(
        const auto submitted,
        InTransaction(
            engine_,
            tenant,
            [&](Transaction& tx) -> Result<std::optional<Submitted>> {
              PULSE_TRY(auto found, FindJob(tx, tenant, request, options));
              if (found) return found;
              const auto slot = QueueJob(tx, tenant, request, options, now);
              PULSE_CHECK(tx.Commit());
              if (tx[slot].empty()) return std::optional<Submitted>();
              const Row made = tx[slot][0];
              Submitted submitted{.job = made.As<JobId>(0)};
              if (request.claimed_by) {
                submitted.root = request.RootOf(tenant, submitted.job, made.As<StepId>(1));
              }
              return submitted;
            }
        )
    );
    if (submitted) return *submitted;
  }
  return Error{ErrorKind::kUnavailable, "other jobs of this integration come and go; ask again"};
}

Result<model::Job> PostgresJobs::Get(TenantId tenant, JobId job) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::jobs::get, tenant, job);
  PULSE_CHECK(tx.Commit());
  return JobOf(tx[slot], job);
}

Result<std::vector<model::Job>> PostgresJobs::List(
    TenantId tenant, std::optional<IntegrationId> integration, int limit
) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = integration
                        ? tx.Queue(sql::jobs::list_of_integration, tenant, *integration, limit)
                        : tx.Queue(sql::jobs::list, tenant, limit);
  PULSE_CHECK(tx.Commit());
  std::vector<model::Job> jobs;
  for (const Row row : tx[slot]) jobs.push_back(JobOf(row));
  return jobs;
}

Result<JobProgress> PostgresJobs::Progress(TenantId tenant, JobId id) {
  const EpochMs now = engine_.clock.Now();
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto stages = tx.Queue(sql::steps::progress, tenant, id);
  const auto waiting = tx.Queue(sql::steps::waiting, tenant, id);
  JobProgress progress;
  PULSE_TRY(progress.job, ReadJob(tx, tenant, id));
  PULSE_TRY(progress.receipt, ReadReceipt(tx, progress.job, now));
  PULSE_CHECK(tx.Commit());
  progress.stages = StagesOf(tx[stages]);
  SetWaiting(progress, tx[waiting], now);
  return progress;
}

Result<> PostgresJobs::Cancel(TenantId tenant, JobId job) {
  PULSE_TRY(const auto finished, CancelReadySteps(engine_, tenant, job));
  static_cast<void>(finished);
  return {};
}

Result<int> PostgresJobs::RetryFailed(TenantId tenant, JobId id) {
  const EpochMs now = engine_.clock.Now();
  return InTransaction(engine_, tenant, [&](Transaction& tx) -> Result<int> {
    const auto failed = tx.Queue(sql::steps::list_failed, tenant, id);
    const auto found = tx.Queue(sql::jobs::get_locked, tenant, id);
    PULSE_CHECK(tx.Flush());
    PULSE_TRY(const model::Job job, JobOf(tx[found], id));
    if (tx[failed].empty()) return 0;
    const bool is_final = model::IsFinal(job.status);
    const bool exclusive = tx[found][0].Bool(13);
    if (is_final && exclusive) {
      PULSE_TRY(const Rows active, tx.Run(sql::jobs::find_active, tenant, job.integration));
      if (!active.empty()) return UnderWay(active[0]);
    }
    QueueReopening(tx, job, tx[failed], now);
    const int reopened = tx[failed].size();
    tx.Queue(is_final ? sql::jobs::reopen : sql::jobs::add_open_steps, tenant, id, reopened);
    PULSE_CHECK(tx.Commit());
    return reopened;
  });
}

Result<std::optional<EpochMs>> PostgresSyncWindows::Watermark(
    TenantId tenant, IntegrationId integration, std::string_view entity_type, std::string_view scope
) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::windows::watermark, tenant, integration, entity_type, scope);
  PULSE_CHECK(tx.Commit());
  return tx[slot][0].OptionalInt(0);
}

Result<std::vector<Window>> PostgresSyncWindows::List(TenantId tenant, IntegrationId integration) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::windows::list, tenant, integration);
  PULSE_CHECK(tx.Commit());
  std::vector<Window> windows;
  for (const Row row : tx[slot]) {
    windows.push_back({std::string(row.Text(0)), std::string(row.Text(1)), row.Int(2), row.Int(3)});
  }
  return windows;
}

}  // namespace pulse::store::postgres
