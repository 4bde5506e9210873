#pragma once

/// \file
/// What to do about a job that did not go well, and about a part that failed. Pure.

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

/// A failure in two: what was found and, never empty, what to do about it.
struct Told {
  std::string found;
  std::string fix;
};

/// What `pulse doctor` says of a part that failed: "engine" or one of health.h's dependencies.
/// Where `message` names its own fix, that one; otherwise the settings that lead to the part.
Told TellFailure(std::string_view part, std::string_view message);

}  // namespace pulse::app
