// The raw pages, the receipt and the end of a unit; see commit.h.

#include <algorithm>

#include "pulse/base/failpoint.h"
#include "pulse/store/postgres/commit.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/raw.h"
#include "pulse/store/postgres/sql/receipts.h"
#include "pulse/store/postgres/sql/steps.h"
#include "pulse/store/postgres/sql/windows.h"
#include "pulse/store/step_params.h"

namespace pulse::store::postgres {

void UnitCommit::FindUnchangedPages(Transaction& tx) {
  unchanged_.assign(unit_.raw_pages.size(), false);
  if (!newest_) return;
  for (const Row row : tx[*newest_]) {
    const auto page = static_cast<std::size_t>(row.Int(0) - 1);
    unchanged_[page] = IsUnchanged(unit_.raw_pages[page], prepared_.pages[page], row);
  }
}

/// The newest page of the same request must be this very page, loaded completely by the same
/// transform. A newer page that differs, or is not loaded yet, makes this one news again.
bool UnitCommit::IsUnchanged(
    const NewRawPage& page, const PreparedPage& prepared, const Row& newest
) const {
  if (page.error_details || page.keep_equal || job_.options.replay) return false;
  const bool completed = newest.Text(1) == "completed";
  const bool equal = newest.Text(2) == prepared.content_hash;
  const bool same_transform = newest.Int(3) == page.transform_version;
  const bool quarantined = newest.Bool(4);
  return completed && equal && same_transform && !quarantined;
}

Result<> UnitCommit::QueuePages(Transaction& tx) {
  Array ids(Element::kInteger);
  Array bodies(Element::kBytes);
  std::vector<Array> texts(5, Array(Element::kText));
  std::vector<Array> numbers(4, Array(Element::kInteger));
  Array fetched(Element::kInstant);
  for (std::size_t i = 0; i < unit_.raw_pages.size(); ++i) {
    const NewRawPage& page = unit_.raw_pages[i];
    if (unchanged_[i]) {
      out_.raw_ids.emplace_back();
      if (page.record_count <= 0) continue;
      model::EntityCounts& counts = counts_[page.entity_type];
      counts.records += page.record_count;
      counts.unchanged += page.record_count;
      out_.unchanged += page.record_count;
      out_.loaded[page.entity_type] += page.record_count;
      continue;
    }
    const RawId raw = tx[*raw_ids_][static_cast<int>(i)].As<RawId>(0);
    out_.raw_ids.push_back(raw);
    ids.AddInteger(raw.value());
    bodies.AddText(prepared_.pages[i].body);
    texts[0].AddText(page.entity_type);
    texts[1].AddText(page.error_details ? "failed" : "pending");
    if (page.error_details) {
      texts[2].AddText(*page.error_details);
    } else {
      texts[2].AddNull();
    }
    numbers[0].AddInteger(page.record_count);
    texts[3].AddText(page.request);
    numbers[1].AddInteger(prepared_.pages[i].request_hash);
    texts[4].AddText(prepared_.pages[i].content_hash);
    numbers[2].AddInteger(page.http_status);
    numbers[3].AddInteger(static_cast<std::int64_t>(page.body.size()));
    fetched.AddInstant(page.fetched_at);
    if (page.error_details || page.transform_entity.empty() || job_.cancel_requested) continue;
    PULSE_TRY(std::string params, ParamsWithRaw(page.transform_params, raw));
    steps_.push_back({model::Stage::kTransform, page.transform_entity, std::move(params), true});
  }
  if (ids.size() == 0) return {};
  const Param params[] = {
      unit_.tenant,
      unit_.integration,
      unit_.job,
      unit_.done.front().id,
      Instant{now_},
      ids,
      texts[0],
      texts[1],
      texts[2],
      numbers[0],
      texts[3],
      numbers[1],
      texts[4],
      numbers[2],
      numbers[3],
      fetched,
  };
  tx.Queue(sql::raw::insert, std::span<const Param>(params));
  tx.Queue(sql::raw::insert_bodies, unit_.tenant, Instant{now_}, ids, bodies);
  return {};
}

void UnitCommit::QueueReceipt(Transaction& tx) {
  for (const CensusIds& ids : unit_.census_ids) {
    const Array texts = Array::Of(std::span<const std::string>(ids.external_ids));
    tx.Queue(sql::receipts::add_census, unit_.tenant, unit_.job, ids.entity_type, texts);
  }
  for (const auto& [entity_type, source] : unit_.census) {
    auto& counted = counts_[entity_type].source;
    counted = counted.value_or(0) + source;
  }
  for (const auto& [entity_type, vectors] : unit_.vectors) counts_[entity_type].vectors += vectors;
  std::erase_if(counts_, [](const auto& entry) {
    const model::EntityCounts& delta = entry.second;
    return !delta.source && delta.records == 0 && delta.inserted == 0 && delta.updated == 0 &&
           delta.unchanged == 0 && delta.deleted == 0 && delta.quarantined == 0 &&
           delta.vectors == 0;
  });
  QueueCounts(tx, job_, counts_);
  QueueApiCalls(tx, job_, unit_.api_calls);
  std::vector<StepGap> gaps;
  gaps.reserve(unit_.gaps.size());
  for (const model::Gap& gap : unit_.gaps) gaps.push_back({std::nullopt, gap});
  QueueGaps(tx, job_, gaps);
  if (unit_.windows.empty()) return;
  Array types(Element::kText);
  Array scopes(Element::kText);
  Array begins(Element::kInteger);
  Array ends(Element::kInteger);
  for (const Window& window : unit_.windows) {
    types.AddText(window.entity_type);
    scopes.AddText(window.scope);
    begins.AddInteger(window.from);
    ends.AddInteger(window.to);
  }
  tx.Queue(sql::windows::propose, unit_.tenant, unit_.job, types, scopes, begins, ends);
}

std::size_t UnitCommit::SplitKept() {
  if (!unit_.goes_on) return 0;
  const auto first = std::ranges::find(steps_, true, &NewStep::of_page);
  const bool with_pages =
      unit_.goes_on->with_pages && unit_.goes_on->Runs(model::Stage::kTransform);
  if (with_pages && first != steps_.end()) {
    const std::string_view entity_type = first->entity_type;
    const auto kept = std::ranges::stable_partition(steps_, [&](const NewStep& step) {
      return !step.of_page || step.entity_type != entity_type;
    });
    return kept.size();
  }
  const bool sequence = job_.open_steps == static_cast<std::int64_t>(unit_.done.size()) &&
                        steps_.size() == 1 && unit_.staged.empty();
  return sequence && unit_.goes_on->Runs(steps_.front().stage) ? 1 : 0;
}

void UnitCommit::QueueSteps(Transaction& tx) {
  if (steps_.empty()) return;
  const std::size_t kept = SplitKept();
  const auto all = std::span<const NewStep>(steps_);
  QueueReady(tx, all.first(all.size() - kept));
  QueueKept(tx, all.last(kept));
  out_.new_steps += steps_.size();
}

void UnitCommit::QueueReady(Transaction& tx, std::span<const NewStep> steps) {
  if (steps.empty()) return;
  Array stages(Element::kText);
  Array types(Element::kText);
  Array params(Element::kText);
  for (const NewStep& step : steps) {
    stages.AddText(Name(step.stage));
    types.AddText(step.entity_type);
    params.AddText(step.params);
  }
  tx.Queue(
      sql::steps::insert,
      unit_.tenant,
      unit_.integration,
      unit_.job,
      static_cast<int>(job_.priority),
      stages,
      types,
      params,
      Instant{now_}
  );
}

void UnitCommit::QueueKept(Transaction& tx, std::span<const NewStep> steps) {
  if (steps.empty()) return;
  Array params(Element::kText);
  for (const NewStep& step : steps) {
    params.AddText(step.params);
    out_.next.push_back({
        .id = {},
        .tenant = unit_.tenant,
        .integration = unit_.integration,
        .job = unit_.job,
        .stage = step.stage,
        .entity_type = std::string(step.entity_type),
        .params = step.params,
        .epoch = 1,
        .attempts = 0,
        .priority = job_.priority,
        .options = job_.options,
    });
  }
  kept_ = tx.Queue(
      sql::steps::insert_claimed,
      unit_.tenant,
      unit_.integration,
      unit_.job,
      static_cast<int>(job_.priority),
      Name(steps.front().stage),
      steps.front().entity_type,
      params,
      unit_.goes_on->worker,
      Instant{now_}
  );
}

/// The ids they were given.
void UnitCommit::TakeKept(Transaction& tx) {
  if (!kept_) return;
  for (std::size_t i = 0; i < out_.next.size(); ++i) {
    out_.next[i].id = tx[*kept_][static_cast<int>(i)].As<StepId>(0);
  }
}

Result<> UnitCommit::Finish(Transaction& tx) {
  const std::size_t rows = unit_.rows == nullptr ? 0 : unit_.rows->row_count();
  const auto written = static_cast<std::int64_t>(rows + out_.new_steps + unit_.raw_pages.size());
  engine_.rows_written.fetch_add(written, std::memory_order_relaxed);
  // Children are counted in before their parent is counted out, in one addition.
  const auto added = static_cast<std::int64_t>(out_.new_steps);
  const std::int64_t delta = added - static_cast<std::int64_t>(unit_.done.size());
  // The next commit of these hands comes soon, and brings this one to the disk with it.
  if (kept_) tx.BeLazy();
  if (added == 0) {
    PULSE_TRY(out_.ended, CountAndCommit(tx, job_, delta, now_));
    return {};
  }
  // One step for another, and that one is in our hands: a cancellation finds it at its end.
  if (kept_ && delta == 0 && unit_.done.size() == 1) {
    PULSE_FAILPOINT("k7_before_commit");
    PULSE_CHECK(tx.Commit());
    TakeKept(tx);
    return {};
  }
  // Nobody can have closed steps that nobody has seen yet: this is not the end of the job.
  const auto counted = tx.Queue(sql::jobs::add_open_steps, unit_.tenant, unit_.job, delta);
  PULSE_FAILPOINT("k7_before_commit");
  PULSE_CHECK(tx.Commit());
  TakeKept(tx);
  cancelled_meanwhile_ = tx[counted][0].Bool(1) && !job_.cancel_requested;
  return {};
}

}  // namespace pulse::store::postgres
