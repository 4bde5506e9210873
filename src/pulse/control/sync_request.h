#pragma once

/// \file
/// What a sync of an integration is as a job: the same for people who type it and for schedules, so
/// that one attaches to the other. Pure.

#include "pulse/model/integration.h"
#include "pulse/store/jobs.h"

namespace pulse::control {

/// Interactive and exclusive; the job type is the only entity type asked for, or
/// "<provider>_sync".
store::JobRequest SyncRequest(
    const model::Integration& integration, const model::JobOptions& options
);

}  // namespace pulse::control
