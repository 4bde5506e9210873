#include "pulse/store/postgres/commit.h"

#include <algorithm>

#include "pulse/base/failpoint.h"
#include "pulse/store/compression.h"
#include "pulse/store/postgres/census.h"
#include "pulse/store/postgres/sql/dead_letters.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/locks.h"
#include "pulse/store/postgres/sql/raw.h"
#include "pulse/store/postgres/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::postgres {

PreparedUnit Prepare(const Unit& unit) {
  PreparedUnit prepared{.pages = PreparePages(unit.raw_pages), .staged = {}};
  for (const StagedRows& staged : unit.staged) prepared.staged.push_back(Compress(staged.rows));
  return prepared;
}

UnitCommit::UnitCommit(
    Engine& engine, const Unit& unit, const PreparedUnit& prepared, Locking locking
)
    : engine_(engine),
      unit_(unit),
      prepared_(prepared),
      locking_(locking),
      now_(engine.clock.Now()) {
  for (const RawId raw : unit.retried_raws) retried_.push_back(raw.value());
  if (!MergesRows()) return;
  merger_.emplace(engine.sql, MergeScope{unit.tenant, unit.integration, unit.job}, *unit.rows);
}

Result<Committed> UnitCommit::Apply(Transaction& tx) {
  if (unit_.done.empty()) return Error{ErrorKind::kInvalid, "a unit closes no step"};
  QueueReads(tx);
  PULSE_CHECK(tx.Flush());
  PULSE_CHECK(CheckFence(tx));
  Result<> applied = ReadMore(tx);
  if (applied) applied = QueueWrites(tx);
  if (applied) applied = Finish(tx);
  if (applied) return out_;
  Error error = std::move(applied).error();
  // Callers take kConflict for "somebody else owns these steps" and drop the unit. A violated
  // constraint past the fence is our bug instead, and must not look like that.
  if (error.kind() != ErrorKind::kConflict) return error;
  return Error{ErrorKind::kInternal, error.message()};
}

void UnitCommit::QueueReads(Transaction& tx) {
  tx.ReplanAfter(engine_.rows_written.load(std::memory_order_relaxed));
  QueueFence(tx);
  found_job_ = tx.Queue(sql::jobs::get, unit_.tenant, unit_.job);
  QueuePageReads(tx);
  if (!unit_.staged.empty()) load_ids_ = tx.Queue(sql::steps::new_ids, unit_.staged.size());
  QueueLetterReads(tx);
  if (!merger_ && unit_.vanished.empty()) return;
  QueueLocks(tx);
  if (merger_) merger_->QueueLookups(tx);
}

/// In statements of their own before the reads: those see what the one who had a lock committed.
void UnitCommit::QueueLocks(Transaction& tx) {
  const std::int64_t lock = LockKey(LockKind::kRows, unit_.integration.value());
  std::optional<std::vector<std::int64_t>> keys;
  if (locking_ == Locking::kKeys && unit_.vanished.empty()) keys = merger_->KeyLocks();
  if (!keys) {
    tx.Queue(sql::locks::integration, lock);
    return;
  }
  locked_keys_ = tx.Queue(sql::locks::rows, unit_.tenant, unit_.job, lock, unit_.done.size());
  tx.Queue(sql::locks::keys, Array::Of(std::span<const std::int64_t>(*keys)));
}

void UnitCommit::QueueFence(Transaction& tx) {
  Array ids(Element::kInteger);
  Array epochs(Element::kInteger);
  for (const model::StepRef& step : unit_.done) {
    ids.AddInteger(step.id.value());
    epochs.AddInteger(step.epoch);
  }
  closed_ = tx.Queue(sql::steps::close, unit_.tenant, unit_.job, ids, epochs, Instant{now_});
}

void UnitCommit::QueuePageReads(Transaction& tx) {
  if (unit_.raw_pages.empty()) return;
  Array hashes(Element::kInteger);
  Array types(Element::kText);
  Array requests(Element::kText);
  for (std::size_t i = 0; i < unit_.raw_pages.size(); ++i) {
    hashes.AddInteger(prepared_.pages[i].request_hash);
    types.AddText(unit_.raw_pages[i].entity_type);
    requests.AddText(unit_.raw_pages[i].request);
  }
  newest_ = tx.Queue(
      sql::raw::newest_of_requests, unit_.tenant, unit_.integration, hashes, types, requests
  );
  raw_ids_ = tx.Queue(sql::raw::new_ids, unit_.raw_pages.size());
}

void UnitCommit::QueueLetterReads(Transaction& tx) {
  const Array retried = Array::Of(std::span<const std::int64_t>(retried_));
  if (!retried_.empty()) {
    retried_letters_ =
        tx.Queue(sql::dead_letters::counted_of_raws, unit_.tenant, unit_.job, retried);
  }
  Array types(Element::kText);
  Array ids(Element::kText);
  for (const NewDeadLetter& letter : unit_.dead_letters) {
    if (!letter.counts_as_record || letter.external_id.empty()) continue;
    types.AddText(letter.entity_type);
    ids.AddText(letter.external_id);
  }
  if (types.size() == 0) return;
  counted_letters_ =
      tx.Queue(sql::dead_letters::counted, unit_.tenant, unit_.job, types, ids, retried);
}

Result<> UnitCommit::CheckFence(Transaction& tx) {
  if (tx[closed_].affected() != static_cast<std::int64_t>(unit_.done.size())) {
    return Error{
        ErrorKind::kConflict,
        "step " + std::to_string(unit_.done.front().id.value()) + " or one of the " +
            std::to_string(unit_.done.size()) + " with it is no longer held at its epoch"
    };
  }
  PULSE_TRY(job_, JobOf(tx[found_job_], unit_.job));
  if (job_.integration == unit_.integration) return {};
  return Error{
      ErrorKind::kNotFound,
      "job " + std::to_string(unit_.job.value()) + " is not of integration " +
          std::to_string(unit_.integration.value())
  };
}

Result<> UnitCommit::ReadMore(Transaction& tx) {
  FindUnchangedPages(tx);
  const bool reads_sets = merger_ && merger_->Decide(tx);
  PULSE_CHECK(QueueVanished(tx));
  if (reads_sets || !vanished_slots_.empty()) PULSE_CHECK(tx.Flush());
  TakeVanished(tx);
  if (!merger_) return {};
  merger_->Plan(tx);
  const bool shares = locked_keys_ && tx[*locked_keys_][0].Bool(0);
  wants_whole_lock_ = shares && merger_->WritesUnlocked();
  if (!wants_whole_lock_) return {};
  return Error{ErrorKind::kUnavailable, "the unit brings a record that it has not locked"};
}

Result<> UnitCommit::QueueVanished(Transaction& tx) {
  std::map<std::string_view, std::pair<Array, Array>> by_type;
  for (const Vanished& gone : unit_.vanished) {
    const auto [at, is_new] =
        by_type.try_emplace(gone.entity_type, Array(Element::kText), Array(Element::kText));
    at->second.first.AddText(gone.external_id);
    at->second.second.AddText(gone.reason);
  }
  const Instant began{job_.started_at.value_or(job_.created_at)};
  for (const auto& [entity_type, arrays] : by_type) {
    PULSE_TRY(const TableSql* table, TableOf(engine_.sql, entity_type));
    const auto slot = tx.Queue(
        table->vanish,
        unit_.tenant,
        unit_.integration,
        arrays.first,
        arrays.second,
        Instant{now_},
        began
    );
    vanished_slots_.emplace_back(entity_type, slot);
  }
  return {};
}

void UnitCommit::TakeVanished(Transaction& tx) {
  for (const auto& [entity_type, slot] : vanished_slots_) {
    for (const Row row : tx[slot]) vanished_[entity_type].push_back(row.Int(0));
    counts_[std::string(entity_type)].deleted += tx[slot].size();
  }
}

Result<> UnitCommit::QueueWrites(Transaction& tx) {
  PULSE_CHECK(QueuePages(tx));
  PULSE_FAILPOINT("k5_raw_inserted");
  if (!job_.cancel_requested) {
    for (const model::NewStep& child : unit_.children) {
      steps_.push_back({child.stage, child.entity_type, child.params});
    }
  }
  QueueStaged(tx);
  QueueRows(tx);
  PULSE_FAILPOINT("k6_rows_merged");
  QueueSettled(tx);
  QueueLetters(tx);
  QueueSteps(tx);
  if (merger_) merger_->QueueLateConfirms(tx);
  QueueReceipt(tx);
  return {};
}

void UnitCommit::QueueStaged(Transaction& tx) {
  if (unit_.rows != nullptr) {  // Only a load step has staging to forget, and it brings rows.
    Array steps(Element::kInteger);
    for (const model::StepRef& step : unit_.done) steps.AddInteger(step.id.value());
    tx.Queue(sql::raw::forget_staged, unit_.tenant, steps);
  }
  if (unit_.staged.empty() || job_.cancel_requested) return;
  Array ids(Element::kInteger);
  Array types(Element::kText);
  Array params(Element::kText);
  Array rows(Element::kInteger);
  Array bodies(Element::kBytes);
  for (std::size_t i = 0; i < unit_.staged.size(); ++i) {
    const StagedRows& staged = unit_.staged[i];
    ids.AddInteger(tx[*load_ids_][static_cast<int>(i)].Int(0));
    types.AddText(staged.entity_type);
    params.AddText(ParamsOfStaging(staged.raws, staged.rows.size()));
    rows.AddInteger(staged.row_count);
    bodies.AddText(prepared_.staged[i]);
  }
  const auto priority = static_cast<int>(job_.priority);
  tx.Queue(
      sql::steps::insert_loads,
      unit_.tenant,
      unit_.integration,
      unit_.job,
      priority,
      ids,
      types,
      params,
      rows,
      Instant{now_}
  );
  tx.Queue(sql::raw::insert_staged, unit_.tenant, unit_.job, ids, types, rows, bodies);
  out_.new_steps += unit_.staged.size();
}

void UnitCommit::QueueRows(Transaction& tx) {
  const bool wants_vectors = unit_.vectorize_batch > 0 && !job_.cancel_requested;
  if (merger_) {
    const MergePlan& plan = merger_->plan();
    const bool last = job_.open_steps == static_cast<std::int64_t>(unit_.done.size()) &&
                      unit_.children.empty() && unit_.raw_pages.empty() && unit_.staged.empty();
    merger_->QueueWrites(tx, now_, last);
    QueueLinks(tx, plan);
    CountMerged(plan);
    if (wants_vectors) {
      for (const model::Table* table : {&model::kWorkItems, &model::kPrs}) {
        AddVectorizeSteps(*table, plan.tables[model::OrdinalOf(*table)].changed);
      }
    }
  }
  if (!wants_vectors) return;
  for (const model::Table* table : {&model::kWorkItems, &model::kPrs}) {
    AddVectorizeSteps(*table, vanished_[table->entity_type]);
  }
}

void UnitCommit::CountMerged(const MergePlan& plan) {
  for (const auto& [entity_type, delta] : plan.counts) {
    model::EntityCounts& counts = counts_[entity_type];
    counts.records += delta.records;
    counts.inserted += delta.inserted;
    counts.updated += delta.updated;
    counts.unchanged += delta.unchanged;
    out_.inserted += delta.inserted;
    out_.updated += delta.updated;
    out_.unchanged += delta.unchanged;
    const std::int64_t loaded = delta.inserted + delta.updated + delta.unchanged;
    if (loaded > 0) out_.loaded[entity_type] += loaded;
  }
}

/// Links between issues and pull requests, for the keys that this unit wrote. An issue and a pull
/// request that are committed at the same time must not miss each other: whoever writes links waits
/// for those who write issues, and the other way round. Issues alone do not wait for each other.
void UnitCommit::QueueLinks(Transaction& tx, const MergePlan& plan) {
  const TableWrites& issues = plan.tables[model::OrdinalOf(model::kWorkItems)];
  const TableWrites& links = plan.tables[model::OrdinalOf(model::kWorkItemPrs)];
  std::set<std::string_view> keys;
  const auto collect = [&](const auto& writes, std::size_t column) {
    for (const auto& write : writes) {
      const model::Cell& key = unit_.rows->cells(*write.row)[column];
      if (key.has_value()) keys.insert(key.text());
    }
  };
  collect(issues.inserts, model::kWorkItems["key"].value);
  collect(issues.updates, model::kWorkItems["key"].value);
  collect(links.upserts, model::kWorkItemPrs["work_item_key"].value);
  if (keys.empty() && issues.updates.empty()) return;
  Array texts(Element::kText);
  for (const std::string_view key : keys) texts.AddText(key);
  Array moved(Element::kInteger);
  for (const PrimaryWrite& write : issues.updates) moved.AddInteger(write.id);
  const std::int64_t lock = LockKey(LockKind::kLinks, unit_.tenant.value());
  tx.Queue(links.upserts.empty() ? sql::locks::links_shared : sql::locks::integration, lock);
  tx.Queue(sql::jobs::resolve_links, unit_.tenant, texts, moved);
}

void UnitCommit::AddVectorizeSteps(const model::Table& table, std::vector<std::int64_t> rows) {
  std::ranges::sort(rows);
  const auto batch = static_cast<std::size_t>(unit_.vectorize_batch);
  for (std::size_t i = 0; i < rows.size(); i += batch) {
    const auto part = std::span(rows).subspan(i, std::min(batch, rows.size() - i));
    steps_.push_back({model::Stage::kVectorize, table.entity_type, ParamsOfRows(table.name, part)});
  }
}

void UnitCommit::QueueSettled(Transaction& tx) {
  if (!unit_.settled.empty()) {
    Array ids(Element::kInteger);
    Array statuses(Element::kText);
    Array errors(Element::kText);
    Array records(Element::kInteger);
    Array versions(Element::kInteger);
    for (const SettledRaw& raw : unit_.settled) {
      ids.AddInteger(raw.id.value());
      statuses.AddText(raw.error_details ? "failed" : "completed");
      if (raw.error_details) {
        errors.AddText(*raw.error_details);
      } else {
        errors.AddNull();
      }
      records.AddInteger(raw.record_count);
      versions.AddInteger(raw.transform_version);
    }
    tx.Queue(sql::raw::settle, unit_.tenant, ids, statuses, errors, records, versions);
  }
  if (retried_.empty()) return;
  for (const Row row : tx[*retried_letters_]) {
    counts_[std::string(row.Text(0))].quarantined -= row.Int(1);
  }
  const Array retried = Array::Of(std::span<const std::int64_t>(retried_));
  tx.Queue(sql::dead_letters::resolve_raws, unit_.tenant, retried, Instant{now_});
}

/// A record that was already set aside in this job is kept again (its page holds it) but counted
/// once.
void UnitCommit::QueueLetters(Transaction& tx) {
  std::set<std::pair<std::string_view, std::string_view>> counted;
  if (counted_letters_) {
    for (const Row row : tx[*counted_letters_]) counted.emplace(row.Text(0), row.Text(1));
  }
  std::vector<StepLetter> letters;
  for (const NewDeadLetter& letter : unit_.dead_letters) {
    StepLetter& kept = letters.emplace_back(unit_.done.front().id, letter);
    if (!letter.counts_as_record) continue;
    if (!letter.external_id.empty()) {
      kept.letter.counts_as_record = counted.emplace(letter.entity_type, letter.external_id).second;
    }
    if (kept.letter.counts_as_record) ++counts_[letter.entity_type].quarantined;
  }
  QueueDeadLetters(tx, job_, letters, now_);
}

}  // namespace pulse::store::postgres
