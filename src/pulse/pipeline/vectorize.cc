#include <algorithm>
#include <span>

#include "pulse/base/failpoint.h"
#include "pulse/base/hash.h"
#include "pulse/pipeline/params.h"
#include "pulse/pipeline/stage.h"

namespace pulse::pipeline {
namespace {

/// Rows whose text changed get a new vector, those marked deleted lose theirs. Upserts are
/// idempotent by point id, so a crash between the upsert and the commit repeats work and changes
/// nothing.
class VectorizeStage final : public Stage {
 public:
  explicit VectorizeStage(Environment& environment) : env_(environment) {}

  int max_batch() const override { return 1; }

  Result<std::unique_ptr<Work>> Run(const Claimed& claimed, const std::stop_token& stop) override {
    auto work = std::make_unique<Work>();
    work->unit = UnitFor(claimed.steps);
    if (env_.vectors == nullptr) return work;  // Switched off since the step was made.
    PULSE_TRY(const RowsParams params, RowsOf(claimed.steps.front().params));
    PULSE_TRY(
        auto texts, env_.store.tables().EmbeddingTexts(work->unit.tenant, params.table, params.rows)
    );
    PULSE_CHECK(EraseDeleted(work->unit.tenant, texts));
    const auto batch = static_cast<std::size_t>(env_.vectorize_batch);
    for (std::size_t i = 0; i < texts.size(); i += batch) {
      const auto part = std::span(texts).subspan(i, std::min(batch, texts.size() - i));
      PULSE_CHECK(Index(part, stop, work->unit));
    }
    return work;
  }

 private:
  struct Pending {
    std::size_t text = 0;  ///< Index into the texts.
    vectors::Point point;
  };

  /// One batch: what changed of it is embedded and put into the index.
  Result<> Index(
      std::span<const store::EmbeddingText> texts, const std::stop_token& stop, store::Unit& unit
  ) {
    PULSE_TRY(auto points, Changed(unit.tenant, texts));
    PULSE_CHECK(Embed(texts, points, stop));
    PULSE_FAILPOINT("v0_before_upsert");
    PULSE_TRY(const std::int64_t written, Upsert(unit.tenant, points));
    PULSE_FAILPOINT("v1_after_upsert");
    if (written > 0) unit.vectors[points.front().point.entity_type] += written;
    return {};
  }

  /// Points of rows marked deleted go, and their texts with them. Erasing twice changes nothing.
  Result<> EraseDeleted(TenantId tenant, std::vector<store::EmbeddingText>& texts) {
    std::vector<std::string> ids;
    for (const auto& text : texts) {
      if (!text.deleted) continue;
      ids.push_back(vectors::PointId(tenant, text.integration, text.entity_type, text.external_id));
    }
    if (ids.empty()) return {};
    std::erase_if(texts, [](const store::EmbeddingText& text) { return text.deleted; });
    return env_.vectors->Erase(tenant, ids);
  }

  Result<std::vector<Pending>> Changed(
      TenantId tenant, std::span<const store::EmbeddingText> texts
  ) {
    std::vector<std::string> ids;
    ids.reserve(texts.size());
    for (const auto& text : texts) {
      ids.push_back(vectors::PointId(tenant, text.integration, text.entity_type, text.external_id));
    }
    PULSE_TRY(const auto stored, env_.vectors->TextHashes(tenant, ids));
    std::vector<Pending> changed;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::int64_t hash = ContentHash(texts[i].text);
      if (stored[i] == hash) continue;
      changed.push_back({
          .text = i,
          .point =
              {
                  .id = ids[i],
                  .values = {},
                  .text_hash = hash,
                  .integration = texts[i].integration,
                  .entity_type = texts[i].entity_type,
                  .external_id = texts[i].external_id,
                  .reference = texts[i].reference,
                  .title = texts[i].title,
              },
      });
    }
    return changed;
  }

  Result<> Embed(
      std::span<const store::EmbeddingText> texts,
      std::vector<Pending>& pending,
      const std::stop_token& stop
  ) {
    if (pending.empty()) return {};
    std::vector<std::string_view> views;
    views.reserve(pending.size());
    for (const Pending& one : pending) views.push_back(texts[one.text].text);
    PULSE_TRY(auto values, env_.embedder.Embed(views, stop));
    for (std::size_t i = 0; i < pending.size(); ++i) pending[i].point.values = std::move(values[i]);
    return {};
  }

  Result<std::int64_t> Upsert(TenantId tenant, std::vector<Pending>& pending) {
    if (pending.empty()) return 0;
    std::vector<vectors::Point> points;
    points.reserve(pending.size());
    for (const Pending& one : pending) points.push_back(one.point);
    PULSE_CHECK(env_.vectors->Upsert(tenant, points));
    return static_cast<std::int64_t>(points.size());
  }

  Environment& env_;
};

}  // namespace

std::unique_ptr<Stage> NewVectorizeStage(Environment& environment) {
  return std::make_unique<VectorizeStage>(environment);
}

}  // namespace pulse::pipeline
