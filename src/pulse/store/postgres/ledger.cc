#include "pulse/store/postgres/ledger.h"

#include <algorithm>

#include "pulse/base/failpoint.h"
#include "pulse/model/json_text.h"
#include "pulse/store/compression.h"
#include "pulse/store/crashes.h"
#include "pulse/store/postgres/cancel.h"
#include "pulse/store/postgres/census.h"
#include "pulse/store/postgres/commit.h"
#include "pulse/store/postgres/preview.h"
#include "pulse/store/postgres/receipts.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/raw.h"
#include "pulse/store/postgres/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::postgres {
namespace {

model::Step StepOf(TenantId tenant, const Row& row) {
  return {
      .id = row.As<StepId>(0),
      .tenant = tenant,
      .integration = row.As<IntegrationId>(1),
      .job = row.As<JobId>(2),
      .stage = model::StageNamed(row.Text(3)).value_or(model::Stage::kExtract),
      .entity_type = std::string(row.Text(4)),
      .params = std::string(row.Text(5)),
      .epoch = row.Int(6),
      .attempts = static_cast<int>(row.Int(7)),
      .priority = static_cast<model::Priority>(row.Int(8)),
      .options = model::JobOptions::FromJson(row.Text(9)).value_or(model::JobOptions{}),
  };
}

struct StepArrays {
  Array ids{Element::kInteger};
  Array epochs{Element::kInteger};

  void Add(StepId id, std::int64_t epoch) {
    ids.AddInteger(id.value());
    epochs.AddInteger(epoch);
  }
};

StepArrays ArraysOf(const std::vector<model::StepRef>& steps) {
  StepArrays arrays;
  for (const model::StepRef& step : steps) arrays.Add(step.id, step.epoch);
  return arrays;
}

/// Why a page could not be turned into rows, as raw_extraction_data shows it.
std::string ErrorDetails(const Error& error) {
  std::string json = R"({"message":)";
  model::AppendJsonString(json, error.message());
  return json += '}';
}

/// What is missing when this step never succeeds, short enough to show.
std::string ScopeOf(const model::Step& step) {
  constexpr std::size_t kShown = 300;
  return step.params.size() <= kShown ? step.params : step.params.substr(0, kShown) + "…";
}

void QueueFailed(
    Transaction& tx,
    const model::Job& job,
    const std::vector<model::Step>& steps,
    const Error& error,
    EpochMs now
) {
  std::vector<StepLetter> letters;
  std::vector<StepGap> gaps;
  Array pages(Element::kInteger);
  for (const model::Step& step : steps) {
    letters.push_back(
        {step.id,
         {
             .entity_type = step.entity_type,
             .stage = step.stage,
             .raw = FirstRaw(step.params),
             .external_id = "",
             .fingerprint = "step." + std::string(Name(step.stage)),
             .message = error.message(),
             .sample = "",
             .counts_as_record = false,
         }}
    );
    if (step.stage == model::Stage::kExtract) {
      gaps.push_back({step.id, {step.entity_type, ScopeOf(step), error.message()}});
    } else {
      for (const RawId raw : RawsOf(step.params)) pages.AddInteger(raw.value());
    }
  }
  QueueDeadLetters(tx, job, letters, now);
  QueueGaps(tx, job, gaps);
  if (pages.size() > 0) tx.Queue(sql::raw::fail_pages, job.tenant, pages, ErrorDetails(error));
}

}  // namespace

// One statement, and lazily committed. If the server crashes and takes the claim back, the step is
// ready again with its old epoch. Whoever claims it next gets the number this claim had: should
// this worker's unit still arrive, the fence lets the first of the two through and refuses the
// other, so its effect happens once, which is all a claim is for.
Result<std::vector<model::Step>> PostgresLedger::Claim(
    TenantId tenant, StepId step, WorkerId worker, int max_batch
) {
  const Instant now{engine_.clock.Now()};
  const int company = std::max(max_batch - 1, 0);
  auto claimed = InTransaction(
      engine_,
      tenant,
      [&](Transaction& tx) -> Result<std::vector<model::Step>> {
        const auto slot =
            tx.Queue(sql::steps::claim, tenant, step, worker, now, kCrashesInCompany, company);
        PULSE_CHECK(tx.Commit());
        std::vector<model::Step> steps;
        for (const Row row : tx[slot]) steps.push_back(StepOf(tenant, row));
        return steps;
      },
      Durability::kLazy
  );
  PULSE_FAILPOINT("k1_claimed");
  return claimed;
}

Result<Committed> PostgresLedger::Commit(const Unit& unit) {
  const PreparedUnit prepared = Prepare(unit);
  Locking locking = Locking::kKeys;
  bool once_more = false;
  bool cancelled_meanwhile = false;
  std::optional<Committed> unknown;
  const auto apply = [&](Transaction& tx) -> Result<Committed> {
    UnitCommit commit(engine_, unit, prepared, locking);
    auto applied = commit.Apply(tx);
    once_more = commit.wants_whole_lock();
    cancelled_meanwhile = commit.cancelled_meanwhile();
    if (!applied && tx.outcome_unknown()) unknown = commit.committed();
    return applied;
  };
  auto committed = InTransaction(engine_, unit.tenant, apply);
  if (once_more) {
    locking = Locking::kWhole;
    committed = InTransaction(engine_, unit.tenant, apply);
  }
  PULSE_FAILPOINT("k8_after_commit");
  if (!committed && unknown) committed = FindOut(unit, *std::move(unknown));
  // Should this process die here, what the unit made ready is run once and creates nothing.
  if (committed && cancelled_meanwhile) {
    PULSE_TRY(committed->ended, CancelReadySteps(engine_, unit.tenant, unit.job));
  }
  return committed;
}

Result<Committed> PostgresLedger::FindOut(const Unit& unit, Committed committed) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(unit.tenant));
  const StepArrays steps = ArraysOf(unit.done);
  const auto held = tx.Queue(sql::steps::held, unit.tenant, unit.job, steps.ids, steps.epochs);
  const WorkerId worker = unit.goes_on ? unit.goes_on->worker : WorkerId{};
  Array params(Element::kText);
  for (const model::Step& step : committed.next) params.AddText(step.params);
  const auto kept = tx.Queue(sql::steps::born_claimed, unit.tenant, unit.job, worker, params);
  PULSE_TRY(const model::Job job, ReadJob(tx, unit.tenant, unit.job));
  if (tx[held][0].Int(0) != static_cast<std::int64_t>(unit.done.size())) {
    return Error{ErrorKind::kUnavailable, "the connection broke before the commit took effect"};
  }
  if (model::IsFinal(job.status)) committed.ended = job;
  std::vector<model::Step> ours;  // Somebody may have taken some from us.
  for (const Row row : tx[kept]) {
    model::Step& step = ours.emplace_back(committed.next[static_cast<std::size_t>(row.Int(1) - 1)]);
    step.id = row.As<StepId>(0);
  }
  committed.next = std::move(ours);
  return committed;
}

// Durable: a put-back that the server forgot would leave the step running under a worker that is
// alive and has let go of it.
Result<int> PostgresLedger::Retry(
    TenantId tenant,
    const std::vector<model::StepRef>& steps,
    EpochMs run_after,
    bool attempted,
    std::string_view error
) {
  if (steps.empty()) return 0;
  std::vector<JobId> cancelled;
  auto retried = InTransaction(engine_, tenant, [&](Transaction& tx) -> Result<int> {
    cancelled.clear();
    const StepArrays arrays = ArraysOf(steps);
    PULSE_TRY(
        const Rows put_back,
        tx.Run(
            sql::steps::put_back,
            tenant,
            arrays.ids,
            arrays.epochs,
            Instant{run_after},
            attempted,
            error
        )
    );
    Array jobs(Element::kInteger);
    for (const Row row : put_back) jobs.AddInteger(row.Int(0));
    const auto slot = tx.Queue(sql::jobs::cancelled_among, tenant, jobs);
    PULSE_CHECK(tx.Commit());
    for (const Row row : tx[slot]) {
      if (row.Bool(1)) cancelled.push_back(row.As<JobId>(0));
    }
    return put_back.size();
  });
  if (!retried) return retried;
  // A step that came back to a job being cancelled is closed instead.
  for (const JobId job : cancelled) PULSE_CHECK(CancelReadySteps(engine_, tenant, job));
  return retried;
}

Result<Committed> PostgresLedger::Fail(
    TenantId tenant, const std::vector<model::Step>& steps, const Error& error, bool fatal
) {
  if (steps.empty()) return Committed{};
  const EpochMs now = engine_.clock.Now();
  return InTransaction(engine_, tenant, [&](Transaction& tx) -> Result<Committed> {
    StepArrays arrays;
    for (const model::Step& step : steps) arrays.Add(step.id, step.epoch);
    const JobId id = steps.front().job;
    const auto failed = tx.Queue(
        sql::steps::fail,
        tenant,
        id,
        arrays.ids,
        arrays.epochs,
        error.message(),
        fatal,
        Instant{now}
    );
    PULSE_TRY(const model::Job job, ReadJob(tx, tenant, id));
    const auto count = static_cast<std::int64_t>(steps.size());
    if (tx[failed].affected() != count) {
      return Error{
          ErrorKind::kConflict,
          "step " + std::to_string(steps.front().id.value()) + " or one of the " +
              std::to_string(count) + " with it is no longer held at its epoch"
      };
    }
    QueueFailed(tx, job, steps, error, now);
    Committed out;
    PULSE_TRY(out.ended, CountAndCommit(tx, job, -count, now));
    return out;
  });
}

// Staging is unlogged and empty after a crash of the server. The ledger row says how many rows
// there should be and of which pages: a caller that finds fewer transforms those again.
Result<std::vector<StagedRows>> PostgresLedger::ReadStaged(TenantId tenant, StepId load_step) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::raw::read_staged, tenant, load_step);
  PULSE_CHECK(tx.Commit());
  std::vector<StagedRows> staged;
  for (const Row row : tx[slot]) {
    PULSE_TRY(StagedRaws raws, RawsFromJson(row.Text(2)));
    std::string rows = model::RowBatch().Serialize();
    if (!row.IsNull(3)) {
      PULSE_TRY(rows, Decompress(row.Text(3), raws.body_bytes));
    }
    staged.push_back({
        .entity_type = std::string(row.Text(0)),
        .rows = std::move(rows),
        .row_count = row.Int(1),
        .raws = std::move(raws.raws),
    });
  }
  return staged;
}

Result<Preview> PostgresLedger::PreviewMerge(const Unit& unit, int limit) {
  return Rehearse(engine_, unit, limit);
}

Result<Missing> PostgresLedger::ReadMissing(
    TenantId tenant, JobId job, std::string_view entity_type, int limit
) {
  return FindMissing(engine_, tenant, job, entity_type, limit);
}

Result<std::vector<std::string>> PostgresLedger::ReadAbsent(
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    const std::vector<std::string>& external_ids
) {
  return FindAbsent(engine_, tenant, integration, entity_type, external_ids);
}

}  // namespace pulse::store::postgres
