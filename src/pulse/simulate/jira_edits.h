#pragma once

/// \file
/// JiraEdits: what somebody did to the site between two calls. Wraps a source; everything that was
/// not edited is as it was.

#include <memory>
#include <string>
#include <string_view>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

class EditableJiraSource : public JiraSource {
 public:
  /// Applies one JSON object; all of it or, with an error, nothing. Members, each optional:
  ///   "delete", "archive", "lag", "restore", "touch": ["PAY-1", …]
  ///   "move": {"PAY-2": "OPS"}                      to another project, with a new key
  ///   "hide_projects", "archive_projects", "show_projects": ["WEB", …]
  /// Touching and moving change `updated` to now; the others change nothing that a search by time
  /// would find. Errors: kInvalid (no such issue, project or member).
  virtual Result<> Edit(std::string_view json) = 0;
};

std::unique_ptr<EditableJiraSource> NewEditableJiraSource(
    std::unique_ptr<JiraSource> source, const Clock& clock
);

}  // namespace pulse::simulate
