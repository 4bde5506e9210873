#pragma once

/// \file
/// What a sync of an integration is as a job: the same for people who type it and for schedules, so
/// that one attaches to the other. Pure.

#include "pulse/model/integration.h"
#include "pulse/store/jobs.h"

namespace pulse::control {

/// The job type is the only entity type asked for, or "<provider>_sync". Interactive and exclusive,
/// but for a backfill (`options.until`): that waits for nobody, and nobody for it.
store::JobRequest SyncRequest(
    const model::Integration& integration, const model::JobOptions& options
);

}  // namespace pulse::control
