#pragma once

/// \file
/// Catalog: tenants, integrations and their (already encrypted) credentials. Errors as in ledger.h;
/// kNotFound for what does not exist or is another tenant's, kConflict for a name that is taken.

#include <optional>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/model/integration.h"

namespace pulse::store {

/// A credential as it rests: the store never sees plain text.
struct SealedSecret {
  std::string key_id;
  std::string ciphertext;  ///< Nonce and tag included; bound to tenant and integration.
};

struct SecretOwner {
  TenantId tenant;
  IntegrationId integration;
};

/// A line of the audit trail.
struct AuditEntry {
  TenantId tenant;     ///< Need not exist: somebody spoke in its name.
  std::string actor;   ///< Who: "store", "queue", …
  std::string action;  ///< "order.refuse"
  std::string detail;  ///< JSON, or one line.
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual Result<model::Tenant> CreateTenant(std::string_view name) = 0;
  virtual Result<std::vector<model::Tenant>> ListTenants() = 0;
  virtual Result<model::Tenant> FindTenant(std::string_view name) = 0;
  /// How long the tenant's raw pages are kept, in days, at least 1; nothing: for good.
  virtual Result<> SetRawRetention(TenantId tenant, std::optional<int> days) = 0;
  /// Removes a tenant and the refusals it left; its audit trail stays, and its id is never used
  /// again. Errors: kConflict (it still has integrations: remove them first).
  virtual Result<> RemoveTenant(TenantId tenant) = 0;

  /// Stores or, when `integration.id` is set, replaces it. Returns it with its id.
  virtual Result<model::Integration> PutIntegration(const model::Integration& integration) = 0;
  virtual Result<std::vector<model::Integration>> ListIntegrations(TenantId tenant) = 0;
  virtual Result<model::Integration> GetIntegration(TenantId tenant, IntegrationId integration) = 0;
  /// Removes the integration with its secret, ledger, raw pages and rows.
  virtual Result<> RemoveIntegration(TenantId tenant, IntegrationId integration) = 0;

  virtual Result<> PutSecret(SecretOwner owner, const SealedSecret& secret) = 0;
  /// Puts `secret` in the place of `expected`. False, with nothing changed, when that is not what
  /// stands there (any more).
  virtual Result<bool> ReplaceSecret(
      SecretOwner owner, const SealedSecret& expected, const SealedSecret& secret
  ) = 0;
  virtual Result<SealedSecret> GetSecret(SecretOwner owner) = 0;
  virtual Result<std::vector<SecretOwner>> SecretsNotSealedWith(std::string_view key_id) = 0;

  /// Nothing here ever changes or removes a line again.
  virtual Result<> Audit(const AuditEntry& entry) = 0;
};

}  // namespace pulse::store
