#pragma once

/// \file
/// The generated world as a Jira site.

#include <memory>

#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

std::unique_ptr<JiraSource> NewWorldJiraSource(const WorldOptions& options);

}  // namespace pulse::simulate
