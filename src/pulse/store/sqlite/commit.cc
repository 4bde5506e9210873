#include "pulse/store/sqlite/commit.h"

#include <algorithm>

#include "pulse/base/failpoint.h"
#include "pulse/store/compression.h"
#include "pulse/store/sqlite/census.h"
#include "pulse/store/sqlite/merge.h"
#include "pulse/store/sqlite/receipts.h"
#include "pulse/store/sqlite/sql/dead_letters.h"
#include "pulse/store/sqlite/sql/raw.h"
#include "pulse/store/sqlite/sql/receipts.h"
#include "pulse/store/sqlite/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::sqlite {

Result<Committed> UnitCommit::Apply(const std::vector<PreparedPage>& pages) {
  PULSE_CHECK(CloseSteps());
  auto applied = ApplyFenced(pages);
  if (applied) return std::move(out_);
  Error error = std::move(applied).error();
  // Callers take kConflict for "somebody else owns these steps" and drop the unit. A violated
  // constraint past the fence is our bug instead, and must not look like that.
  if (error.kind() != ErrorKind::kConflict) return error;
  return Error{ErrorKind::kInternal, error.message()};
}

Result<> UnitCommit::CloseSteps() {
  if (unit_.done.empty()) return Error{ErrorKind::kInvalid, "a unit closes no step"};
  for (const model::StepRef& step : unit_.done) {
    PULSE_TRY(
        const int closed,
        db_.Run(sql::steps::close, unit_.tenant, step.id, unit_.job, step.epoch, now_)
    );
    if (closed == 1) continue;
    return Error{
        ErrorKind::kConflict,
        "step " + std::to_string(step.id.value()) + " is no longer held at epoch " +
            std::to_string(step.epoch)
    };
  }
  PULSE_TRY(job_, ReadJob(db_, unit_.tenant, unit_.job));
  if (job_.integration == unit_.integration) return {};
  return Error{
      ErrorKind::kNotFound,
      "job " + std::to_string(unit_.job.value()) + " is not of integration " +
          std::to_string(unit_.integration.value())
  };
}

Result<> UnitCommit::ApplyFenced(const std::vector<PreparedPage>& pages) {
  PULSE_CHECK(StorePages(pages));
  PULSE_FAILPOINT("k5_raw_inserted");
  PULSE_CHECK(AddChildren());
  PULSE_CHECK(AddStaged());
  PULSE_CHECK(MergeRows());
  PULSE_FAILPOINT("k6_rows_merged");
  PULSE_CHECK(TakeCensus());
  PULSE_CHECK(SettlePages());
  PULSE_CHECK(ResolveRetried());
  PULSE_CHECK(AddDeadLetters());
  PULSE_CHECK(AddReceipt());
  // Children are counted in before their parent is counted out, in one addition.
  const auto closed = static_cast<std::int64_t>(unit_.done.size());
  PULSE_CHECK(AddOpenSteps(db_, job_, static_cast<std::int64_t>(out_.new_steps) - closed));
  PULSE_CHECK(GoOn());
  PULSE_TRY(out_.ended, FinishIfDone(db_, unit_.tenant, unit_.job, now_));
  PULSE_FAILPOINT("k7_before_commit");
  return {};
}

Result<> UnitCommit::StorePages(const std::vector<PreparedPage>& pages) {
  for (std::size_t i = 0; i < unit_.raw_pages.size(); ++i) {
    PULSE_TRY(const bool skipped, SkipUnchanged(unit_.raw_pages[i], pages[i]));
    if (skipped) {
      out_.raw_ids.push_back(RawId{});
    } else {
      PULSE_CHECK(StorePage(unit_.raw_pages[i], pages[i]));
    }
  }
  return {};
}

/// The newest page of the same request must be this very page, loaded completely by the same
/// transform. A newer page that differs, or is not loaded yet, makes this one news again.
Result<bool> UnitCommit::SkipUnchanged(const NewRawPage& page, const PreparedPage& prepared) {
  if (page.error_details || page.keep_equal || job_.options.replay) return false;
  PULSE_TRY(
      Statement newest,
      db_.Select(
          sql::raw::newest_of_request,
          unit_.tenant,
          unit_.integration,
          prepared.request_hash,
          page.entity_type,
          page.request
      )
  );
  PULSE_TRY(const bool found, newest.Next());
  if (!found) return false;
  const bool completed = newest.Text(1) == "completed";
  const bool equal = newest.Text(2) == prepared.content_hash;
  const bool same_transform = newest.Int(3) == page.transform_version;
  const bool quarantined = newest.Int(4) != 0;
  if (!completed || !equal || !same_transform || quarantined) return false;
  if (page.record_count > 0) {
    model::EntityCounts& counts = counts_[page.entity_type];
    counts.records += page.record_count;
    counts.unchanged += page.record_count;
    out_.unchanged += page.record_count;
    out_.loaded[page.entity_type] += page.record_count;
  }
  return true;
}

Result<> UnitCommit::StorePage(const NewRawPage& page, const PreparedPage& prepared) {
  PULSE_CHECK(db_.Do(
      sql::raw::insert,
      unit_.tenant,
      unit_.integration,
      page.entity_type,
      page.error_details ? "failed" : "pending",
      page.error_details,
      page.record_count,
      now_,
      unit_.job,
      unit_.done.front().id,
      page.request,
      prepared.request_hash,
      prepared.content_hash,
      page.http_status,
      page.body.size(),
      page.fetched_at
  ));
  const RawId raw{db_.last_id()};
  PULSE_CHECK(db_.Do(sql::raw::insert_body, raw, unit_.tenant, now_, Blob{prepared.body}));
  out_.raw_ids.push_back(raw);
  if (page.error_details || page.transform_entity.empty() || job_.cancel_requested) return {};
  PULSE_TRY(const std::string params, ParamsWithRaw(page.transform_params, raw));
  PULSE_TRY(const StepId step, AddStep(model::Stage::kTransform, page.transform_entity, params));
  static_cast<void>(step);
  of_pages_.push_back(last_step_);
  return {};
}

Result<> UnitCommit::AddChildren() {
  if (job_.cancel_requested) return {};
  for (const model::NewStep& child : unit_.children) {
    PULSE_TRY(const StepId step, AddStep(child.stage, child.entity_type, child.params));
    static_cast<void>(step);
  }
  return {};
}

Result<> UnitCommit::AddStaged() {
  for (const model::StepRef& step : unit_.done) {
    PULSE_CHECK(db_.Do(sql::raw::forget_staged_of_step, unit_.tenant, step.id));
  }
  if (job_.cancel_requested) return {};
  for (const StagedRows& staged : unit_.staged) {
    PULSE_TRY(
        const StepId step,
        AddStep(model::Stage::kLoad, staged.entity_type, ParamsOfRaws(staged.raws))
    );
    const std::string body = Compress(staged.rows);
    PULSE_CHECK(db_.Do(
        sql::raw::insert_staged,
        step,
        unit_.tenant,
        unit_.job,
        staged.entity_type,
        staged.row_count,
        RawsToJson(staged.raws, staged.rows.size()),
        Blob{body}
    ));
  }
  return {};
}

Result<> UnitCommit::MergeRows() {
  if (unit_.rows == nullptr) return {};
  RowMerger merger(db_, sql_, job_, now_);
  PULSE_CHECK(merger.Merge(*unit_.rows));
  for (const auto& [entity_type, delta] : merger.counts()) {
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
  if (unit_.vectorize_batch <= 0 || job_.cancel_requested) return {};
  PULSE_CHECK(AddVectorizeSteps(model::kWorkItems, merger.changed(model::kWorkItems)));
  return AddVectorizeSteps(model::kPrs, merger.changed(model::kPrs));
}

/// Ids that were listed, and rows whose records are gone; their points go by vectorize steps.
Result<> UnitCommit::TakeCensus() {
  for (const CensusIds& ids : unit_.census_ids) PULSE_CHECK(AddCensusIds(db_, job_, ids));
  std::map<std::string_view, std::vector<std::int64_t>> marked;
  for (const Vanished& vanished : unit_.vanished) {
    PULSE_TRY(const auto row, MarkVanished(db_, sql_, job_, vanished, now_));
    if (!row) continue;
    ++counts_[vanished.entity_type].deleted;
    marked[vanished.entity_type].push_back(*row);
  }
  if (unit_.vectorize_batch <= 0 || job_.cancel_requested) return {};
  PULSE_CHECK(AddVectorizeSteps(model::kWorkItems, marked[model::kWorkItems.entity_type]));
  return AddVectorizeSteps(model::kPrs, marked[model::kPrs.entity_type]);
}

Result<> UnitCommit::AddVectorizeSteps(const model::Table& table, std::vector<std::int64_t> rows) {
  std::ranges::sort(rows);
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
  const auto batch = static_cast<std::size_t>(unit_.vectorize_batch);
  for (std::size_t i = 0; i < rows.size(); i += batch) {
    const auto part = std::span(rows).subspan(i, std::min(batch, rows.size() - i));
    PULSE_TRY(
        const StepId step,
        AddStep(model::Stage::kVectorize, table.entity_type, ParamsOfRows(table.name, part))
    );
    static_cast<void>(step);
  }
  return {};
}

Result<> UnitCommit::SettlePages() {
  for (const SettledRaw& raw : unit_.settled) {
    PULSE_CHECK(db_.Do(
        sql::raw::settle,
        unit_.tenant,
        raw.id,
        raw.error_details ? "failed" : "completed",
        raw.error_details,
        raw.record_count,
        raw.transform_version
    ));
  }
  return {};
}

Result<> UnitCommit::ResolveRetried() {
  for (const RawId raw : unit_.retried_raws) {
    {
      PULSE_TRY(
          Statement counted,
          db_.Select(sql::dead_letters::counted_of_raw, unit_.tenant, raw, unit_.job)
      );
      PULSE_TRY(bool more, counted.Next());
      while (more) {
        counts_[std::string(counted.Text(0))].quarantined -= counted.Int(1);
        PULSE_TRY(more, counted.Next());
      }
    }
    PULSE_CHECK(db_.Do(sql::dead_letters::resolve_raw, unit_.tenant, raw, now_));
  }
  return {};
}

Result<> UnitCommit::AddDeadLetters() {
  for (const NewDeadLetter& letter : unit_.dead_letters) {
    PULSE_TRY(const bool counted, AddDeadLetter(db_, job_, unit_.done.front().id, letter, now_));
    if (counted) ++counts_[letter.entity_type].quarantined;
  }
  return {};
}

Result<> UnitCommit::AddReceipt() {
  for (const auto& [entity_type, source] : unit_.census) {
    auto& counted = counts_[entity_type].source;
    counted = counted.value_or(0) + source;
  }
  for (const auto& [entity_type, vectors] : unit_.vectors) counts_[entity_type].vectors += vectors;
  for (const auto& [entity_type, delta] : counts_) {
    PULSE_CHECK(AddCounts(db_, job_, entity_type, delta));
  }
  for (const auto& [endpoint, calls] : unit_.api_calls) {
    PULSE_CHECK(db_.Do(sql::receipts::add_api_calls, unit_.tenant, unit_.job, endpoint, calls));
  }
  for (const model::Gap& gap : unit_.gaps) PULSE_CHECK(AddGap(db_, job_, std::nullopt, gap));
  for (const Window& window : unit_.windows) {
    PULSE_CHECK(db_.Do(
        sql::receipts::propose_window,
        unit_.tenant,
        unit_.job,
        window.entity_type,
        window.scope,
        window.from,
        window.to
    ));
  }
  return {};
}

Result<StepId> UnitCommit::AddStep(
    model::Stage stage, std::string_view entity_type, std::string_view params
) {
  PULSE_CHECK(db_.Do(
      sql::steps::insert,
      unit_.tenant,
      unit_.integration,
      unit_.job,
      Name(stage),
      entity_type,
      params,
      static_cast<int>(job_.priority),
      now_
  ));
  ++out_.new_steps;
  last_step_ = {
      .id = StepId{db_.last_id()},
      .tenant = unit_.tenant,
      .integration = unit_.integration,
      .job = unit_.job,
      .stage = stage,
      .entity_type = std::string(entity_type),
      .params = std::string(params),
      .epoch = 1,
      .attempts = 0,
      .priority = job_.priority,
      .options = job_.options,
  };
  return last_step_.id;
}

bool UnitCommit::IsSequence() const {
  return job_.open_steps == static_cast<std::int64_t>(unit_.done.size()) && out_.new_steps == 1 &&
         unit_.staged.empty();
}

Result<> UnitCommit::GoOn() {
  if (!unit_.goes_on || out_.new_steps == 0) return {};
  std::vector<model::Step> kept;
  if (unit_.goes_on->with_pages) kept = std::move(of_pages_);
  if (kept.empty() && IsSequence()) kept.push_back(last_step_);
  if (kept.empty() || !unit_.goes_on->Runs(kept.front().stage)) return {};
  const std::string entity_type = kept.front().entity_type;
  std::erase_if(kept, [&](const model::Step& step) { return step.entity_type != entity_type; });
  for (const model::Step& step : kept) {
    PULSE_CHECK(db_.Do(sql::steps::claim, unit_.tenant, step.id, unit_.goes_on->worker, now_));
  }
  out_.next = std::move(kept);
  return {};
}

}  // namespace pulse::store::sqlite
