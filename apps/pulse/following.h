#pragma once

/// \file
/// Following jobs: what sync, retry, replay, watch and the demo have in common.

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "context.h"
#include "exit_code.h"

#include "pulse/model/receipt.h"

namespace pulse::app {

struct Followed {
  model::Tenant tenant;
  model::Integration integration;
  JobId job;
  model::Receipt receipt;  ///< Filled in by FollowAll.
};

/// --timeout, if given. Errors: kInvalid. Ask before a job is submitted.
Result<std::optional<std::chrono::milliseconds>> ReadTimeout(const Invocation& call);

/// Follows all jobs at once, drawing their progress on stderr, until each is final. Errors: as
/// Engine::Follow, of the first job that could not be followed; kCancelled says how to go on, and
/// so does kTimeout, after --timeout.
Result<> FollowAll(
    Context& context, Engine& engine, std::vector<Followed>& jobs, std::stop_token stop
);

/// Prints the receipt of a finished job (JSON or text) and says why it did not go well. The code is
/// kUnauthorized when the source refused the credential.
Result<ExitCode> ReportJob(Context& context, Engine& engine, const Followed& job);

}  // namespace pulse::app
