#pragma once

/// \file
/// The reference data of a generated world in one dialect, ready to be copied into answers.

#include <string>
#include <vector>

#include "pulse/simulate/jira_source.h"
#include "pulse/simulate/world.h"

namespace pulse::simulate {

/// Statuses and issue types exist twice: classic ones, and those of the team-managed project.
inline int StatusItem(int project, Status status) noexcept {
  return (World::ProjectAt(project).team_managed ? kStatusCount : 0) + static_cast<int>(status);
}
inline int TypeItem(int project, IssueType type) noexcept {
  return (World::ProjectAt(project).team_managed ? 5 : 0) + static_cast<int>(type);
}

Catalogue WorldCatalogue(const World& world, Dialect dialect);

/// What the same record looks like inside an issue, where that differs from the reference form.
/// Sprints of the sprint field (objects on Cloud, toString texts on Data Center), by number and
/// project: element `number * kProjectCount + project`.
std::vector<std::string> SprintFieldValues(const World& world, Dialect dialect);
/// Components: element `project * kComponentCount + component`.
std::vector<std::string> ComponentValues(Dialect dialect);

std::string SprintName(int project, int number);

}  // namespace pulse::simulate
