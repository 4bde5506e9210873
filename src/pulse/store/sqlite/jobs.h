#pragma once

/// \file
/// SqliteJobs and SqliteSyncWindows. See store/jobs.h.

#include "pulse/store/jobs.h"
#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

class SqliteJobs final : public Jobs {
 public:
  explicit SqliteJobs(Database& database) : database_(database) {}

  Result<Submitted> Submit(TenantId tenant, const JobRequest& request) override;
  Result<model::Job> Get(TenantId tenant, JobId job) override;
  Result<std::vector<model::Job>> List(
      TenantId tenant, std::optional<IntegrationId> integration, int limit
  ) override;
  Result<JobProgress> Progress(TenantId tenant, JobId job) override;
  Result<> Cancel(TenantId tenant, JobId job) override;
  Result<int> RetryFailed(TenantId tenant, JobId job) override;

 private:
  Database& database_;
};

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
