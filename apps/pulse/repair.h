#pragma once

/// \file
/// Repair: getting what an integration still lacks.

#include <stop_token>

#include "context.h"
#include "exit_code.h"

namespace pulse::app {

/// Retries the failed steps of open jobs, runs those again that cannot be retried, and backfills
/// the holes between proven windows; waits, says what it did and what is still missing. JSON:
/// {"retried":[{"job_id","steps"}],"receipts":[…],"gaps":[…],"holes":[…]}. kOk only when no gap and
/// no hole is left, else kPartial.
Result<ExitCode> RunRepair(
    Context& context,
    Engine& engine,
    const model::Tenant& tenant,
    const model::Integration& integration,
    std::stop_token stop
);

}  // namespace pulse::app
