#pragma once

/// \file
/// PostgresCatalog: tenants, integrations, sealed credentials. See store/catalog.h.
/// What names no tenant yet (finding one by name, making one, the list) runs as pulse_dispatch; all
/// else as pulse_app within the tenant.

#include <deque>

#include "pulse/base/clock.h"
#include "pulse/store/catalog.h"
#include "pulse/store/postgres/pool.h"

namespace pulse::store::postgres {

class PostgresCatalog final : public Catalog {
 public:
  PostgresCatalog(Pool& pool, const Clock& clock);

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
  /// One try; `sqlstate` says why it failed.
  Result<> RemoveOnce(TenantId tenant, IntegrationId integration, std::string& sqlstate);

  Pool& pool_;
  const Clock& clock_;
  /// DELETE of one integration's rows, by domain table; names and texts never move.
  std::deque<std::string> texts_;
  std::vector<Query> forget_;
};

}  // namespace pulse::store::postgres
