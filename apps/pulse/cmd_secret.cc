#include <algorithm>

#include "advice.h"
#include "handlers.h"
#include "json_output.h"
#include <nlohmann/json.hpp>

#include "pulse/secrets/vault.h"

namespace pulse::app {
namespace {

/// A credential that stays sealed as it was, in the words people use.
struct Unsealed {
  std::string tenant;
  std::string integration;
  std::string reason;
  std::string fix;
};

Result<std::vector<Unsealed>> Explain(
    store::Catalog& catalog, const std::vector<secrets::ReSealed::Failure>& failed
) {
  std::vector<Unsealed> all;
  if (failed.empty()) return all;
  PULSE_TRY(const std::vector<model::Tenant> tenants, catalog.ListTenants());
  for (const secrets::ReSealed::Failure& failure : failed) {
    const auto tenant = std::ranges::find(tenants, failure.owner.tenant, &model::Tenant::id);
    auto integration = catalog.GetIntegration(failure.owner.tenant, failure.owner.integration);
    if (!integration && integration.error().kind() != ErrorKind::kNotFound) {
      return std::move(integration).error();
    }
    if (tenant == tenants.end() || !integration) continue;  // removed since
    all.push_back(
        {.tenant = tenant->name,
         .integration = integration->name,
         .reason = TellFailure("", failure.why.message()).found,
         .fix = "pulse integration edit " + integration->name + " --tenant " + tenant->name +
                " --token-env VAR"}
    );
  }
  return all;
}

}  // namespace

Result<ExitCode> RunSecretRotate(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const std::string key, engine->vault().Rotate());
  store::Catalog& catalog = engine->store().catalog();
  PULSE_TRY(const secrets::ReSealed done, engine->vault().ReSealAll(catalog));
  PULSE_TRY(const std::vector<Unsealed> failed, Explain(catalog, done.failed));
  Json list = Json::array();
  for (const Unsealed& one : failed) {
    context.Warn(one.tenant + "/" + one.integration + ": " + one.reason + "; fix: " + one.fix);
    list.push_back(
        {{"tenant", one.tenant},
         {"integration", one.integration},
         {"reason", one.reason},
         {"fix", one.fix}}
    );
  }
  if (context.json()) {
    context.PrintJson(Dump({{"key_id", key}, {"resealed", done.sealed}, {"failed", std::move(list)}}
    ));
  } else {
    context.Print(
        "key " + key + " is the newest; " + std::to_string(done.sealed) +
        " credentials are sealed with it now\n"
    );
    context.Note("older keys stay in the key file: backups need them");
  }
  return failed.empty() ? ExitCode::kOk : ExitCode::kPartial;
}

}  // namespace pulse::app
