#include "pulse/store/sqlite/ledger.h"

#include <algorithm>
#include <set>

#include "pulse/base/failpoint.h"
#include "pulse/model/json_text.h"
#include "pulse/store/compression.h"
#include "pulse/store/crashes.h"
#include "pulse/store/sqlite/census.h"
#include "pulse/store/sqlite/commit.h"
#include "pulse/store/sqlite/preview.h"
#include "pulse/store/sqlite/receipts.h"
#include "pulse/store/sqlite/sql/jobs.h"
#include "pulse/store/sqlite/sql/raw.h"
#include "pulse/store/sqlite/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::sqlite {
namespace {

/// A step with how often it took its worker down.
struct Candidate {
  model::Step step;
  std::int64_t crashes = 0;
};

Candidate CandidateOf(TenantId tenant, const Statement& row) {
  return {
      .step =
          {
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
          },
      .crashes = row.Int(9),
  };
}

Result<std::vector<model::Step>> FindClaimable(
    Connection& db, TenantId tenant, StepId id, int max_batch, EpochMs now
) {
  std::vector<model::Step> steps;
  std::int64_t crashes = 0;
  {
    PULSE_TRY(Statement row, db.Select(sql::steps::find_claimable, tenant, id, now));
    PULSE_TRY(const bool found, row.Next());
    if (!found) return steps;
    Candidate candidate = CandidateOf(tenant, row);
    crashes = candidate.crashes;
    steps.push_back(std::move(candidate.step));
  }
  if (max_batch <= 1 || crashes >= kCrashesInCompany) return steps;
  const model::Step& first = steps.front();
  PULSE_TRY(
      Statement row,
      db.Select(
          sql::steps::find_company,
          tenant,
          Name(first.stage),
          first.job,
          first.entity_type,
          id,
          now,
          kCrashesInCompany,
          max_batch - 1
      )
  );
  PULSE_TRY(bool more, row.Next());
  while (more) {
    steps.push_back(CandidateOf(tenant, row).step);
    PULSE_TRY(more, row.Next());
  }
  return steps;
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

Result<> FailStep(
    Connection& db,
    const model::Job& job,
    const model::Step& step,
    const Error& error,
    bool fatal,
    EpochMs now
) {
  PULSE_TRY(
      const int closed,
      db.Run(sql::steps::fail, job.tenant, step.id, job.id, step.epoch, error.message(), fatal, now)
  );
  if (closed != 1) {
    return Error{
        ErrorKind::kConflict,
        "step " + std::to_string(step.id.value()) + " is no longer held at epoch " +
            std::to_string(step.epoch)
    };
  }
  const NewDeadLetter letter{
      .entity_type = step.entity_type,
      .stage = step.stage,
      .raw = FirstRaw(step.params),
      .external_id = "",
      .fingerprint = "step." + std::string(Name(step.stage)),
      .message = error.message(),
      .sample = "",
      .counts_as_record = false,
  };
  PULSE_TRY(const bool counted, AddDeadLetter(db, job, step.id, letter, now));
  static_cast<void>(counted);
  if (step.stage == model::Stage::kExtract) {
    return AddGap(db, job, step.id, {step.entity_type, ScopeOf(step), error.message()});
  }
  return db.Do(sql::raw::fail_pages_of_step, job.tenant, step.params, ErrorDetails(error));
}

/// A step that came back to a job being cancelled is closed instead. Returns whether it was.
Result<bool> CancelInstead(Connection& db, TenantId tenant, JobId id, EpochMs now) {
  PULSE_TRY(const model::Job job, ReadJob(db, tenant, id));
  if (!job.cancel_requested) return false;
  PULSE_TRY(const int cancelled, db.Run(sql::steps::cancel_ready, tenant, id, now));
  PULSE_CHECK(AddOpenSteps(db, job, -cancelled));
  PULSE_TRY(const auto finished, FinishIfDone(db, tenant, id, now));
  static_cast<void>(finished);
  return true;
}

}  // namespace

Result<std::vector<model::Step>> SqliteLedger::Claim(
    TenantId tenant, StepId step, WorkerId worker, int max_batch
) {
  const EpochMs now = database_.now();
  auto claimed = database_.Write(
      [&](Connection& db) -> Result<std::vector<model::Step>> {
        PULSE_TRY(std::vector<model::Step> steps, FindClaimable(db, tenant, step, max_batch, now));
        for (model::Step& one : steps) {
          PULSE_CHECK(db.Do(sql::steps::claim, tenant, one.id, worker, now));
          ++one.epoch;
        }
        if (steps.empty()) return steps;
        PULSE_CHECK(db.Do(sql::jobs::start, tenant, steps.front().job, now));
        PULSE_TRY(const model::Job job, ReadJob(db, tenant, steps.front().job));
        for (model::Step& one : steps) one.options = job.options;
        return steps;
      },
      Durability::kOrdered
  );
  PULSE_FAILPOINT("k1_claimed");
  return claimed;
}

Result<Committed> SqliteLedger::Commit(const Unit& unit) {
  const std::vector<PreparedPage> pages = PreparePages(unit.raw_pages);
  const EpochMs now = database_.now();
  auto committed = database_.Write([&](Connection& db) -> Result<Committed> {
    return UnitCommit(db, sql_, unit, now).Apply(pages);
  });
  PULSE_FAILPOINT("k8_after_commit");
  return committed;
}

Result<int> SqliteLedger::Retry(
    TenantId tenant,
    const std::vector<model::StepRef>& steps,
    EpochMs run_after,
    bool attempted,
    std::string_view error
) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<int> {
    std::set<JobId> jobs;
    int put_back = 0;
    for (const model::StepRef& step : steps) {
      PULSE_TRY(
          Statement row,
          db.Select(sql::steps::put_back, tenant, step.id, step.epoch, run_after, attempted, error)
      );
      PULSE_TRY(bool more, row.Next());
      while (more) {
        jobs.insert(row.As<JobId>(0));
        ++put_back;
        PULSE_TRY(more, row.Next());
      }
    }
    for (const JobId job : jobs) {
      PULSE_TRY(const bool cancelled, CancelInstead(db, tenant, job, now));
      static_cast<void>(cancelled);
    }
    return put_back;
  });
}

Result<Committed> SqliteLedger::Fail(
    TenantId tenant, const std::vector<model::Step>& steps, const Error& error, bool fatal
) {
  if (steps.empty()) return Committed{};
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<Committed> {
    PULSE_TRY(const model::Job job, ReadJob(db, tenant, steps.front().job));
    for (const model::Step& step : steps) {
      PULSE_CHECK(FailStep(db, job, step, error, fatal, now));
    }
    PULSE_CHECK(AddOpenSteps(db, job, -static_cast<std::int64_t>(steps.size())));
    Committed out;
    PULSE_TRY(out.ended, FinishIfDone(db, tenant, job.id, now));
    return out;
  });
}

Result<std::vector<StagedRows>> SqliteLedger::ReadStaged(TenantId tenant, StepId load_step) {
  return database_.Read([&](Connection& db) -> Result<std::vector<StagedRows>> {
    std::vector<StagedRows> staged;
    PULSE_TRY(Statement row, db.Select(sql::raw::read_staged, tenant, load_step));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      PULSE_TRY(StagedRaws raws, RawsFromJson(row.Text(2)));
      PULSE_TRY(std::string rows, Decompress(row.Text(3), raws.body_bytes));
      staged.push_back({
          .entity_type = std::string(row.Text(0)),
          .rows = std::move(rows),
          .row_count = row.Int(1),
          .raws = std::move(raws.raws),
      });
      PULSE_TRY(more, row.Next());
    }
    return staged;
  });
}

Result<Preview> SqliteLedger::PreviewMerge(const Unit& unit, int limit) {
  const EpochMs now = database_.now();
  return database_.Rehearse([&](Connection& db) { return Rehearse(db, sql_, unit, limit, now); });
}

Result<Missing> SqliteLedger::ReadMissing(
    TenantId tenant, JobId job, std::string_view entity_type, int limit
) {
  return database_.Read([&](Connection& db) -> Result<Missing> {
    PULSE_TRY(const model::Job of, ReadJob(db, tenant, job));
    return sqlite::ReadMissing(db, sql_, of, entity_type, limit);
  });
}

Result<std::vector<std::string>> SqliteLedger::ReadAbsent(
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    const std::vector<std::string>& external_ids
) {
  return database_.Read([&](Connection& db) {
    return sqlite::ReadAbsent(db, sql_, tenant, integration, entity_type, external_ids);
  });
}

}  // namespace pulse::store::sqlite
