#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

#include "pulse/base/hash.h"

namespace pulse::app {
namespace {

constexpr std::string_view kIndexedTables[] = {"work_items", "prs"};

Result<vectors::Vectors*> VectorsOf(Engine& engine) {
  if (vectors::Vectors* vectors = engine.vectors()) return vectors;
  return Error{ErrorKind::kInvalid, "vectors are switched off; fix: set vectors to on"};
}

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

Result<std::int64_t> IndexTable(
    Context& context, Engine& engine, TenantId tenant, std::string_view table, std::stop_token stop
) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
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
        engine.store().tables().RowsAfter(tenant, table, after, settings->vectorize_batch)
    );
    if (rows.empty()) return written;
    PULSE_TRY(const std::int64_t points, IndexBatch(engine, tenant, table, rows, stop));
    written += points;
    after = rows.back();
  }
}

}  // namespace

Result<ExitCode> RunVectorStatus(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(vectors::Vectors * vectors, VectorsOf(*engine));
  PULSE_TRY(const std::int64_t points, vectors->Count(tenant.id));
  const embed::Embedder& embedder = engine->embedder();
  if (context.json()) {
    context.PrintJson(Dump(
        {{"model", embedder.model()}, {"dimensions", embedder.dimensions()}, {"points", points}}
    ));
  } else {
    context.Print(
        "model       " + std::string(embedder.model()) + "\ndimensions  " +
        std::to_string(embedder.dimensions()) + "\npoints      " + WithThousands(points) + "\n"
    );
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunVectorRebuild(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(vectors::Vectors * vectors, VectorsOf(*engine));
  PULSE_CHECK(vectors->EraseTenant(tenant.id));
  std::int64_t written = 0;
  for (const std::string_view table : kIndexedTables) {
    PULSE_TRY(const std::int64_t points, IndexTable(context, *engine, tenant.id, table, stop));
    context.Note(std::string(table) + ": " + WithThousands(points) + " vectors");
    written += points;
  }
  if (context.json()) {
    context.PrintJson(Dump({{"points", written}}));
  } else {
    context.Print(WithThousands(written) + " vectors rebuilt\n");
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
