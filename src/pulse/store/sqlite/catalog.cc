#include "pulse/store/sqlite/catalog.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "pulse/store/sqlite/sql/catalog.h"
#include "pulse/store/sqlite/sql/removal.h"

namespace pulse::store::sqlite {
namespace {

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

Error NoIntegration(IntegrationId id) {
  return Error{ErrorKind::kNotFound, "no integration " + std::to_string(id.value())};
}

std::string_view StateName(model::IntegrationState state) {
  return state == model::IntegrationState::kActive ? "active" : "needs_attention";
}

model::Tenant TenantOf(const Statement& row) {
  model::Tenant tenant{
      .id = row.As<TenantId>(0), .name = std::string(row.Text(1)), .created_at = row.Int(2)
  };
  if (const auto days = row.OptionalInt(3)) tenant.raw_retention_days = static_cast<int>(*days);
  return tenant;
}

model::Integration IntegrationOf(const Statement& row) {
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
      .created_at = row.Int(9),
  };
  const auto scope = nlohmann::json::parse(row.Text(6), nullptr, /*allow_exceptions=*/false);
  for (const auto& [key, value] : scope.items()) {
    if (value.is_string()) integration.scope[key] = value.get<std::string>();
  }
  return integration;
}

Result<model::Integration> ReadIntegration(Connection& db, TenantId tenant, IntegrationId id) {
  PULSE_TRY(Statement row, db.Select(sql::catalog::get_integration, tenant, id));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return NoIntegration(id);
  return IntegrationOf(row);
}

std::string ScopeJson(const model::Integration& integration) {
  return nlohmann::json(integration.scope)
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<IntegrationId> InsertIntegration(
    Connection& db, const model::Integration& integration, EpochMs now
) {
  PULSE_CHECK(db.Do(
      sql::catalog::insert_integration,
      integration.tenant,
      integration.name,
      integration.provider,
      integration.base_url,
      integration.account,
      ScopeJson(integration),
      StateName(integration.state),
      integration.state_reason,
      now
  ));
  return IntegrationId{db.last_id()};
}

Result<IntegrationId> UpdateIntegration(Connection& db, const model::Integration& integration) {
  PULSE_TRY(
      const int updated,
      db.Run(
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
      )
  );
  if (updated == 0) return NoIntegration(integration.id);
  return integration.id;
}

Result<bool> TenantExists(Connection& db, TenantId tenant) {
  PULSE_TRY(Statement row, db.Select(sql::catalog::get_tenant, tenant));
  return row.Next();
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
    &sql::removal::steps,
    &sql::removal::bodies,
    &sql::removal::raws,
    &sql::removal::dead_letters,
    &sql::removal::sync_windows,
    &sql::removal::schedule,
    &sql::removal::jobs,
    &sql::removal::secret,
};

}  // namespace

Result<model::Tenant> SqliteCatalog::CreateTenant(std::string_view name) {
  PULSE_CHECK(CheckName("tenant", name));
  const EpochMs now = database_.now();
  auto created = database_.Write([&](Connection& db) -> Result<model::Tenant> {
    PULSE_CHECK(db.Do(sql::catalog::create_tenant, name, now));
    return model::Tenant{
        .id = TenantId{db.last_id()}, .name = std::string(name), .created_at = now
    };
  });
  if (!created) return NameTaken(std::move(created).error(), "tenant", name);
  return created;
}

Result<std::vector<model::Tenant>> SqliteCatalog::ListTenants() {
  return database_.Read([](Connection& db) -> Result<std::vector<model::Tenant>> {
    std::vector<model::Tenant> tenants;
    PULSE_TRY(Statement row, db.Select(sql::catalog::list_tenants));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      tenants.push_back(TenantOf(row));
      PULSE_TRY(more, row.Next());
    }
    return tenants;
  });
}

Result<model::Tenant> SqliteCatalog::FindTenant(std::string_view name) {
  return database_.Read([&](Connection& db) -> Result<model::Tenant> {
    PULSE_TRY(Statement row, db.Select(sql::catalog::find_tenant, name));
    PULSE_TRY(const bool found, row.Next());
    if (!found) return Error{ErrorKind::kNotFound, "no tenant \"" + std::string(name) + "\""};
    return TenantOf(row);
  });
}

Result<> SqliteCatalog::SetRawRetention(TenantId tenant, std::optional<int> days) {
  if (days && *days < 1) {
    return Error{ErrorKind::kInvalid, "raw pages are kept for at least one day"};
  }
  return database_.Write([&](Connection& db) -> Result<> {
    PULSE_TRY(const int changed, db.Run(sql::catalog::set_raw_retention, tenant, days));
    if (changed == 1) return {};
    return Error{ErrorKind::kNotFound, "no tenant " + std::to_string(tenant.value())};
  });
}

Result<> SqliteCatalog::RemoveTenant(TenantId tenant) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<> {
    PULSE_TRY(const bool exists, TenantExists(db, tenant));
    if (!exists) return Error{ErrorKind::kNotFound, "no tenant " + std::to_string(tenant.value())};
    {
      PULSE_TRY(Statement row, db.Select(sql::catalog::list_integrations, tenant));
      PULSE_TRY(const bool has_some, row.Next());
      if (has_some) {
        return Error{
            ErrorKind::kConflict,
            "tenant " + std::to_string(tenant.value()) + " still has integrations"
        };
      }
    }
    PULSE_CHECK(db.Do(sql::removal::refusals, tenant));
    PULSE_CHECK(db.Do(sql::removal::tenant, tenant));
    return db.Do(sql::removal::audit_tenant, tenant, now);
  });
}

Result<model::Integration> SqliteCatalog::PutIntegration(const model::Integration& integration) {
  PULSE_CHECK(CheckName("integration", integration.name));
  const EpochMs now = database_.now();
  auto stored = database_.Write([&](Connection& db) -> Result<model::Integration> {
    PULSE_TRY(const bool tenant_exists, TenantExists(db, integration.tenant));
    if (!tenant_exists) {
      return Error{ErrorKind::kNotFound, "no tenant " + std::to_string(integration.tenant.value())};
    }
    IntegrationId id;
    if (integration.id) {
      PULSE_TRY(id, UpdateIntegration(db, integration));
    } else {
      PULSE_TRY(id, InsertIntegration(db, integration, now));
    }
    return ReadIntegration(db, integration.tenant, id);
  });
  if (!stored) return NameTaken(std::move(stored).error(), "integration", integration.name);
  return stored;
}

Result<std::vector<model::Integration>> SqliteCatalog::ListIntegrations(TenantId tenant) {
  return database_.Read([&](Connection& db) -> Result<std::vector<model::Integration>> {
    std::vector<model::Integration> integrations;
    PULSE_TRY(Statement row, db.Select(sql::catalog::list_integrations, tenant));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      integrations.push_back(IntegrationOf(row));
      PULSE_TRY(more, row.Next());
    }
    return integrations;
  });
}

Result<model::Integration> SqliteCatalog::GetIntegration(
    TenantId tenant, IntegrationId integration
) {
  return database_.Read([&](Connection& db) { return ReadIntegration(db, tenant, integration); });
}

Result<> SqliteCatalog::RemoveIntegration(TenantId tenant, IntegrationId integration) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<> {
    PULSE_TRY(const auto found, ReadIntegration(db, tenant, integration));
    static_cast<void>(found);
    for (const model::Table* table : model::kTables) {
      PULSE_CHECK(db.Do(sql_.Of(*table).forget, tenant, integration));
    }
    for (const Query* query : kRemoval) PULSE_CHECK(db.Do(*query, tenant, integration));
    PULSE_CHECK(db.Do(sql::catalog::delete_integration, tenant, integration));
    return db.Do(sql::removal::audit, tenant, integration, now);
  });
}

Result<> SqliteCatalog::PutSecret(SecretOwner owner, const SealedSecret& secret) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<> {
    PULSE_TRY(const auto found, ReadIntegration(db, owner.tenant, owner.integration));
    static_cast<void>(found);
    return db.Do(
        sql::catalog::put_secret,
        owner.tenant,
        owner.integration,
        secret.key_id,
        Blob{secret.ciphertext},
        now
    );
  });
}

Result<bool> SqliteCatalog::ReplaceSecret(
    SecretOwner owner, const SealedSecret& expected, const SealedSecret& secret
) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<bool> {
    PULSE_TRY(
        const int replaced,
        db.Run(
            sql::catalog::replace_secret,
            owner.tenant,
            owner.integration,
            Blob{expected.ciphertext},
            secret.key_id,
            Blob{secret.ciphertext},
            now
        )
    );
    return replaced > 0;
  });
}

Result<SealedSecret> SqliteCatalog::GetSecret(SecretOwner owner) {
  return database_.Read([&](Connection& db) -> Result<SealedSecret> {
    PULSE_TRY(Statement row, db.Select(sql::catalog::get_secret, owner.tenant, owner.integration));
    PULSE_TRY(const bool found, row.Next());
    if (!found) {
      return Error{
          ErrorKind::kNotFound,
          "no credential for integration " + std::to_string(owner.integration.value())
      };
    }
    return SealedSecret{.key_id = std::string(row.Text(0)), .ciphertext = std::string(row.Text(1))};
  });
}

Result<std::vector<SecretOwner>> SqliteCatalog::SecretsNotSealedWith(std::string_view key_id) {
  return database_.Read([&](Connection& db) -> Result<std::vector<SecretOwner>> {
    std::vector<SecretOwner> owners;
    PULSE_TRY(Statement row, db.Select(sql::catalog::secrets_not_sealed_with, key_id));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      owners.push_back({row.As<TenantId>(0), row.As<IntegrationId>(1)});
      PULSE_TRY(more, row.Next());
    }
    return owners;
  });
}

Result<> SqliteCatalog::Audit(const AuditEntry& entry) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) -> Result<> {
    return db.Do(sql::catalog::audit, entry.tenant, now, entry.actor, entry.action, entry.detail);
  });
}

}  // namespace pulse::store::sqlite
