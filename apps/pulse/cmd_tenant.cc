#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include "values.h"
#include <nlohmann/json.hpp>

#include "pulse/base/time.h"

namespace pulse::app {
namespace {

/// The tenant named as an argument, which is the same as naming it with --tenant.
Result<model::Tenant> NamedTenant(Context& context, Engine& engine) {
  const std::string name = context.call().Argument(0);
  auto tenant = engine.store().catalog().FindTenant(name);
  if (tenant) return std::move(*tenant);
  if (tenant.error().kind() != ErrorKind::kNotFound) return std::move(tenant).error();
  return Error{ErrorKind::kNotFound, "there is no tenant \"" + name + "\"; fix: pulse tenant list"};
}

}  // namespace

Result<ExitCode> RunTenantList(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const std::vector<model::Tenant> tenants, engine->store().catalog().ListTenants());
  if (context.json()) {
    Json list = Json::array();
    for (const model::Tenant& tenant : tenants) list.push_back(ToJson(tenant));
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(tenants.size());
  for (const model::Tenant& tenant : tenants) {
    rows.push_back(
        {std::to_string(tenant.id.value()), tenant.name, FormatInstant(tenant.created_at)}
    );
  }
  context.Print(RenderTable({{"ID", Align::kRight}, {"NAME"}, {"CREATED"}}, rows, context.width()));
  return ExitCode::kOk;
}

Result<ExitCode> RunTenantCreate(Context& context) {
  const std::string name = context.call().Argument(0);
  PULSE_CHECK(CheckName("tenant", name));
  PULSE_TRY(Engine * engine, context.OpenEngine());
  auto created = engine->store().catalog().CreateTenant(name);
  if (!created && created.error().kind() == ErrorKind::kConflict) {
    return Error{
        ErrorKind::kConflict,
        "there is already a tenant " + name + "; fix: pulse tenant show " + name
    };
  }
  PULSE_TRY(const model::Tenant tenant, std::move(created));
  if (context.json()) {
    context.PrintJson(Dump(ToJson(tenant)));
  } else {
    context.Print("tenant " + tenant.name + " created\n");
    context.Note(
        "next: pulse integration add jira|github --tenant " + tenant.name +
        " --name NAME --url URL --token-env VAR"
    );
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunTenantShow(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const model::Tenant tenant, NamedTenant(context, *engine));
  PULSE_TRY(
      const std::vector<model::Integration> integrations,
      engine->store().catalog().ListIntegrations(tenant.id)
  );
  if (context.json()) {
    Json json = ToJson(tenant);
    json["integrations"] = Json::array();
    for (const model::Integration& integration : integrations) {
      json["integrations"].push_back(ToJson(integration));
    }
    context.PrintJson(Dump(json));
    return ExitCode::kOk;
  }
  std::string text = "tenant  " + tenant.name + "\nid      " + std::to_string(tenant.id.value()) +
                     "\ncreated " + FormatInstant(tenant.created_at) + "\n";
  for (const model::Integration& integration : integrations) {
    text +=
        "  " + integration.name + "  " + integration.provider + "  " + integration.base_url + "\n";
  }
  context.Print(text);
  return ExitCode::kOk;
}

Result<ExitCode> RunTenantEdit(Context& context) {
  const std::string wanted = context.call().Value("raw-retention-days");
  std::optional<int> days;
  if (wanted != "keep") {
    constexpr std::int64_t kCentury = 36'500;
    PULSE_TRY(const std::int64_t count, ParseCount("--raw-retention-days", wanted, 1, kCentury));
    days = static_cast<int>(count);
  }
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(model::Tenant tenant, NamedTenant(context, *engine));
  PULSE_CHECK(engine->store().catalog().SetRawRetention(tenant.id, days));
  tenant.raw_retention_days = days;
  if (context.json()) {
    context.PrintJson(Dump(ToJson(tenant)));
  } else {
    context.Print(
        "tenant " + tenant.name + " keeps raw pages " +
        (days ? "for " + std::to_string(*days) + " days" : std::string("for good")) + "\n"
    );
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunTenantDelete(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const model::Tenant tenant, NamedTenant(context, *engine));
  store::Catalog& catalog = engine->store().catalog();
  PULSE_TRY(
      const std::vector<model::Integration> integrations, catalog.ListIntegrations(tenant.id)
  );
  if (!context.call().Has("yes")) {
    return Error{
        ErrorKind::kInvalid,
        "would remove tenant " + tenant.name + " with " + std::to_string(integrations.size()) +
            " integrations and everything copied from them; fix: add --yes"
    };
  }
  for (const model::Integration& integration : integrations) {
    PULSE_CHECK(catalog.RemoveIntegration(tenant.id, integration.id));
  }
  if (vectors::Vectors* vectors = engine->vectors()) PULSE_CHECK(vectors->EraseTenant(tenant.id));
  PULSE_CHECK(catalog.RemoveTenant(tenant.id));
  if (context.json()) {
    context.PrintJson(Dump({{"id", tenant.id.value()}, {"name", tenant.name}, {"deleted", true}}));
  } else {
    context.Print("tenant " + tenant.name + " deleted\n");
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
