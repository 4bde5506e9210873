#include "backends.h"
#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

#include "pulse/pipeline/vector_index.h"

namespace pulse::app {
namespace {

using pipeline::VectorIndex;

Result<vectors::Vectors*> VectorsOf(Engine& engine) {
  if (vectors::Vectors* vectors = engine.vectors()) return vectors;
  return Error{ErrorKind::kInvalid, "vectors are switched off; fix: set vectors to on"};
}

/// The index of this engine, telling people how far it is.
Result<VectorIndex> IndexOf(Context& context, Engine& engine, const std::stop_token& stop) {
  PULSE_TRY(vectors::Vectors * vectors, VectorsOf(engine));
  PULSE_TRY(const config::Settings* settings, context.Settings());
  constexpr std::int64_t kRowsBetweenNotes = 100'000;
  pipeline::VectorIndexOptions options{.batch = settings->vectorize_batch, .stop = stop};
  options.progress = [&context,
                      told = std::int64_t{0}](std::string_view table, std::int64_t rows) mutable {
    if (rows < told) told = 0;  // Another table.
    if (rows - told < kRowsBetweenNotes) return;
    told = rows;
    context.Note(std::string(table) + ": " + WithThousands(rows) + " rows");
  };
  return VectorIndex(engine.store().tables(), *vectors, engine.embedder(), std::move(options));
}

Json ToJson(const pipeline::Drift& drift, bool fixed) {
  return {
      {"rows", drift.rows},
      {"points", drift.points},
      {"missing", drift.missing},
      {"stale", drift.stale},
      {"orphaned", drift.orphaned},
      {"fixed", fixed},
  };
}

}  // namespace

Result<ExitCode> RunVectorStatus(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(vectors::Vectors * vectors, VectorsOf(*engine));
  PULSE_TRY(const std::int64_t points, vectors->Count(tenant.id));
  PULSE_TRY(const std::string place, vectors->Probe());
  const embed::Embedder& embedder = engine->embedder();
  if (context.json()) {
    context.PrintJson(Dump({
        {"model", embedder.model()},
        {"dimensions", embedder.dimensions()},
        {"points", points},
        {"place", place},
    }));
  } else {
    context.Print(
        "model       " + std::string(embedder.model()) + "\ndimensions  " +
        std::to_string(embedder.dimensions()) + "\npoints      " + WithThousands(points) +
        "\nplace       " + place + "\n"
    );
  }
  return ExitCode::kOk;
}

namespace {

/// The file belongs to all tenants, and no other one has its points back until it is embedded anew.
Result<> Reset(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  if (context.call().Has("yes")) return ForgetLocalVectors(*settings);
  const bool local = settings->qdrant_url.empty();
  return Error{
      ErrorKind::kInvalid,
      std::string(
          local ? "would delete the vectors of all tenants in " + settings->home
                : "would delete nothing: qdrant_url is set, and --reset is about local ones"
      ) +
          "; fix: " + (local ? "add --yes" : "leave --reset out")
  };
}

}  // namespace

Result<ExitCode> RunVectorRebuild(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  if (context.call().Has("reset")) PULSE_CHECK(Reset(context));
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(VectorIndex index, IndexOf(context, *engine, stop));
  // Points are replaced in place, so that searches go on; then what has no row any more goes.
  PULSE_TRY(const std::int64_t written, index.Rebuild(tenant.id));
  PULSE_TRY(const auto drift, index.Compare(tenant.id, VectorIndex::Repair::kYes));
  if (context.json()) {
    context.PrintJson(Dump({{"points", written}, {"erased", drift.orphaned}}));
  } else {
    context.Print(
        WithThousands(written) + " vectors rebuilt, " + WithThousands(drift.orphaned) +
        " without a row erased\n"
    );
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunVectorDrift(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  const bool fix = context.call().Has("fix");
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(VectorIndex index, IndexOf(context, *engine, stop));
  const auto repair = fix ? VectorIndex::Repair::kYes : VectorIndex::Repair::kNo;
  PULSE_TRY(const pipeline::Drift drift, index.Compare(tenant.id, repair));
  if (context.json()) {
    context.PrintJson(Dump(ToJson(drift, fix && !drift.none())));
  } else {
    const auto line = [&](std::string_view name, std::int64_t count, std::string_view meaning) {
      context.Print(std::string(name) + WithThousands(count) + std::string(meaning) + "\n");
    };
    line("rows      ", drift.rows, "");
    line("points    ", drift.points, "");
    line("missing   ", drift.missing, drift.missing > 0 ? "  rows without a vector" : "");
    line("stale     ", drift.stale, drift.stale > 0 ? "  vectors of an older text" : "");
    line("orphaned  ", drift.orphaned, drift.orphaned > 0 ? "  vectors without a row" : "");
  }
  if (drift.none()) return ExitCode::kOk;
  if (fix) {
    context.Note("repaired");
    return ExitCode::kOk;
  }
  context.Note("fix: pulse vector drift --fix");
  return ExitCode::kPartial;
}

}  // namespace pulse::app
