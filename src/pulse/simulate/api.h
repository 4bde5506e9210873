#pragma once

/// \file
/// Api: one vendor's endpoints over the simulated world; what simulator.cc routes to.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/http/server.h"

namespace pulse::simulate {

struct SimulateOptions;
class FaultPlan;

/// Counting, latency, the rate limit and transport faults are the caller's; an Api only answers.
class Api {
 public:
  virtual ~Api() = default;
  /// Thread-safe; must not block.
  virtual http::Response Handle(const http::Request& request) = 0;
  /// What it serves, as JSON members without braces: `"jira_issues":1000,"jira_projects":6`.
  virtual std::string RecordsJson() const = 0;
  /// Changes what is there, as POST /_simulate/jira and /_simulate/github ask. Errors: kInvalid.
  virtual Result<> Edit(std::string_view json) = 0;
  /// Points the vendor would have charged so far (GitHub's GraphQL cost); 0 where it has no such.
  virtual std::int64_t points() const { return 0; }
};

/// Errors: kInvalid (a payload file cannot be read; the message names file and line).
/// `faults` outlives the Api.
Result<std::unique_ptr<Api>> NewJiraApi(const SimulateOptions& options, const FaultPlan& faults);
Result<std::unique_ptr<Api>> NewGithubApi(const SimulateOptions& options, const FaultPlan& faults);

}  // namespace pulse::simulate
