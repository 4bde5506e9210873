#pragma once

/// \file
/// PostgresJobs and PostgresSyncWindows. See store/jobs.h.

#include "pulse/store/jobs.h"
#include "pulse/store/postgres/engine.h"

namespace pulse::store::postgres {

class PostgresJobs final : public Jobs {
 public:
  explicit PostgresJobs(Engine& engine) : engine_(engine) {}

  Result<Submitted> Submit(TenantId tenant, const JobRequest& request) override;
  Result<model::Job> Get(TenantId tenant, JobId job) override;
  Result<std::vector<model::Job>> List(
      TenantId tenant, std::optional<IntegrationId> integration, int limit
  ) override;
  Result<JobProgress> Progress(TenantId tenant, JobId job) override;
  Result<> Cancel(TenantId tenant, JobId job) override;
  Result<int> RetryFailed(TenantId tenant, JobId job) override;

 private:
  Engine& engine_;
};

class PostgresSyncWindows final : public SyncWindows {
 public:
  explicit PostgresSyncWindows(Engine& engine) : engine_(engine) {}

  Result<std::optional<EpochMs>> Watermark(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      std::string_view scope
  ) override;
  Result<std::vector<Window>> List(TenantId tenant, IntegrationId integration) override;

 private:
  Engine& engine_;
};

}  // namespace pulse::store::postgres
