#include <algorithm>
#include <cstdlib>
#include <map>

#include "coverage_view.h"
#include "handlers.h"
#include "integration_edit.h"
#include "json_output.h"
#include "suggest.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

#include "pulse/base/time.h"

namespace pulse::app {
namespace {

std::string StateText(const model::Integration& integration) {
  if (integration.state == model::IntegrationState::kActive) return "active";
  return "needs attention: " + integration.state_reason;
}

std::string ScopeText(const model::Integration& integration) {
  std::string text;
  for (const auto& [key, value] : integration.scope) {
    text += (text.empty() ? "" : " ") + key + "=" + value;
  }
  return text;
}

/// Until when all scopes of an entity type are loaded, holes aside.
Json LoadedTo(const Coverage& coverage) {
  std::map<std::string, EpochMs> loaded;
  for (std::size_t i = 0; i < coverage.windows.size(); ++i) {
    const store::Window& window = coverage.windows[i];
    const bool last = i + 1 == coverage.windows.size() ||
                      coverage.windows[i + 1].entity_type != window.entity_type ||
                      coverage.windows[i + 1].scope != window.scope;
    if (!last) continue;
    const auto at = loaded.try_emplace(window.entity_type, window.to).first;
    at->second = std::min(at->second, window.to);
  }
  Json json = Json::object();
  for (const auto& [entity_type, to] : loaded) json[entity_type] = InstantJson(to);
  return json;
}

void PrintAccount(Context& context, const source::Account& account) {
  std::string reach;
  for (const std::string& place : account.reach) reach += (reach.empty() ? "" : ", ") + place;
  context.Note(
      "account  " + account.name + "\nserver   " + account.server + "\nreaches  " +
      (reach.empty() ? "nothing yet" : reach)
  );
  for (const std::string& warning : account.warnings) context.Warn("warning: " + warning);
}

void PrintResult(
    Context& context,
    const model::Integration& integration,
    const std::optional<source::Account>& account,
    std::string_view done
) {
  if (context.json()) {
    Json json = ToJson(integration);
    if (account) json["check"] = ToJson(*account);
    context.PrintJson(Dump(json));
    return;
  }
  if (account) PrintAccount(context, *account);
  context.Print("integration " + integration.name + " " + std::string(done) + "\n");
}

}  // namespace

Result<ExitCode> RunIntegrationList(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const std::vector<model::Integration> all,
      engine->store().catalog().ListIntegrations(tenant.id)
  );
  if (context.json()) {
    Json list = Json::array();
    for (const model::Integration& integration : all) list.push_back(ToJson(integration));
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(all.size());
  for (const model::Integration& integration : all) {
    rows.push_back(
        {std::to_string(integration.id.value()),
         integration.name,
         integration.provider,
         integration.base_url,
         ScopeText(integration),
         StateText(integration)}
    );
  }
  context.Print(RenderTable(
      {{"ID", Align::kRight}, {"NAME"}, {"PROVIDER"}, {"URL"}, {"SCOPE"}, {"STATE"}},
      rows,
      context.width()
  ));
  return ExitCode::kOk;
}

Result<ExitCode> RunIntegrationAdd(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  model::Integration wanted;
  wanted.tenant = tenant.id;
  wanted.provider = context.call().Argument(0);
  wanted.name = context.call().Value("name");
  PULSE_TRY(IntegrationEdit edit, ReadIntegrationEdit(context));
  PULSE_TRY(const IntegrationSaved saved, AddIntegration(context, *engine, wanted, edit));
  PrintResult(context, saved.integration, saved.account, "added");
  if (!context.json()) {
    context.Note("next: pulse sync " + saved.integration.name + " --tenant " + tenant.name);
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunIntegrationEdit(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const model::Integration existing, context.Integration(tenant, context.call().Argument(0))
  );
  PULSE_TRY(IntegrationEdit edit, ReadIntegrationEdit(context));
  PULSE_TRY(const IntegrationSaved saved, EditIntegration(context, *engine, existing, edit));
  PrintResult(context, saved.integration, saved.account, "changed");
  return ExitCode::kOk;
}

Result<ExitCode> RunIntegrationShow(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const model::Integration integration, context.Integration(tenant, context.call().Argument(0))
  );
  PULSE_TRY(const Coverage coverage, ReadCoverage(*engine, integration));
  const Json watermarks = LoadedTo(coverage);
  if (context.json()) {
    Json json = ToJson(integration);
    json["loaded_to"] = watermarks;
    json["windows"] = Json::array();
    for (const store::Window& window : coverage.windows) json["windows"].push_back(ToJson(window));
    json["holes"] = Json::array();
    for (const store::Window& hole : coverage.holes) json["holes"].push_back(ToJson(hole));
    json["gaps"] = GapsJson(coverage.open);
    context.PrintJson(Dump(json));
    return ExitCode::kOk;
  }
  std::string text = "integration  " + integration.name + "\nid           " +
                     std::to_string(integration.id.value()) + "\nprovider     " +
                     integration.provider + "\nurl          " + integration.base_url +
                     "\naccount      " + integration.account + "\nscope        " +
                     ScopeText(integration) + "\nstate        " + StateText(integration) + "\n";
  for (const auto& [type, instant] : watermarks.items()) {
    text += "loaded to    " + instant.get<std::string>() + "  " + type + "\n";
  }
  text += LacksText(coverage);
  if (!coverage.complete()) {
    context.Note("fix: pulse sync " + integration.name + " --tenant " + tenant.name + " --repair");
  }
  context.Print(text);
  return ExitCode::kOk;
}

Result<ExitCode> RunIntegrationTest(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const model::Integration integration, context.Integration(tenant, context.call().Argument(0))
  );
  PULSE_TRY(const source::Account account, CheckIntegration(*engine, integration, stop));
  if (context.json()) {
    context.PrintJson(Dump(ToJson(account)));
  } else {
    PrintAccount(context, account);
    context.Print("integration " + integration.name + " works\n");
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunIntegrationRemove(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const model::Integration integration, context.Integration(tenant, context.call().Argument(0))
  );
  if (!context.call().Has("yes")) {
    return Error{
        ErrorKind::kInvalid,
        "would remove integration " + integration.name +
            " with its credential, raw pages, jobs and rows; fix: add --yes"
    };
  }
  // Before, so that vectors out of reach stop the command while it can be given again; after, for
  // what a step under way wrote until its rows were gone.
  const auto erase_vectors = [&]() -> Result<> {
    vectors::Vectors* vectors = engine->vectors();
    return vectors ? vectors->EraseIntegration(tenant.id, integration.id) : Result<>{};
  };
  PULSE_CHECK(erase_vectors());
  PULSE_CHECK(engine->store().catalog().RemoveIntegration(tenant.id, integration.id));
  PULSE_CHECK(erase_vectors());
  if (context.json()) {
    context.PrintJson(
        Dump({{"id", integration.id.value()}, {"name", integration.name}, {"removed", true}})
    );
  } else {
    context.Print("integration " + integration.name + " removed\n");
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunIntegrationTypes(Context& context) {
  const source::Connectors connectors = NewConnectors();
  Json list = Json::array();
  std::string text;
  for (const auto& [provider, connector] : connectors) {
    Json entry = {
        {"provider", provider}, {"scope", Json::object()}, {"entity_types", Json::array()}
    };
    text += provider + "\n";
    for (const source::ScopeKey& key : connector->scope_keys()) {
      entry["scope"][std::string(key.name)] = key.doc;
      text += "  --scope " + std::string(key.name) + "=…  " + std::string(key.doc) + "\n";
    }
    for (const std::string_view type : connector->entity_types()) {
      entry["entity_types"].push_back(type);
      text += "  " + std::string(type) + "\n";
    }
    list.push_back(std::move(entry));
  }
  if (context.json()) {
    context.PrintJson(Dump(list));
  } else {
    context.Print(text);
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
