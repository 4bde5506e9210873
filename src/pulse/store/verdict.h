#pragma once

/// \file
/// How a job ends: the same for every backend.

#include <cstdint>
#include <string>

#include "pulse/model/job.h"

namespace pulse::store {

/// What the end of a job is decided from.
struct Verdict {
  std::int64_t failed_steps = 0;
  std::int64_t fatal_steps = 0;
  std::string first_error;  ///< Of the failed steps, fatal ones first.
  std::int64_t records = 0;
  std::int64_t changed = 0;  ///< Inserted and updated.
  std::int64_t quarantined = 0;
  std::int64_t gaps = 0;

  bool everything_asked_for() const { return failed_steps == 0 && gaps == 0; }
};

model::JobStatus StatusOf(const model::Job& job, const Verdict& verdict);

/// One line: the first failure's own words, else what is missing; empty for a good end.
std::string ReasonOf(model::JobStatus status, const Verdict& verdict);

}  // namespace pulse::store
