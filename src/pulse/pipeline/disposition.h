#pragma once

/// \file
/// What an error means for the steps that met it. The kind decides; nobody reads messages.

#include <random>

#include "pulse/base/error.h"
#include "pulse/base/time.h"
#include "pulse/model/job.h"

namespace pulse::pipeline {

struct Disposition {
  enum class Action : unsigned char {
    kRetry,  ///< Ready again after `wait`.
    kFail,   ///< Quarantine: a dead letter, a gap.
    kDrop,   ///< Somebody else owns the step now; its row is not ours to touch.
  };
  Action action = Action::kFail;
  std::chrono::milliseconds wait{0};
  bool attempted = false;          ///< Whether the try counts against the step.
  bool fatal = false;              ///< The job cannot succeed: do not call it partial.
  bool pause_integration = false;  ///< The source refused our credentials.
};

/// `random` spreads retries (full jitter). `step.attempts` counts the tries before this.
Disposition DispositionOf(const Error& error, const model::Step& step, std::mt19937_64& random);

}  // namespace pulse::pipeline
