#pragma once

/// \file
/// The demo's world: two simulators whose ids collide, two tenants with an integration of each
/// kind, and what is broken in them on purpose. The same world every time.

#include <memory>
#include <string>
#include <vector>

#include "engine.h"
#include "invocation.h"

#include "pulse/model/integration.h"
#include "pulse/model/receipt.h"
#include "pulse/simulate/simulator.h"

namespace pulse::app {

struct DemoSize {
  std::int64_t issues = 1500;  ///< Of each tenant.
  std::int64_t prs = 400;
};

struct DemoIntegration {
  model::Tenant tenant;
  model::Integration integration;
};

struct DemoWorld {
  std::vector<std::unique_ptr<simulate::Simulator>> simulators;
  std::vector<DemoIntegration> integrations;
};

/// Errors: kInvalid (a count out of bounds).
Result<DemoSize> ReadDemoSize(const Invocation& call);

/// The operator's settings with everything of theirs that holds data replaced: home is
/// `home`/demo, database, queue and vectors are built in, private addresses are allowed.
config::Settings DemoSettings(const config::Settings& settings);

/// Starts the simulators, on the ports of the last demo when they are free, and makes the tenants
/// and integrations that are not there yet.
Result<DemoWorld> PrepareDemo(Engine& engine, const DemoSize& size);

struct DemoVerdict {
  std::int64_t planted = 0;  ///< Records set aside that the simulator broke on purpose.
  std::string problem;       ///< Empty: every record is accounted for.
};

/// Whether source = loaded + quarantined, nothing is missing, and nothing but broken records was
/// set aside. What is already open from an earlier demo counts as well.
Result<DemoVerdict> JudgeDemo(
    Engine& engine, const DemoIntegration& part, const model::Receipt& receipt
);

}  // namespace pulse::app
