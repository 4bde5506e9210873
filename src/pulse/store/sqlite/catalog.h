#pragma once

/// \file
/// SqliteCatalog: tenants, integrations, sealed credentials. See store/catalog.h.

#include "pulse/store/catalog.h"
#include "pulse/store/sqlite/database.h"
#include "pulse/store/sqlite/domain_sql.h"

namespace pulse::store::sqlite {

class SqliteCatalog final : public Catalog {
 public:
  SqliteCatalog(Database& database, const DomainSql& sql) : database_(database), sql_(sql) {}

  Result<model::Tenant> CreateTenant(std::string_view name) override;
  Result<std::vector<model::Tenant>> ListTenants() override;
  Result<model::Tenant> FindTenant(std::string_view name) override;
  Result<> SetRawRetention(TenantId tenant, std::optional<int> days) override;
  Result<> RemoveTenant(TenantId tenant) override;

  Result<model::Integration> PutIntegration(const model::Integration& integration) override;
  Result<std::vector<model::Integration>> ListIntegrations(TenantId tenant) override;
  Result<model::Integration> GetIntegration(TenantId tenant, IntegrationId integration) override;
  Result<> RemoveIntegration(TenantId tenant, IntegrationId integration) override;

  Result<> PutSecret(SecretOwner owner, const SealedSecret& secret) override;
  Result<bool> ReplaceSecret(
      SecretOwner owner, const SealedSecret& expected, const SealedSecret& secret
  ) override;
  Result<SealedSecret> GetSecret(SecretOwner owner) override;
  Result<std::vector<SecretOwner>> SecretsNotSealedWith(std::string_view key_id) override;
  Result<> Audit(const AuditEntry& entry) override;

 private:
  Database& database_;
  const DomainSql& sql_;
};

}  // namespace pulse::store::sqlite
