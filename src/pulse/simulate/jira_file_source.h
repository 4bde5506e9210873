#pragma once

/// \file
/// Payload files as a Jira site: issues are served byte for byte as they are in the files.

#include <memory>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

/// Of each issue id the line with the newest `updated` counts (the last of equal ones). Projects,
/// issue types, statuses, people, sprints and the field catalogue are derived from the payloads;
/// `field_files` add or replace fields. Changelogs are what the payloads hold inline.
/// Errors: kInvalid, naming file and line (unreadable, no JSON object, no id).
Result<std::unique_ptr<JiraSource>> NewFileJiraSource(
    const std::vector<std::string>& issue_files, const std::vector<std::string>& field_files
);

}  // namespace pulse::simulate
