#pragma once

/// \file
/// A follower's line to the workers of a server database: the ledger's own announcements, and the
/// workers' leases to tell that somebody is there.

#include <memory>

#include "pulse/control/owner.h"
#include "pulse/store/store.h"

namespace pulse::control {

/// `store` outlives the line. Errors: kUnavailable (no worker's lease runs: nobody would answer).
/// Wait returns after five seconds at the latest even if nothing was announced.
Result<std::unique_ptr<Line>> CallWorkers(store::Store& store);

}  // namespace pulse::control
