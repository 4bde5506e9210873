#pragma once

/// \file
/// ExitCode: what scripts rely on. Zero always means success.

#include <span>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/model/job.h"

namespace pulse::app {

enum class ExitCode : unsigned char {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kUnauthorized = 4,
  kConflict = 5,
  kUnreachable = 6,
  kTimeout = 7,
  kPartial = 8,
  kInterrupted = 130,
};

struct ExitCodeDoc {
  ExitCode code;
  std::string_view meaning;
};

/// In the order `pulse help exit-codes` prints them.
std::span<const ExitCodeDoc> ExitCodeDocs();

ExitCode ExitCodeOf(ErrorKind kind);
/// queued and running count as still waiting (7).
ExitCode ExitCodeOf(model::JobStatus status);

/// "invalid", "not_found", …: `code` in a problem object.
std::string_view CodeOf(ErrorKind kind);
/// The HTTP status the API answers for the same error.
int HttpStatusOf(ErrorKind kind);
/// Whether the same command may succeed later with nothing changed.
bool Retryable(ErrorKind kind);

}  // namespace pulse::app
