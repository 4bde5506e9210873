#include "coverage_view.h"

#include "receipt_text.h"
#include <nlohmann/json.hpp>

#include "pulse/base/time.h"

namespace pulse::app {
namespace {

std::string Of(const store::Window& window) {
  return window.entity_type + (window.scope.empty() ? "" : " of " + window.scope);
}

}  // namespace

Result<Coverage> ReadCoverage(Engine& engine, const model::Integration& integration) {
  Coverage coverage;
  PULSE_TRY(
      std::vector<store::Window> windows,
      engine.store().sync_windows().List(integration.tenant, integration.id)
  );
  const auto connector = engine.connectors().find(integration.provider);
  for (store::Window& window : windows) {
    const bool known = connector != engine.connectors().end();
    if (known && !connector->second->Reads(integration, window)) continue;
    coverage.windows.push_back(std::move(window));
  }
  coverage.holes = control::HolesIn(coverage.windows);
  PULSE_TRY(
      coverage.open, control::OpenJobs(engine.store().jobs(), integration.tenant, integration.id)
  );
  return coverage;
}

Json ToJson(const store::Window& window) {
  return {
      {"entity_type", window.entity_type},
      {"scope", window.scope},
      {"from", InstantJson(window.from)},
      {"to", InstantJson(window.to)},
  };
}

Json GapsJson(const std::vector<control::OpenJob>& open) {
  Json gaps = Json::array();
  for (const control::OpenJob& one : open) {
    for (const model::Gap& gap : one.gaps) {
      gaps.push_back(
          {{"job_id", one.job.id.value()},
           {"entity_type", gap.entity_type},
           {"scope", gap.scope},
           {"reason", gap.reason}}
      );
    }
  }
  return gaps;
}

std::string LacksText(const Coverage& coverage) {
  std::string text;
  for (const store::Window& hole : coverage.holes) {
    text += "hole         " + FormatInstant(hole.from) + " to " + FormatInstant(hole.to) + "  " +
            Of(hole) + "\n";
  }
  for (const control::OpenJob& one : coverage.open) {
    const std::string job = "job " + std::to_string(one.job.id.value());
    for (const model::Gap& gap : one.gaps) {
      text += "gap          " + job + "  " + GapText(gap) + "\n";
    }
    if (one.gaps.empty()) {
      text += "gap          " + job + "  " + std::to_string(one.failed_steps) + " failed steps\n";
    }
  }
  return text;
}

}  // namespace pulse::app
