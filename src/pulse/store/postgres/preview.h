#pragma once

/// \file
/// What a merge would do, without doing it: the plan is made as for a commit and compared with the
/// rows as they are.

#include "pulse/store/ledger.h"
#include "pulse/store/postgres/engine.h"

namespace pulse::store::postgres {

/// See Ledger::PreviewMerge.
Result<Preview> Rehearse(Engine& engine, const Unit& unit, int limit);

}  // namespace pulse::store::postgres
