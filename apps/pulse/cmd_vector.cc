#include "handlers.h"
#include "indexing.h"
#include "json_output.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

Result<vectors::Vectors*> VectorsOf(Engine& engine) {
  if (vectors::Vectors* vectors = engine.vectors()) return vectors;
  return Error{ErrorKind::kInvalid, "vectors are switched off; fix: set vectors to on"};
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
  PULSE_TRY(const config::Settings* settings, context.Settings());
  std::int64_t written = 0;
  for (const std::string_view table : kIndexedTables) {
    PULSE_TRY(
        const std::int64_t points,
        IndexTable(*engine, tenant.id, table, settings->vectorize_batch, stop)
    );
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
