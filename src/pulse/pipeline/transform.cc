#include "pulse/pipeline/decode.h"
#include "pulse/pipeline/params.h"
#include "pulse/pipeline/stage.h"

namespace pulse::pipeline {
namespace {

/// Raw pages to rows. Fused, the rows go straight into the tables with this commit; otherwise they
/// are staged and the load step that comes with them settles the pages.
class TransformStage final : public Stage {
 public:
  explicit TransformStage(Environment& environment) : env_(environment) {}

  int max_batch() const override { return env_.transform_batch; }

  Result<std::unique_ptr<Work>> Run(
      const Claimed& claimed, const std::stop_token& /*stop*/
  ) override {
    const std::vector<model::Step>& steps = claimed.steps;
    auto work = std::make_unique<Work>();
    work->unit = UnitFor(steps);
    std::vector<RawId> ids;
    for (const model::Step& step : steps) {
      PULSE_TRY(const auto of_step, RawIdsOf(step.params));
      ids.insert(ids.end(), of_step.begin(), of_step.end());
    }
    PULSE_TRY(
        Decoded decoded, DecodePages(env_, work->unit.tenant, ids, claimed.pages, work->rows)
    );
    // What this very worker fetched a moment ago nobody can have set aside before.
    if (claimed.pages.empty()) work->unit.retried_raws = ids;
    work->unit.dead_letters = std::move(decoded.dead_letters);
    work->unit.gaps = std::move(decoded.gaps);
    if (env_.fused) {
      work->unit.rows = &work->rows;
      work->unit.settled = std::move(decoded.settled);
      work->unit.vectorize_batch = env_.rows_per_vectorize_step();
    } else {
      work->unit.staged.push_back({
          .entity_type = steps.front().entity_type,
          .rows = work->rows.Serialize(),
          .row_count = static_cast<std::int64_t>(work->rows.row_count()),
          .raws = std::move(decoded.settled),
      });
    }
    return work;
  }

 private:
  Environment& env_;
};

/// Staged rows into the tables.
class LoadStage final : public Stage {
 public:
  explicit LoadStage(Environment& environment) : env_(environment) {}

  int max_batch() const override { return 1; }

  Result<std::unique_ptr<Work>> Run(
      const Claimed& claimed, const std::stop_token& /*stop*/
  ) override {
    auto work = std::make_unique<Work>();
    work->unit = UnitFor(claimed.steps);
    const StepId step = claimed.steps.front().id;
    PULSE_TRY(auto staged, env_.store.ledger().ReadStaged(work->unit.tenant, step));
    if (staged.size() != 1) return Error{ErrorKind::kInternal, "a load step has no staging"};
    store::StagedRows& rows = staged.front();
    PULSE_TRY(work->rows, Unstage(work->unit.tenant, rows));
    work->unit.rows = &work->rows;
    work->unit.settled = std::move(rows.raws);
    work->unit.vectorize_batch = env_.rows_per_vectorize_step();
    return work;
  }

 private:
  /// Staging may be emptied at any time (a derived store): the pure transform makes it again.
  Result<model::RowBatch> Unstage(TenantId tenant, const store::StagedRows& staged) {
    PULSE_TRY(model::RowBatch rows, model::RowBatch::Deserialize(staged.rows));
    if (static_cast<std::int64_t>(rows.row_count()) == staged.row_count) return rows;
    model::RowBatch again;
    std::vector<RawId> ids;
    ids.reserve(staged.raws.size());
    for (const store::SettledRaw& raw : staged.raws) ids.push_back(raw.id);
    PULSE_CHECK(DecodePages(env_, tenant, ids, {}, again));
    return again;
  }

  Environment& env_;
};

}  // namespace

std::unique_ptr<Stage> NewTransformStage(Environment& environment) {
  return std::make_unique<TransformStage>(environment);
}

std::unique_ptr<Stage> NewLoadStage(Environment& environment) {
  return std::make_unique<LoadStage>(environment);
}

}  // namespace pulse::pipeline
