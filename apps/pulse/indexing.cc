#include "indexing.h"

#include <algorithm>

#include "pulse/base/hash.h"

namespace pulse::app {
namespace {

/// Embeds and stores one batch of rows. Returns how many points were written.
Result<std::int64_t> IndexBatch(
    Engine& engine,
    TenantId tenant,
    std::string_view table,
    const std::vector<RowId>& rows,
    std::stop_token stop
) {
  PULSE_TRY(
      const std::vector<store::EmbeddingText> texts,
      engine.store().tables().EmbeddingTexts(tenant, table, rows)
  );
  if (texts.empty()) return 0;
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (const store::EmbeddingText& text : texts) views.push_back(text.text);
  PULSE_TRY(auto values, engine.embedder().Embed(views, stop));
  std::vector<vectors::Point> points;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const store::EmbeddingText& text = texts[i];
    points.push_back(
        {.id = vectors::PointId(tenant, text.integration, text.entity_type, text.external_id),
         .values = std::move(values[i]),
         .text_hash = ContentHash(text.text),
         .integration = text.integration,
         .entity_type = text.entity_type,
         .external_id = text.external_id,
         .reference = text.reference,
         .title = text.title}
    );
  }
  PULSE_CHECK(engine.vectors()->Upsert(tenant, points));
  return std::ssize(points);
}

}  // namespace

Result<std::int64_t> IndexTable(
    Engine& engine, TenantId tenant, std::string_view table, int batch, std::stop_token stop
) {
  std::int64_t written = 0;
  RowId after;
  while (true) {
    if (stop.stop_requested()) {
      return Error{
          ErrorKind::kCancelled,
          "interrupted after " + std::to_string(written) + " rows of " + std::string(table) +
              "; fix: run the same command again"
      };
    }
    PULSE_TRY(
        const std::vector<RowId> rows,
        engine.store().tables().RowsAfter(tenant, table, after, batch)
    );
    if (rows.empty()) return written;
    PULSE_TRY(const std::int64_t points, IndexBatch(engine, tenant, table, rows, stop));
    written += points;
    after = rows.back();
  }
}

Result<> EraseVectorsOf(Engine& engine, const model::Integration& integration) {
  if (engine.vectors() == nullptr) return {};
  // Texts are read along with the ids: a few hundred at a time are a megabyte.
  constexpr int kBatch = 500;
  for (const std::string_view table : kIndexedTables) {
    RowId after;
    while (true) {
      store::Tables& tables = engine.store().tables();
      PULSE_TRY(
          const std::vector<RowId> rows, tables.RowsAfter(integration.tenant, table, after, kBatch)
      );
      if (rows.empty()) break;
      after = rows.back();
      PULSE_TRY(const auto texts, tables.EmbeddingTexts(integration.tenant, table, rows));
      std::vector<std::string> points;
      for (const store::EmbeddingText& text : texts) {
        if (text.integration != integration.id) continue;
        points.push_back(vectors::PointId(
            integration.tenant, text.integration, text.entity_type, text.external_id
        ));
      }
      PULSE_CHECK(engine.vectors()->Erase(integration.tenant, points));
    }
  }
  return {};
}

}  // namespace pulse::app
