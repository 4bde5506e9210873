#pragma once

/// \file
/// What to do about a job that did not go well. Pure.

#include <string>
#include <string_view>

#include "pulse/model/integration.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"

namespace pulse::app {

/// One line: which job, what was tried where, and what to do. `job` has ended otherwise than
/// finished; `receipt` is its.
std::string JobAdvice(
    const model::Job& job,
    const model::Receipt& receipt,
    const model::Integration& integration,
    std::string_view tenant
);

/// ` (project=PAY owner=acme)`, or nothing.
std::string ScopeInBrackets(const model::Integration& integration);

}  // namespace pulse::app
