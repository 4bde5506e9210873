#pragma once

/// \file
/// What a replay would change, found without a job: `replay --dry-run`.

#include <vector>

#include "context.h"
#include "exit_code.h"
#include "replay_run.h"

namespace pulse::app {

/// Transforms the stored pages one by one and compares each with the tables; writes nothing. Prints
/// each row that would change once, as it is found, so that memory holds one page and eight bytes
/// per changed row. JSON: {"changes":[{"table","external_id","new","before","after"}],
/// "would_replay_pages","would_insert","would_update","would_quarantine"}; the counts are of
/// primary records. Errors: as RawPages and Ledger.
Result<ExitCode> PreviewReplays(
    Context& context,
    Engine& engine,
    const model::Tenant& tenant,
    const std::vector<ReplayOf>& replays
);

}  // namespace pulse::app
