#include "pulse/store/postgres/receipts.h"

#include "pulse/base/failpoint.h"
#include "pulse/store/postgres/sql/dead_letters.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/locks.h"
#include "pulse/store/postgres/sql/raw.h"
#include "pulse/store/postgres/sql/receipts.h"
#include "pulse/store/postgres/sql/windows.h"
#include "pulse/store/verdict.h"

namespace pulse::store::postgres {
namespace {

Verdict VerdictOf(const Row& row) {
  return {
      .failed_steps = row.Int(0),
      .fatal_steps = row.Int(1),
      .first_error = std::string(row.Text(2)),
      .records = row.Int(3),
      .changed = row.Int(4),
      .quarantined = row.Int(5),
      .gaps = row.Int(6),
  };
}

/// The job's row is locked and no step of it is open; `rows` is the verdict on it. Sets how it
/// ended.
void QueueEnd(Transaction& tx, model::Job& job, const Rows& rows, EpochMs now) {
  const Verdict verdict = VerdictOf(rows[0]);
  const bool proposes_windows = rows[0].Bool(7);
  const model::JobStatus status = StatusOf(job, verdict);
  // A job with a query of its own saw only a part; quarantined records were seen, so they do not
  // hold the window back: they come again by replay.
  const bool pass_is_whole = !job.cancel_requested && verdict.everything_asked_for();
  if (proposes_windows && pass_is_whole && job.options.query.empty()) {
    // A backfill may end beside a sync: the union must see the other's.
    const std::int64_t lock = LockKey(LockKind::kWindows, job.integration.value());
    tx.Queue(sql::locks::integration, lock);
    tx.Queue(sql::windows::prove, job.tenant, job.id, job.integration);
  }
  tx.Queue(sql::receipts::forget_seen, job.tenant, job.id);
  if (job.options.census || job.options.full) {
    tx.Queue(sql::receipts::forget_older_census, job.tenant, job.integration, job.id);
    const bool may_be_retried = verdict.failed_steps > 0 && !job.cancel_requested;
    if (!may_be_retried) tx.Queue(sql::receipts::forget_census, job.tenant, job.id);
  }
  // Otherwise failed steps may be retried in this job, and then finish what it set out to prove.
  if (pass_is_whole || job.cancel_requested) {
    if (proposes_windows) tx.Queue(sql::windows::forget_proposed, job.tenant, job.id);
    tx.Queue(sql::raw::forget_staged_of_job, job.tenant, job.id);
  }
  job.status = status;
  job.error = ReasonOf(status, verdict);
  job.finished_at = now;
  tx.Queue(sql::jobs::finish, job.tenant, job.id, Name(status), job.error, Instant{now});
}

}  // namespace

model::Job JobOf(const Row& row) {
  return {
      .id = row.As<JobId>(0),
      .tenant = row.As<TenantId>(1),
      .integration = row.As<IntegrationId>(2),
      .job_type = std::string(row.Text(3)),
      .status = model::JobStatusNamed(row.Text(4)).value_or(model::JobStatus::kFailed),
      .priority = static_cast<model::Priority>(row.Int(5)),
      .options = model::JobOptions::FromJson(row.Text(6)).value_or(model::JobOptions{}),
      .open_steps = row.Int(7),
      .cancel_requested = row.Bool(8),
      .error = std::string(row.Text(9)),
      .created_at = row.Time(10),
      .started_at = row.OptionalTime(11),
      .finished_at = row.OptionalTime(12),
  };
}

Result<model::Job> JobOf(const Rows& rows, JobId job) {
  if (rows.empty()) return Error{ErrorKind::kNotFound, "no job " + std::to_string(job.value())};
  return JobOf(rows[0]);
}

Result<model::Job> ReadJob(Transaction& tx, TenantId tenant, JobId job) {
  PULSE_TRY(const Rows rows, tx.Run(sql::jobs::get, tenant, job));
  return JobOf(rows, job);
}

Result<model::Receipt> ReadReceipt(Transaction& tx, const model::Job& job, EpochMs now) {
  const auto counts = tx.Queue(sql::receipts::counts, job.tenant, job.id);
  const auto calls = tx.Queue(sql::receipts::api_calls, job.tenant, job.id);
  const auto gaps = tx.Queue(sql::receipts::gaps, job.tenant, job.id);
  PULSE_CHECK(tx.Flush());
  model::Receipt receipt;
  receipt.job = job.id;
  receipt.status = job.status;
  if (job.started_at) {
    receipt.seconds = static_cast<double>(job.finished_at.value_or(now) - *job.started_at) / 1000.0;
  }
  for (const Row row : tx[counts]) {
    receipt.entities[std::string(row.Text(0))] = {
        .source = row.OptionalInt(1),
        .records = row.Int(2),
        .inserted = row.Int(3),
        .updated = row.Int(4),
        .unchanged = row.Int(5),
        .deleted = row.Int(6),
        .quarantined = row.Int(7),
        .vectors = row.Int(8),
    };
  }
  for (const Row row : tx[calls]) receipt.api_calls[std::string(row.Text(0))] = row.Int(1);
  for (const Row row : tx[gaps]) {
    receipt.gaps.push_back(
        {std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2))}
    );
  }
  return receipt;
}

void QueueCounts(
    Transaction& tx, const model::Job& job, const std::map<std::string, model::EntityCounts>& counts
) {
  if (counts.empty()) return;
  Array types(Element::kText);
  Array sources(Element::kInteger);
  std::vector<Array> numbers(7, Array(Element::kInteger));
  for (const auto& [entity_type, delta] : counts) {
    types.AddText(entity_type);
    if (delta.source) {
      sources.AddInteger(*delta.source);
    } else {
      sources.AddNull();
    }
    const std::int64_t values[] = {
        delta.records,
        delta.inserted,
        delta.updated,
        delta.unchanged,
        delta.deleted,
        delta.quarantined,
        delta.vectors,
    };
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i].AddInteger(values[i]);
  }
  std::vector<Param> params = {job.tenant, job.id, types, sources};
  for (const Array& array : numbers) params.emplace_back(array);
  tx.Queue(sql::receipts::add_counts, std::span<const Param>(params));
}

void QueueApiCalls(
    Transaction& tx, const model::Job& job, const std::map<std::string, std::int64_t>& calls
) {
  if (calls.empty()) return;
  Array endpoints(Element::kText);
  Array numbers(Element::kInteger);
  for (const auto& [endpoint, number] : calls) {
    endpoints.AddText(endpoint);
    numbers.AddInteger(number);
  }
  tx.Queue(sql::receipts::add_api_calls, job.tenant, job.id, endpoints, numbers);
}

void QueueGaps(Transaction& tx, const model::Job& job, std::span<const StepGap> gaps) {
  if (gaps.empty()) return;
  Array steps(Element::kInteger);
  Array types(Element::kText);
  Array scopes(Element::kText);
  Array reasons(Element::kText);
  for (const auto& [step, gap] : gaps) {
    if (step) {
      steps.AddInteger(step->value());
    } else {
      steps.AddNull();
    }
    types.AddText(gap.entity_type);
    scopes.AddText(gap.scope);
    reasons.AddText(gap.reason);
  }
  tx.Queue(sql::receipts::add_gaps, job.tenant, job.id, steps, types, scopes, reasons);
}

void QueueDeadLetters(
    Transaction& tx, const model::Job& job, std::span<const StepLetter> letters, EpochMs now
) {
  if (letters.empty()) return;
  Array steps(Element::kInteger);
  Array raws(Element::kInteger);
  Array positions(Element::kInteger);
  Array counted(Element::kBoolean);
  std::vector<Array> texts(6, Array(Element::kText));
  for (const auto& [step, letter] : letters) {
    steps.AddInteger(step.value());
    raws.AddInteger(letter.raw.value());
    positions.AddInteger(letter.raw_position);
    counted.AddBoolean(letter.counts_as_record);
    const std::string_view values[] = {
        letter.entity_type,
        Name(letter.stage),
        letter.external_id,
        letter.fingerprint,
        letter.message,
        letter.sample,
    };
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i].AddText(values[i]);
  }
  const Param params[] = {
      job.tenant,
      job.integration,
      job.id,
      Instant{now},
      steps,
      raws,
      texts[0],
      texts[1],
      positions,
      texts[2],
      texts[3],
      texts[4],
      texts[5],
      counted,
  };
  tx.Queue(sql::dead_letters::insert, std::span<const Param>(params));
}

Result<std::optional<model::Job>> CountAndCommit(
    Transaction& tx, model::Job job, std::int64_t delta, EpochMs now
) {
  const auto counted = tx.Queue(sql::jobs::add_open_steps, job.tenant, job.id, delta);
  // As the job was read, this looks like its end: then the verdict comes in the same round trip.
  const bool looks_last = job.open_steps + delta == 0;
  std::optional<Transaction::Slot> verdict;
  if (looks_last) verdict = tx.Queue(sql::jobs::verdict, job.tenant, job.id);
  PULSE_CHECK(tx.Flush());
  std::optional<model::Job> ended;
  const bool found = !tx[counted].empty();
  if (found && tx[counted][0].Int(0) == 0 && !model::IsFinal(job.status)) {
    job.cancel_requested = tx[counted][0].Bool(1);
    if (!verdict) {
      verdict = tx.Queue(sql::jobs::verdict, job.tenant, job.id);
      PULSE_CHECK(tx.Flush());
    }
    QueueEnd(tx, job, tx[*verdict], now);
    ended = std::move(job);
  }
  PULSE_FAILPOINT("k7_before_commit");
  PULSE_CHECK(tx.Commit());
  return ended;
}

}  // namespace pulse::store::postgres
