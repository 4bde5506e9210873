#pragma once

/// \file
/// Transforming stored pages again and waiting for it: `replay` and `dead-letter replay`.

#include <stop_token>
#include <vector>

#include "context.h"
#include "exit_code.h"
#include "submit.h"

namespace pulse::app {

struct ReplayOf {
  IntegrationId integration;
  ReplayScope scope;
};

/// Submits all of them, follows them, prints their receipts; with --dry-run shows what would
/// change (replay_preview.h). One job an integration: several scopes of one follow each other.
/// JSON:
/// {"replayed_pages","receipts":[{"tenant","integration","receipt"}]}; the worst exit code wins.
Result<ExitCode> RunReplays(
    Context& context,
    Engine& engine,
    const model::Tenant& tenant,
    const std::vector<ReplayOf>& replays,
    std::stop_token stop
);

}  // namespace pulse::app
