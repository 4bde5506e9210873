#include "pulse/store/postgres/catalog.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "pulse/model/tables.h"
#include "pulse/store/postgres/sql/catalog.h"
#include "pulse/store/postgres/sql/removal.h"
#include "pulse/store/postgres/sqlstate.h"

namespace pulse::store::postgres {
namespace {

constexpr std::string_view kForeignKeyViolation = "23503";

Result<> CheckName(std::string_view what, std::string_view name) {
  constexpr std::size_t kLongest = 63;  // A DNS label, so that a name can be part of a host name.
  const bool fits = !name.empty() && name.size() <= kLongest;
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (fits && plain) return {};
  return Error{
      ErrorKind::kInvalid, std::string(what) + " name must be 1 to 63 characters of a-z, 0-9 and -"
  };
}

/// A taken name in the words of the caller, anything else as it is.
Error NameTaken(Error error, std::string_view what, std::string_view name) {
  if (error.kind() != ErrorKind::kConflict) return error;
  return Error{
      ErrorKind::kConflict, std::string(what) + " \"" + std::string(name) + "\" exists already"
  };
}

Error NoTenant(TenantId id) {
  return Error{ErrorKind::kNotFound, "no tenant " + std::to_string(id.value())};
}

Error NoIntegration(IntegrationId id) {
  return Error{ErrorKind::kNotFound, "no integration " + std::to_string(id.value())};
}

std::string_view StateName(model::IntegrationState state) {
  return state == model::IntegrationState::kActive ? "active" : "needs_attention";
}

model::Tenant TenantOf(const Row& row) {
  model::Tenant tenant{
      .id = row.As<TenantId>(0), .name = std::string(row.Text(1)), .created_at = row.Time(2)
  };
  if (const auto days = row.OptionalInt(3)) tenant.raw_retention_days = static_cast<int>(*days);
  return tenant;
}

model::Integration IntegrationOf(const Row& row) {
  model::Integration integration{
      .id = row.As<IntegrationId>(0),
      .tenant = row.As<TenantId>(1),
      .name = std::string(row.Text(2)),
      .provider = std::string(row.Text(3)),
      .base_url = std::string(row.Text(4)),
      .account = std::string(row.Text(5)),
      .scope = {},
      .state = row.Text(7) == "active" ? model::IntegrationState::kActive
                                       : model::IntegrationState::kNeedsAttention,
      .state_reason = std::string(row.Text(8)),
      .created_at = row.Time(9),
  };
  const auto scope = nlohmann::json::parse(row.Text(6), nullptr, /*allow_exceptions=*/false);
  for (const auto& [key, value] : scope.items()) {
    if (value.is_string()) integration.scope[key] = value.get<std::string>();
  }
  return integration;
}

std::string ScopeJson(const model::Integration& integration) {
  return nlohmann::json(integration.scope)
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Transaction::Slot QueuePut(Transaction& tx, const model::Integration& integration, EpochMs now) {
  if (!integration.id) {
    return tx.Queue(
        sql::catalog::insert_integration,
        integration.tenant,
        integration.name,
        integration.provider,
        integration.base_url,
        integration.account,
        ScopeJson(integration),
        StateName(integration.state),
        integration.state_reason,
        Instant{now}
    );
  }
  return tx.Queue(
      sql::catalog::update_integration,
      integration.tenant,
      integration.id,
      integration.name,
      integration.provider,
      integration.base_url,
      integration.account,
      ScopeJson(integration),
      StateName(integration.state),
      integration.state_reason
  );
}

// Children before parents; jobs only when nothing points at them any more.
constexpr const Query* kRemoval[] = {
    &sql::removal::api_calls,
    &sql::removal::entities,
    &sql::removal::gaps,
    &sql::removal::windows,
    &sql::removal::seen,
    &sql::removal::census,
    &sql::removal::staged,
    &sql::removal::bodies,
    &sql::removal::raws,
    &sql::removal::dead_letters,
    &sql::removal::sync_windows,
    &sql::removal::schedule,
    &sql::removal::jobs,
    &sql::removal::secret,
    &sql::catalog::delete_integration,
};

}  // namespace

PostgresCatalog::PostgresCatalog(Pool& pool, const Clock& clock) : pool_(pool), clock_(clock) {
  for (const model::Table* table : model::kTables) {
    const std::string name(table->name);
    const std::string& label = texts_.emplace_back("rows." + name + ".forget");
    const std::string& text = texts_.emplace_back(
        "DELETE FROM " + name + " WHERE tenant_id = $1 AND integration_id = $2"
    );
    forget_.push_back({label, text});
  }
}

Result<model::Tenant> PostgresCatalog::CreateTenant(std::string_view name) {
  PULSE_CHECK(CheckName("tenant", name));
  const EpochMs now = clock_.Now();
  PULSE_TRY(Transaction tx, pool_.BeginPlatform());
  const auto slot = tx.Queue(sql::catalog::create_tenant, name, Instant{now});
  if (auto made = tx.Commit(); !made) return NameTaken(std::move(made).error(), "tenant", name);
  return model::Tenant{
      .id = tx[slot][0].As<TenantId>(0), .name = std::string(name), .created_at = now
  };
}

Result<std::vector<model::Tenant>> PostgresCatalog::ListTenants() {
  PULSE_TRY(Transaction tx, pool_.BeginPlatform());
  const auto slot = tx.Queue(sql::catalog::list_tenants);
  PULSE_CHECK(tx.Commit());
  std::vector<model::Tenant> tenants;
  for (const Row row : tx[slot]) tenants.push_back(TenantOf(row));
  return tenants;
}

Result<model::Tenant> PostgresCatalog::FindTenant(std::string_view name) {
  PULSE_TRY(Transaction tx, pool_.BeginPlatform());
  const auto slot = tx.Queue(sql::catalog::find_tenant, name);
  PULSE_CHECK(tx.Commit());
  if (!tx[slot].empty()) return TenantOf(tx[slot][0]);
  return Error{ErrorKind::kNotFound, "no tenant \"" + std::string(name) + "\""};
}

Result<> PostgresCatalog::SetRawRetention(TenantId tenant, std::optional<int> days) {
  if (days && *days < 1) {
    return Error{ErrorKind::kInvalid, "raw pages are kept for at least one day"};
  }
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto slot = tx.Queue(sql::catalog::set_raw_retention, tenant, days);
  PULSE_CHECK(tx.Commit());
  if (tx[slot].affected() == 0) return NoTenant(tenant);
  return {};
}

Result<> PostgresCatalog::RemoveTenant(TenantId tenant) {
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto exists = tx.Queue(sql::catalog::get_tenant, tenant);
  const auto integrations = tx.Queue(sql::catalog::list_integrations, tenant);
  PULSE_CHECK(tx.Flush());
  if (tx[exists].empty()) return NoTenant(tenant);
  const Error in_use{
      ErrorKind::kConflict, "tenant " + std::to_string(tenant.value()) + " still has integrations"
  };
  if (!tx[integrations].empty()) return in_use;
  tx.Queue(sql::removal::refusals, tenant);
  tx.Queue(sql::removal::tenant, tenant);
  tx.Queue(sql::removal::audit_tenant, tenant, Instant{clock_.Now()});
  auto removed = tx.Commit();
  // One was added between the look and the removal.
  if (!removed && tx.sqlstate() == kForeignKeyViolation) return in_use;
  return removed;
}

Result<model::Integration> PostgresCatalog::PutIntegration(const model::Integration& integration) {
  PULSE_CHECK(CheckName("integration", integration.name));
  PULSE_TRY(Transaction tx, pool_.Begin(integration.tenant));
  const auto tenant = tx.Queue(sql::catalog::get_tenant, integration.tenant);
  const auto slot = QueuePut(tx, integration, clock_.Now());
  if (auto stored = tx.Commit(); !stored) {
    if (tx.sqlstate() == kForeignKeyViolation) return NoTenant(integration.tenant);
    return NameTaken(std::move(stored).error(), "integration", integration.name);
  }
  if (tx[tenant].empty()) return NoTenant(integration.tenant);
  if (tx[slot].empty()) return NoIntegration(integration.id);
  return IntegrationOf(tx[slot][0]);
}

Result<std::vector<model::Integration>> PostgresCatalog::ListIntegrations(TenantId tenant) {
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto slot = tx.Queue(sql::catalog::list_integrations, tenant);
  PULSE_CHECK(tx.Commit());
  std::vector<model::Integration> integrations;
  for (const Row row : tx[slot]) integrations.push_back(IntegrationOf(row));
  return integrations;
}

Result<model::Integration> PostgresCatalog::GetIntegration(
    TenantId tenant, IntegrationId integration
) {
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto slot = tx.Queue(sql::catalog::get_integration, tenant, integration);
  PULSE_CHECK(tx.Commit());
  if (tx[slot].empty()) return NoIntegration(integration);
  return IntegrationOf(tx[slot][0]);
}

Result<> PostgresCatalog::RemoveOnce(
    TenantId tenant, IntegrationId integration, std::string& sqlstate
) {
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto found = tx.Queue(sql::catalog::lock_integration, tenant, integration);
  tx.Queue(sql::removal::steps, tenant, integration);
  auto removed = tx.Flush();
  if (removed && tx[found].empty()) return NoIntegration(integration);
  if (removed) {
    for (const Query& query : forget_) tx.Queue(query, tenant, integration);
    for (const Query* query : kRemoval) tx.Queue(*query, tenant, integration);
    tx.Queue(sql::removal::audit, tenant, integration, Instant{clock_.Now()});
    removed = tx.Commit();
  }
  sqlstate = tx.sqlstate();
  return removed;
}

Result<> PostgresCatalog::RemoveIntegration(TenantId tenant, IntegrationId integration) {
  // A worker that committed while we waited for its step made children that the first look did not
  // see; the second one does. Beyond that only a deadlock makes it lose.
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    std::string sqlstate;
    auto removed = RemoveOnce(tenant, integration, sqlstate);
    const bool again = sqlstate == kForeignKeyViolation || IsLostRace(sqlstate);
    if (removed || !again || attempt == kAttempts) return removed;
  }
}

Result<> PostgresCatalog::PutSecret(SecretOwner owner, const SealedSecret& secret) {
  PULSE_TRY(Transaction tx, pool_.Begin(owner.tenant));
  tx.Queue(
      sql::catalog::put_secret,
      owner.tenant,
      owner.integration,
      secret.key_id,
      Bytes{secret.ciphertext},
      Instant{clock_.Now()}
  );
  auto stored = tx.Commit();
  if (!stored && tx.sqlstate() == kForeignKeyViolation) return NoIntegration(owner.integration);
  return stored;
}

Result<bool> PostgresCatalog::ReplaceSecret(
    SecretOwner owner, const SealedSecret& expected, const SealedSecret& secret
) {
  PULSE_TRY(Transaction tx, pool_.Begin(owner.tenant));
  const auto slot = tx.Queue(
      sql::catalog::replace_secret,
      owner.tenant,
      owner.integration,
      Bytes{expected.ciphertext},
      secret.key_id,
      Bytes{secret.ciphertext},
      Instant{clock_.Now()}
  );
  PULSE_CHECK(tx.Commit());
  return !tx[slot].empty();
}

Result<SealedSecret> PostgresCatalog::GetSecret(SecretOwner owner) {
  PULSE_TRY(Transaction tx, pool_.Begin(owner.tenant));
  const auto slot = tx.Queue(sql::catalog::get_secret, owner.tenant, owner.integration);
  PULSE_CHECK(tx.Commit());
  if (tx[slot].empty()) {
    return Error{
        ErrorKind::kNotFound,
        "no credential for integration " + std::to_string(owner.integration.value())
    };
  }
  const Row row = tx[slot][0];
  return SealedSecret{.key_id = std::string(row.Text(0)), .ciphertext = std::string(row.Text(1))};
}

Result<std::vector<SecretOwner>> PostgresCatalog::SecretsNotSealedWith(std::string_view key_id) {
  PULSE_TRY(Transaction tx, pool_.BeginPlatform());
  const auto slot = tx.Queue(sql::catalog::secrets_not_sealed_with, key_id);
  PULSE_CHECK(tx.Commit());
  std::vector<SecretOwner> owners;
  for (const Row row : tx[slot]) {
    owners.push_back({row.As<TenantId>(0), row.As<IntegrationId>(1)});
  }
  return owners;
}

Result<> PostgresCatalog::Audit(const AuditEntry& entry) {
  PULSE_TRY(Transaction tx, pool_.Begin(entry.tenant));
  tx.Queue(
      sql::catalog::audit,
      entry.tenant,
      Instant{clock_.Now()},
      entry.actor,
      entry.action,
      entry.detail
  );
  return tx.Commit();
}

}  // namespace pulse::store::postgres
