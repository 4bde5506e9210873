#pragma once

/// \file
/// The checks of `pulse doctor`: what was tried, what came out, how to fix it.

#include <string>
#include <vector>

#include "context.h"

namespace pulse::app {

enum class Health : unsigned char { kOk, kWarning, kFailed, kSkipped };

struct Finding {
  std::string id;  ///< "database"
  Health health = Health::kOk;
  std::string found;  ///< One line with the measured value.
  std::string fix;    ///< A command or a sentence; empty when there is nothing to fix.
};

/// "ok" | "warn" | "FAIL" | "skip"
std::string_view Name(Health health);

/// Runs all checks; none of them changes anything, and one that cannot run is a finding, not an
/// error. Does not create a state directory that is not there.
std::vector<Finding> Examine(Context& context);

}  // namespace pulse::app
