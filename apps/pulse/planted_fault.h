#pragma once

/// \file
/// Which dead letters of the demo are its own doing.

#include "pulse/simulate/faults.h"
#include "pulse/store/unit.h"

namespace pulse::app {

/// Whether `letter` is a record that `plan` breaks: set aside by its transform, with an id that is
/// marked. A letter without one is known by what its sample still says: the id itself where the
/// text is no JSON, the number where the fault is that a pull request has no id. `github`: whose
/// record it is, else Jira's. Pure.
bool IsPlantedFault(
    const simulate::FaultPlan& plan, bool github, const store::NewDeadLetter& letter
);

}  // namespace pulse::app
