#include "pulse/store/sqlite/receipts.h"

#include "pulse/store/sqlite/census.h"
#include "pulse/store/sqlite/sql/dead_letters.h"
#include "pulse/store/sqlite/sql/jobs.h"
#include "pulse/store/sqlite/sql/raw.h"
#include "pulse/store/sqlite/sql/receipts.h"
#include "pulse/store/sqlite/windows.h"
#include "pulse/store/verdict.h"

namespace pulse::store::sqlite {
namespace {

Result<Verdict> ReadVerdict(Connection& db, const model::Job& job) {
  PULSE_TRY(Statement row, db.Select(sql::jobs::verdict, job.tenant, job.id));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return Error{ErrorKind::kInternal, "the verdict query returned no row"};
  return Verdict{
      .failed_steps = row.Int(0),
      .fatal_steps = row.Int(1),
      .first_error = std::string(row.Text(2)),
      .records = row.Int(3),
      .changed = row.Int(4),
      .quarantined = row.Int(5),
      .gaps = row.Int(6),
  };
}

}  // namespace

model::Job JobOf(const Statement& row) {
  return {
      .id = row.As<JobId>(0),
      .tenant = row.As<TenantId>(1),
      .integration = row.As<IntegrationId>(2),
      .job_type = std::string(row.Text(3)),
      .status = model::JobStatusNamed(row.Text(4)).value_or(model::JobStatus::kFailed),
      .priority = static_cast<model::Priority>(row.Int(5)),
      .options = model::JobOptions::FromJson(row.Text(6)).value_or(model::JobOptions{}),
      .open_steps = row.Int(7),
      .cancel_requested = row.Int(8) != 0,
      .error = std::string(row.Text(9)),
      .created_at = row.Int(10),
      .started_at = row.OptionalInt(11),
      .finished_at = row.OptionalInt(12),
  };
}

Result<model::Job> ReadJob(Connection& db, TenantId tenant, JobId job) {
  PULSE_TRY(Statement row, db.Select(sql::jobs::get, tenant, job));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return Error{ErrorKind::kNotFound, "no job " + std::to_string(job.value())};
  return JobOf(row);
}

Result<> AddCounts(
    Connection& db,
    const model::Job& job,
    std::string_view entity_type,
    const model::EntityCounts& delta
) {
  return db.Do(
      sql::receipts::add_counts,
      job.tenant,
      job.id,
      entity_type,
      delta.source,
      delta.records,
      delta.inserted,
      delta.updated,
      delta.unchanged,
      delta.deleted,
      delta.quarantined,
      delta.vectors
  );
}

Result<> AddGap(
    Connection& db, const model::Job& job, std::optional<StepId> step, const model::Gap& gap
) {
  return db.Do(
      sql::receipts::add_gap, job.tenant, job.id, step, gap.entity_type, gap.scope, gap.reason
  );
}

Result<bool> AddDeadLetter(
    Connection& db, const model::Job& job, StepId step, const NewDeadLetter& letter, EpochMs now
) {
  std::optional<RawId> raw;
  if (letter.raw) raw = letter.raw;
  PULSE_TRY(
      Statement insert,
      db.Select(
          sql::dead_letters::insert,
          job.tenant,
          job.integration,
          job.id,
          step,
          raw,
          letter.entity_type,
          Name(letter.stage),
          letter.raw_position,
          letter.external_id,
          letter.fingerprint,
          letter.message,
          letter.sample,
          letter.counts_as_record,
          now
      )
  );
  PULSE_TRY(const bool inserted, insert.Next());
  const bool counted = inserted && insert.Int(0) != 0;
  if (inserted) PULSE_CHECK(insert.Run());  // RETURNING leaves the statement open until its end.
  return counted;
}

Result<> AddOpenSteps(Connection& db, const model::Job& job, std::int64_t delta) {
  return db.Do(sql::jobs::add_open_steps, job.tenant, job.id, delta);
}

Result<model::Receipt> ReadReceipt(Connection& db, const model::Job& job, EpochMs now) {
  model::Receipt receipt;
  receipt.job = job.id;
  receipt.status = job.status;
  if (job.started_at) {
    receipt.seconds = static_cast<double>(job.finished_at.value_or(now) - *job.started_at) / 1000.0;
  }
  PULSE_TRY(Statement counts, db.Select(sql::receipts::counts, job.tenant, job.id));
  PULSE_TRY(bool more, counts.Next());
  while (more) {
    receipt.entities[std::string(counts.Text(0))] = {
        .source = counts.OptionalInt(1),
        .records = counts.Int(2),
        .inserted = counts.Int(3),
        .updated = counts.Int(4),
        .unchanged = counts.Int(5),
        .deleted = counts.Int(6),
        .quarantined = counts.Int(7),
        .vectors = counts.Int(8),
    };
    PULSE_TRY(more, counts.Next());
  }
  PULSE_TRY(Statement calls, db.Select(sql::receipts::api_calls, job.tenant, job.id));
  PULSE_TRY(more, calls.Next());
  while (more) {
    receipt.api_calls[std::string(calls.Text(0))] = calls.Int(1);
    PULSE_TRY(more, calls.Next());
  }
  PULSE_TRY(Statement gaps, db.Select(sql::receipts::gaps, job.tenant, job.id));
  PULSE_TRY(more, gaps.Next());
  while (more) {
    receipt.gaps.push_back(
        {std::string(gaps.Text(0)), std::string(gaps.Text(1)), std::string(gaps.Text(2))}
    );
    PULSE_TRY(more, gaps.Next());
  }
  return receipt;
}

Result<std::optional<model::Job>> FinishIfDone(
    Connection& db, TenantId tenant, JobId id, EpochMs now
) {
  PULSE_TRY(model::Job job, ReadJob(db, tenant, id));
  if (job.open_steps > 0 || model::IsFinal(job.status)) return std::nullopt;
  PULSE_TRY(const Verdict verdict, ReadVerdict(db, job));
  const model::JobStatus status = StatusOf(job, verdict);
  // A job that changed no row cannot have made or moved a link: an idle sync writes no domain
  // table.
  if (verdict.changed > 0) PULSE_CHECK(db.Do(sql::jobs::resolve_links, tenant));
  // A job with a query of its own saw only a part; quarantined records were seen, so they do not
  // hold the window back: they come again by replay.
  const bool pass_is_whole = !job.cancel_requested && verdict.everything_asked_for();
  if (pass_is_whole && job.options.query.empty()) {
    PULSE_CHECK(ProveWindows(db, job));
  }
  PULSE_CHECK(db.Do(sql::receipts::forget_seen, tenant, id));
  if (job.options.census || job.options.full) {
    const bool may_be_retried = verdict.failed_steps > 0 && !job.cancel_requested;
    PULSE_CHECK(ForgetCensus(db, job, may_be_retried ? Keep::kThisJobs : Keep::kNothing));
  }
  // Otherwise failed steps may be retried in this job, and then finish what it set out to prove.
  if (pass_is_whole || job.cancel_requested) {
    PULSE_CHECK(db.Do(sql::receipts::forget_windows, tenant, id));
    PULSE_CHECK(db.Do(sql::raw::forget_staged_of_job, tenant, id));
  }
  job.status = status;
  job.error = ReasonOf(status, verdict);
  job.finished_at = now;
  PULSE_CHECK(db.Do(sql::jobs::finish, tenant, id, Name(status), job.error, now));
  return job;
}

}  // namespace pulse::store::sqlite
