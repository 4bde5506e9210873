#include <charconv>

#include "backends.h"
#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

Json ToJson(const store::SchemaState& schema, const std::string& place) {
  Json migrations = Json::array();
  for (const store::MigrationState& migration : schema.migrations) {
    migrations.push_back(
        {{"number", migration.number},
         {"name", migration.name},
         {"applied_at",
          migration.applied_at == 0 ? Json() : Json(FormatInstant(migration.applied_at))},
         {"statements_done", migration.statements_done},
         {"changed", migration.changed}}
    );
  }
  return {
      {"place", place},
      {"schema", schema.version},
      {"latest_schema", schema.latest},
      {"oldest_supported", schema.oldest_supported},
      {"migrations", std::move(migrations)},
  };
}

std::string StateOf(const store::MigrationState& migration) {
  if (migration.applied_at != 0) {
    return migration.changed ? "applied, but its script was changed since" : "applied";
  }
  if (migration.statements_done == 0) return "to do";
  return fmt::format("interrupted after {} statements", migration.statements_done);
}

void PrintSchema(Context& context, const store::SchemaState& schema, const std::string& place) {
  if (context.json()) {
    context.PrintJson(Dump(ToJson(schema, place)));
    return;
  }
  std::string text =
      fmt::format("database  {}\nschema    {} of {}\n", place, schema.version, schema.latest);
  for (const store::MigrationState& migration : schema.migrations) {
    text +=
        fmt::format("{:04}      {:<28} {}\n", migration.number, migration.name, StateOf(migration));
  }
  context.Print(text);
  if (schema.version < schema.latest) context.Note("next: pulse db migrate");
  if (schema.version > schema.latest)
    context.Note("made by a newer pulse; this one may work on it");
}

void PrintPlan(Context& context, const std::vector<std::string>& statements) {
  if (context.json()) {
    context.PrintJson(Dump(Json(statements)));
    return;
  }
  for (const std::string& statement : statements) context.Print(statement + ";\n\n");
  context.Note(fmt::format("{} statements; nothing was changed", statements.size()));
}

/// Where `down` goes: one version back, or --to.
Result<int> TargetOf(Context& context, const store::SchemaState& schema) {
  const std::string to = context.call().Value("to");
  if (to.empty()) return std::max(schema.version - 1, 0);
  int version = -1;
  const auto read = std::from_chars(to.data(), to.data() + to.size(), version);
  if (read.ec == std::errc() && read.ptr == to.data() + to.size() && version >= 0 &&
      version <= schema.version) {
    return version;
  }
  return Error{
      ErrorKind::kInvalid,
      fmt::format("--to is {}; it must be a version from 0 to {}", to, schema.version)
  };
}

Result<store::SchemaState> GoDown(Context& context, store::Migrator& migrator) {
  PULSE_TRY(const store::SchemaState schema, migrator.Status());
  PULSE_TRY(const int target, TargetOf(context, schema));
  if (!context.call().Has("yes")) {
    return Error{
        ErrorKind::kInvalid,
        fmt::format(
            "going from schema {} down to {} loses what the later versions store; add --yes",
            schema.version,
            target
        )
    };
  }
  return migrator.Down(target);
}

}  // namespace

Result<ExitCode> RunDbMigrate(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_TRY(const auto migrator, NewMigrator(*settings));
  const std::string what = context.call().Argument(0);
  if (what == "plan") {
    PULSE_TRY(const auto statements, migrator->Plan());
    PrintPlan(context, statements);
    return ExitCode::kOk;
  }
  const auto schema = what == "status" ? migrator->Status()
                      : what == "down" ? GoDown(context, *migrator)
                                       : migrator->Up();
  if (!schema) return schema.error();
  PrintSchema(context, *schema, DatabasePlace(*settings));
  return ExitCode::kOk;
}

Result<ExitCode> RunDbStatus(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_TRY(const auto migrator, NewMigrator(*settings));
  PULSE_TRY(const store::SchemaState schema, migrator->Status());
  PrintSchema(context, schema, DatabasePlace(*settings));
  return ExitCode::kOk;
}

Result<ExitCode> RunDbCheck(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_TRY(const auto problems, CheckDatabase(*settings));
  if (context.json()) {
    context.PrintJson(Dump({{"place", DatabasePlace(*settings)}, {"problems", problems}}));
  } else {
    for (const std::string& problem : problems) context.Print("problem   " + problem + "\n");
    if (problems.empty()) context.Print("no damage found in " + DatabasePlace(*settings) + "\n");
  }
  return problems.empty() ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace pulse::app
