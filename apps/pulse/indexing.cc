#include "indexing.h"

#include "pulse/pipeline/vector_index.h"

namespace pulse::app {
Result<> EraseVectorsOf(Engine& engine, const model::Integration& integration) {
  if (engine.vectors() == nullptr) return {};
  // Texts are read along with the ids: a few hundred at a time are a megabyte.
  constexpr int kBatch = 500;
  for (const std::string_view table : pipeline::kIndexedTables) {
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
