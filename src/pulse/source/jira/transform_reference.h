#pragma once

/// \file
/// Reference data to rows: fields, projects, statuses, issue types, sprints, people.

#include "pulse/base/error.h"
#include "pulse/source/jira/page_context.h"

namespace pulse::source::jira {

inline constexpr std::string_view kFieldsEntity = "jira_fields";
inline constexpr std::string_view kProjectsEntity = "jira_projects";
inline constexpr std::string_view kStatusesEntity = "jira_statuses";
inline constexpr std::string_view kIssueTypesEntity = "jira_issue_types";

bool IsReferenceEntity(std::string_view entity_type);

/// A plain array, a page with `values`, or one bare record. Elements without an id are set aside.
/// Errors: kInvalid (none of these forms).
Result<> AddReferencePage(PageContext& page, std::string_view entity_type, std::string_view body);

}  // namespace pulse::source::jira
