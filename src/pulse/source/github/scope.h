#pragma once

/// \file
/// Which repositories a job reads.

#include <string>
#include <string_view>
#include <vector>

#include "pulse/model/integration.h"
#include "pulse/model/job.h"
#include "pulse/source/github/step.h"

namespace pulse::source::github {

/// Exactly one of the three: names, an owner, or (both empty) all the credential can read.
struct RepositoryScope {
  std::vector<std::string> names;  ///< owner/name
  std::string owner;
};

/// The narrowest that was asked for: a foreign message's repository, the job's query
/// ("owner/name owner/other", each also as "repo:owner/name"), the integration's `repo`, its
/// `owner`. A bare name is taken as one of the owner's.
RepositoryScope ScopeOf(
    const model::Integration& integration, const model::JobOptions& options, const Step& step
);

/// Scope `api=rest`.
bool WantsRest(const model::Integration& integration);
/// Scope `detail=true`: over REST, read each pull request by itself for its counts.
bool WantsDetail(const model::Integration& integration);

}  // namespace pulse::source::github
