#pragma once

/// \file
/// Tenants and their integrations (one credential against one source).

#include <map>
#include <optional>
#include <string>

#include "pulse/base/ids.h"
#include "pulse/base/time.h"

namespace pulse::model {

struct Tenant {
  TenantId id;
  std::string name;  ///< 1..63 of [a-z0-9-], unique.
  EpochMs created_at = 0;
  std::optional<int> raw_retention_days = {};  ///< Nothing: raw pages are kept for good.
};

enum class IntegrationState : unsigned char {
  kActive,
  kNeedsAttention,  ///< The source refused our credentials; nothing is asked of it until edited.
};

struct Integration {
  IntegrationId id;
  TenantId tenant;
  std::string name;                          ///< Unique within the tenant; 1..63 of [a-z0-9-].
  std::string provider;                      ///< "jira" | "github"
  std::string base_url;                      ///< As given, without a trailing slash.
  std::string account;                       ///< E-mail of a Jira API token; empty: bearer token.
  std::map<std::string, std::string> scope;  ///< e.g. {"project": "PAY,OPS"}, {"owner": "acme"}
  IntegrationState state = IntegrationState::kActive;
  std::string state_reason;
  EpochMs created_at = 0;
};

}  // namespace pulse::model
