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
#include "pulse/store/unit.h"

namespace pulse::store {

struct JobRequest {
  IntegrationId integration;
  std::string job_type;
  model::Priority priority = model::Priority::kInteractive;
  model::JobOptions options;
  model::NewStep root;          ///< The job starts with one open step.
  std::string idempotency_key;  ///< Non-empty: the same key never makes a second job.
  /// At most one exclusive job of an integration is under way. Backfills and other programs'
  /// queries are not exclusive: they run beside it, and attach only to an equal one still queued;
  /// with an idempotency key of their own to none, since the key must stay with its job.
  bool exclusive = true;
  /// The root step begins its life in the hands of this worker, ready for nobody else.
  std::optional<WorkerId> claimed_by = {};

  bool may_attach() const { return exclusive || idempotency_key.empty(); }
  /// The root step as `claimed_by` holds it.
  model::Step RootOf(TenantId tenant, JobId job, StepId step) const {
    return {
        .id = step,
        .tenant = tenant,
        .integration = integration,
        .job = job,
        .stage = root.stage,
        .entity_type = root.entity_type,
        .params = root.params,
        .epoch = 1,
        .attempts = 0,
        .priority = priority,
        .options = options,
    };
  }
};

struct Submitted {
  JobId job;
  bool attached = false;  ///< An equal job was already queued or running; this is its id.
  std::optional<model::Step> root = {};  ///< Of a new job, for JobRequest::claimed_by.
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

  /// Errors: kConflict (a different exclusive job for this integration is queued or running),
  /// kNotFound (the integration is not this tenant's).
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

/// What is proven to be loaded: disjoint windows of source time per (integration, entity type,
/// scope). A finished job adds its windows; those that touch become one. What lies between two
/// windows of one scope is a gap that a backfill can close.
class SyncWindows {
 public:
  virtual ~SyncWindows() = default;
  /// End of the newest window: where an incremental sync begins. Nothing when never synced.
  virtual Result<std::optional<EpochMs>> Watermark(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      std::string_view scope
  ) = 0;
  /// All windows of an integration, by entity type, scope and time.
  virtual Result<std::vector<Window>> List(TenantId tenant, IntegrationId integration) = 0;
};

}  // namespace pulse::store
