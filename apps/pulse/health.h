#pragma once

/// \file
/// What a service answers about itself: /health, /livez, /readyz, /metrics.

#include <string>
#include <string_view>
#include <vector>

#include "engine.h"

#include "pulse/http/server.h"

namespace pulse::app {

/// One thing the service depends on.
struct Dependency {
  std::string name;    ///< "database", "vectors", …
  std::string status;  ///< "ok" | "failed" | "off"
  std::string detail;
  double milliseconds = 0;
};

/// Asks each of them something cheap; blocks as long as they take.
std::vector<Dependency> CheckDependencies(Engine& engine);

/// /livez: 200 while the process answers. /readyz: 200 when no dependency failed, else 503.
/// /health: the same with one entry per dependency. /metrics: Prometheus text, to loopback, or with
/// `Authorization: Bearer <metrics_token>`. Everything else: 404. `engine` outlives the handler.
http::Handler HealthHandler(Engine& engine, std::string_view service, std::string metrics_token);

}  // namespace pulse::app
