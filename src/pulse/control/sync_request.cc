#include "pulse/control/sync_request.h"

namespace pulse::control {

store::JobRequest SyncRequest(
    const model::Integration& integration, const model::JobOptions& options
) {
  const bool one_entity = options.entities.size() == 1;
  store::JobRequest request;
  request.integration = integration.id;
  request.job_type = one_entity ? options.entities.front() : integration.provider + "_sync";
  request.options = options;
  if (options.until) {
    request.priority = model::Priority::kBackfill;
    request.exclusive = false;
  }
  request.root = {.stage = model::Stage::kExtract, .entity_type = request.job_type, .params = "{}"};
  return request;
}

}  // namespace pulse::control
