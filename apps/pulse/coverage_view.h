#pragma once

/// \file
/// What an integration has and lacks, for `integration show` and `sync --repair`.

#include <string>
#include <vector>

#include "engine.h"
#include "json_output.h"

#include "pulse/control/coverage.h"

namespace pulse::app {

struct Coverage {
  std::vector<store::Window> windows;  ///< Of what the integration reads as it is configured now.
  std::vector<store::Window> holes;
  std::vector<control::OpenJob> open;

  bool complete() const { return holes.empty() && open.empty(); }
};

Result<Coverage> ReadCoverage(Engine& engine, const model::Integration& integration);

/// {"entity_type","scope","from","to"}
Json ToJson(const store::Window& window);
/// [{"job_id","entity_type","scope","reason"}]
Json GapsJson(const std::vector<control::OpenJob>& open);
/// A line for each hole and gap.
std::string LacksText(const Coverage& coverage);

}  // namespace pulse::app
