#include "submit.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "pulse/control/sync_request.h"

namespace pulse::app {
namespace {

/// How far back to look for the job in the way: an open job is among the newest.
constexpr int kRecentJobs = 20;

bool CoversSince(const model::JobOptions& under_way, const model::JobOptions& asked) {
  if (!under_way.since || !asked.since || *under_way.since > *asked.since) return false;
  model::JobOptions same = asked;
  same.since = under_way.since;
  return same.ToJson() == under_way.ToJson();
}

Result<store::Submitted> Submit(
    Engine& engine, const model::Integration& integration, const store::JobRequest& request
) {
  store::Jobs& jobs = engine.store().jobs();
  auto submitted = jobs.Submit(integration.tenant, request);
  if (submitted || submitted.error().kind() != ErrorKind::kConflict) return submitted;

  PULSE_TRY(
      const std::vector<model::Job> recent,
      jobs.List(integration.tenant, integration.id, kRecentJobs)
  );
  for (const model::Job& job : recent) {
    if (model::IsFinal(job.status)) continue;
    if (job.job_type == request.job_type && CoversSince(job.options, request.options)) {
      return store::Submitted{.job = job.id, .attached = true};
    }
    const std::string id = std::to_string(job.id.value());
    return Error{
        ErrorKind::kConflict,
        "integration " + integration.name + " is busy with a different job (" + job.job_type + " " +
            id + "); fix: pulse job watch " + id + ", or pulse job cancel " + id
    };
  }
  return submitted;
}

}  // namespace

Result<store::Submitted> SubmitSync(
    Engine& engine, const model::Integration& integration, const model::JobOptions& options
) {
  return Submit(engine, integration, control::SyncRequest(integration, options));
}

Result<store::Submitted> SubmitReplay(
    Engine& engine, const model::Integration& integration, const ReplayScope& scope
) {
  nlohmann::json params = nlohmann::json::object();
  if (scope.pages.empty()) {
    params["entity_type"] = scope.entity_type;
  } else {
    params["raw_ids"] = nlohmann::json::array();
    for (const RawId page : scope.pages) params["raw_ids"].push_back(page.value());
  }
  store::JobRequest request;
  request.integration = integration.id;
  request.job_type = "replay";
  request.options.replay = true;
  // Equal options are the same job, and a replay of other pages is another one.
  if (!scope.pages.empty()) request.options.query = params.dump();
  if (!scope.entity_type.empty()) request.options.entities = {scope.entity_type};
  request.root = {
      .stage = model::Stage::kExtract, .entity_type = "replay", .params = params.dump()
  };
  return Submit(engine, integration, request);
}

}  // namespace pulse::app
