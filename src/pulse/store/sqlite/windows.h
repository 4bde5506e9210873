#pragma once

/// \file
/// SqliteSyncWindows (see store/jobs.h), and how a job's windows become proven ones.

#include "pulse/model/job.h"
#include "pulse/store/jobs.h"
#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

/// Unites the job's proposed windows with the proven ones, in the caller's transaction: those that
/// overlap or touch become one, and a hole between two stays a hole.
Result<> ProveWindows(Connection& db, const model::Job& job);

class SqliteSyncWindows final : public SyncWindows {
 public:
  explicit SqliteSyncWindows(Database& database) : database_(database) {}

  Result<std::optional<EpochMs>> Watermark(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      std::string_view scope
  ) override;
  Result<std::vector<Window>> List(TenantId tenant, IntegrationId integration) override;

 private:
  Database& database_;
};

}  // namespace pulse::store::sqlite
