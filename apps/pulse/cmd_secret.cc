#include "handlers.h"
#include "json_output.h"
#include <nlohmann/json.hpp>

#include "pulse/secrets/vault.h"

namespace pulse::app {

Result<ExitCode> RunSecretRotate(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const std::string key, engine->vault().Rotate());
  PULSE_TRY(const int sealed, engine->vault().ReSealAll(engine->store().catalog()));
  if (context.json()) {
    context.PrintJson(Dump({{"key_id", key}, {"resealed", sealed}}));
  } else {
    context.Print(
        "key " + key + " is the newest; " + std::to_string(sealed) +
        " credentials are sealed with it now\n"
    );
    context.Note("older keys stay in the key file: backups need them");
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
