#pragma once

/// \file
/// Asking for jobs.

#include <string>
#include <vector>

#include "engine.h"

#include "pulse/model/integration.h"
#include "pulse/store/jobs.h"

namespace pulse::app {

/// A sync of `integration`. Attaches to an equal one under way, and also to one that differs only
/// by an earlier `since`: the same `--since 7d` typed again after an interruption. Errors:
/// kConflict (a different job is under way; says which and how to watch or cancel it).
Result<store::Submitted> SubmitSync(
    Engine& engine, const model::Integration& integration, const model::JobOptions& options
);

/// Which stored pages to transform again: these, or all newest ones of an entity type ("" for all).
struct ReplayScope {
  std::vector<RawId> pages;
  std::string entity_type;
};

/// Transforms stored pages again; the source is not asked. Errors: as SubmitSync.
Result<store::Submitted> SubmitReplay(
    Engine& engine, const model::Integration& integration, const ReplayScope& scope
);

}  // namespace pulse::app
