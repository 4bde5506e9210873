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
  std::string status;  ///< "ok" | "degraded" (slower, never wrong) | "failed" | "off"
  std::string detail;
  double milliseconds = 0;
};

/// One round trip to each; blocks as long as they take. `service`: "etl" cannot do without workers,
/// "backend" can; empty: for a command that looks from outside, they are not asked about.
std::vector<Dependency> CheckDependencies(Engine& engine, std::string_view service);

/// /livez: 200 while the process answers. /readyz: 200 when no dependency failed, else 503 and
/// which: it proves the schema's version, a round trip to the broker, its queues and consumers.
/// /health: the same with one entry per dependency. /metrics: Prometheus text, to loopback, or with
/// `Authorization: Bearer <metrics_token>`. Everything else: 404. `engine` outlives the handler.
http::Handler HealthHandler(Engine& engine, std::string_view service, std::string metrics_token);

}  // namespace pulse::app
