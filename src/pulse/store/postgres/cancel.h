#pragma once

/// \file
/// Cancelling: the ready steps of a job that is not wanted any more.

#include <optional>

#include "pulse/model/job.h"
#include "pulse/store/postgres/engine.h"

namespace pulse::store::postgres {

/// Cancels a job's ready steps and ends it when none is left open; asks for its cancellation first.
/// Returns the job if it ended by this. Nothing happens to a job that has ended. Errors:
/// kNotFound.
Result<std::optional<model::Job>> CancelReadySteps(Engine& engine, TenantId tenant, JobId job);

}  // namespace pulse::store::postgres
