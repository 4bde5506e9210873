#include "handlers.h"
#include "replay_run.h"

namespace pulse::app {

Result<ExitCode> RunReplay(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  std::vector<model::Integration> integrations;
  if (context.call().Has("integration")) {
    PULSE_TRY(
        model::Integration one, context.Integration(tenant, context.call().Value("integration"))
    );
    integrations.push_back(std::move(one));
  } else {
    PULSE_TRY(integrations, engine->store().catalog().ListIntegrations(tenant.id));
  }
  const std::vector<std::string> entities = context.call().List("entity");
  std::vector<ReplayOf> replays;
  for (const std::string& entity : entities) {
    PULSE_TRY(const std::string type, ResolveEntityType(engine->connectors(), "", entity));
    const source::Connector* connector = source::ConnectorFor(engine->connectors(), type);
    for (const model::Integration& integration : integrations) {
      if (connector != nullptr && connector->provider() != integration.provider) continue;
      replays.push_back({integration.id, {.pages = {}, .entity_type = type}});
    }
  }
  if (entities.empty()) {
    for (const model::Integration& integration : integrations)
      replays.push_back({integration.id, {}});
  }
  return RunReplays(context, *engine, tenant, replays, stop);
}

}  // namespace pulse::app
