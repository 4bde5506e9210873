#pragma once

/// \file
/// How a failure is told. Pure.

#include <string>

#include "pulse/base/error.h"

namespace pulse::app {

/// `pulse: what failed: why; fix: ...`, one line (several when settings are wrong, one each).
std::string ErrorLine(const Error& error);

/// {"type","title","status","detail","code","retryable"} and "retry_after_ms" when it is known.
std::string ProblemJson(const Error& error);

}  // namespace pulse::app
