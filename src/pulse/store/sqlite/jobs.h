#pragma once

/// \file
/// SqliteJobs. See store/jobs.h.

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

}  // namespace pulse::store::sqlite
