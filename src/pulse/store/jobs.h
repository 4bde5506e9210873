#pragma once

/// \file
/// Jobs: asking for work and looking at it. Errors as in ledger.h, and kNotFound for ids that do
/// not exist or belong to another tenant.

#include <optional>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"

namespace pulse::store {

struct JobRequest {
  IntegrationId integration;
  std::string job_type;
  model::Priority priority = model::Priority::kInteractive;
  model::JobOptions options;
  model::NewStep root;          ///< The job starts with one open step.
  std::string idempotency_key;  ///< Non-empty: the same key never makes a second job.
};

struct Submitted {
  JobId job;
  bool attached = false;  ///< An equal job was already queued or running; this is its id.
};

/// Steps of one job by stage and state, for progress bars.
struct StageProgress {
  model::Stage stage = model::Stage::kExtract;
  std::int64_t ready = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
};

struct JobProgress {
  model::Job job;
  std::vector<StageProgress> stages;
  model::Receipt receipt;                ///< As far as it got.
  std::optional<EpochMs> waiting_until;  ///< Set while every open step waits for a time.
  std::string waiting_reason;
};

class Jobs {
 public:
  virtual ~Jobs() = default;

  /// Errors: kConflict (a different job for this integration is queued or running), kNotFound (the
  /// integration is not this tenant's).
  virtual Result<Submitted> Submit(TenantId tenant, const JobRequest& request) = 0;
  virtual Result<model::Job> Get(TenantId tenant, JobId job) = 0;
  virtual Result<std::vector<model::Job>> List(
      TenantId tenant, std::optional<IntegrationId> integration, int limit
  ) = 0;
  virtual Result<JobProgress> Progress(TenantId tenant, JobId job) = 0;
  /// Ready steps turn cancelled; running ones finish their page and create nothing more.
  virtual Result<> Cancel(TenantId tenant, JobId job) = 0;
  /// Failed steps of a finished job become ready again in the same job. Returns how many.
  virtual Result<int> RetryFailed(TenantId tenant, JobId job) = 0;
};

/// One proven window per (integration, entity type, scope).
class Watermarks {
 public:
  virtual ~Watermarks() = default;
  /// Up to which instant everything is loaded; nothing when never synced.
  virtual Result<std::optional<EpochMs>> Get(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      std::string_view scope
  ) = 0;
};

}  // namespace pulse::store
