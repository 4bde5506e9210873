#pragma once

/// \file
/// Hands: the steps that the workers of one process have under way. What the ledger thinks they
/// hold may be more: an answer of the database that got lost may have brought a step nobody here
/// knows of. Such a step is running, its owner is alive, and nobody would ever come back to it, so
/// a worker that met an error compares the two and puts the difference back.

#include <set>
#include <utility>
#include <vector>

#include "pulse/base/ids.h"
#include "pulse/base/sync.h"
#include "pulse/model/job.h"

namespace pulse::pipeline {

/// Thread-safe.
class Hands {
 public:
  /// While it lives, the steps are under way.
  class Holding {
   public:
    Holding(Hands& hands, const std::vector<model::Step>& steps) : hands_(hands) {
      for (const model::Step& step : steps) steps_.emplace_back(step.tenant, step.id);
      hands_.steps_.With([&](auto& held) { held.insert(steps_.begin(), steps_.end()); });
    }
    ~Holding() {
      hands_.steps_.With([&](auto& held) {
        for (const auto& step : steps_) held.erase(step);
      });
    }
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;

   private:
    Hands& hands_;
    std::vector<std::pair<TenantId, StepId>> steps_;
  };

  bool Hold(TenantId tenant, StepId step) const {
    return steps_.With([&](const auto& held) { return held.contains({tenant, step}); });
  }

 private:
  Guarded<std::set<std::pair<TenantId, StepId>>> steps_;
};

}  // namespace pulse::pipeline
