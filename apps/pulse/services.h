#pragma once

/// \file
/// Long-running services of this process.

#include <stop_token>

#include "context.h"

namespace pulse::app {

struct Roles {
  bool backend = false;
  bool etl = false;
};

/// Listens for the roles' health endpoints and, for etl, runs the pipeline until `stop`. Errors:
/// kConflict (a port is taken), kInvalid and kUnauthorized (the broker will not do), and what
/// Engine::Run returns.
Result<> RunServices(Context& context, Engine& engine, Roles roles, std::stop_token stop);

}  // namespace pulse::app
