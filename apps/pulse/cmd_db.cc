#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

void PrintState(Context& context, const DatabaseState& state) {
  if (context.json()) {
    context.PrintJson(Dump(
        {{"place", state.place},
         {"schema", state.schema},
         {"latest_schema", state.latest_schema},
         {"bytes", state.bytes},
         {"problems", state.problems}}
    ));
    return;
  }
  context.Print(
      "database  " + state.place + "\nschema    " + std::to_string(state.schema) + " of " +
      std::to_string(state.latest_schema) + "\nsize      " + WithThousands(state.bytes) + " bytes\n"
  );
  for (const std::string& problem : state.problems) context.Print("problem   " + problem + "\n");
}

}  // namespace

Result<ExitCode> RunDbMigrate(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_TRY(const DatabaseState state, MigrateDatabase(*settings));
  PrintState(context, state);
  return ExitCode::kOk;
}

Result<ExitCode> RunDbStatus(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_TRY(const DatabaseState state, InspectDatabase(*settings, Look::kQuick));
  PrintState(context, state);
  if (state.schema < state.latest_schema) context.Note("next: pulse db migrate");
  return ExitCode::kOk;
}

Result<ExitCode> RunDbCheck(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_TRY(const DatabaseState state, InspectDatabase(*settings, Look::kDeep));
  PrintState(context, state);
  return state.problems.empty() ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace pulse::app
