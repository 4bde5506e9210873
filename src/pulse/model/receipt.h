#pragma once

/// \file
/// Receipt: what a job did, in numbers that must add up. The JSON form is a contract.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pulse/model/job.h"

namespace pulse::model {

/// Counts of primary records. `source` is the source's own census (id sweep or total) of this
/// job's scope and null where it was not taken. A changed child makes its parent `updated`.
struct EntityCounts {
  std::optional<std::int64_t> source;
  std::int64_t records = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t deleted = 0;
  std::int64_t quarantined = 0;
  std::int64_t vectors = 0;
};

/// A hole we know of.
struct Gap {
  std::string entity_type;
  std::string scope;   ///< What is missing: a page's cursor, a range of ids, a repository.
  std::string reason;  ///< One line.
};

struct Receipt {
  JobId job;
  JobStatus status = JobStatus::kQueued;
  double seconds = 0;
  std::map<std::string, EntityCounts> entities;
  std::map<std::string, std::int64_t> api_calls;  ///< By endpoint, as sent.
  std::vector<Gap> gaps;

  /// {"job_id","status","seconds","entities":{…},"api_calls":{…},"gaps":[]}
  std::string ToJson() const;
};

}  // namespace pulse::model
