#pragma once

/// \file
/// Where the floor finds each column's value in what Jira sends. Data only.

#include <string_view>

/// Where a column's value stands in a record: a JSON pointer.
struct From {
  enum Kind : unsigned char { kText, kInstant, kNumber, kJson, kDocument };
  std::string_view column;
  const char* pointer;
  Kind kind = kText;
};

constexpr From kIssue[] = {
    {"external_id", "/id"}, {"key", "/key"}, {"title", "/fields/summary"},
    {"status", "/fields/status/name"}, {"status_id", "/fields/status/id"},
    {"status_category", "/fields/status/statusCategory/key"}, {"type", "/fields/issuetype/name"},
    {"type_id", "/fields/issuetype/id"}, {"project_external_id", "/fields/project/id"},
    {"project_key", "/fields/project/key"}, {"description", "/fields/description", From::kDocument},
    {"environment", "/fields/environment", From::kDocument},
    {"priority", "/fields/priority/name"}, {"priority_id", "/fields/priority/id"},
    {"resolution", "/fields/resolution/name"}, {"resolution_id", "/fields/resolution/id"},
    {"assignee_external_id", "/fields/assignee/accountId"},
    {"assignee_name", "/fields/assignee/displayName"},
    {"reporter_external_id", "/fields/reporter/accountId"},
    {"reporter_name", "/fields/reporter/displayName"},
    {"creator_external_id", "/fields/creator/accountId"},
    {"creator_name", "/fields/creator/displayName"}, {"parent_external_id", "/fields/parent/id"},
    {"parent_key", "/fields/parent/key"}, {"epic_key", "/fields/customfield_10014"},
    {"story_points", "/fields/customfield_10016", From::kNumber}, {"due_date", "/fields/duedate"},
    {"labels", "/fields/labels", From::kJson}, {"components", "/fields/components", From::kJson},
    {"fix_versions", "/fields/fixVersions", From::kJson},
    {"affects_versions", "/fields/versions", From::kJson},
    {"subtask_keys", "/fields/subtasks", From::kJson},
    {"comment_count", "/fields/comment/total", From::kNumber},
    {"worklog_count", "/fields/worklog/total", From::kNumber},
    {"change_count", "/changelog/total", From::kNumber},
    {"source_created_at", "/fields/created", From::kInstant},
    {"source_updated_at", "/fields/updated", From::kInstant},
    {"resolved_at", "/fields/resolutiondate", From::kInstant},
    {"custom_fields", "/fields/customfield_10020", From::kJson}, {"url", "/self"},
};
constexpr From kPerson[] = {
    {"external_id", "/accountId"}, {"display_name", "/displayName"}, {"email", "/emailAddress"}
};
constexpr From kHistory[] = {
    {"history_id", "/id"}, {"source_created_at", "/created", From::kInstant},
    {"author_external_id", "/author/accountId"}, {"author_name", "/author/displayName"}
};
constexpr From kItem[] = {
    {"field", "/field"}, {"field_id", "/fieldId"}, {"field_type", "/fieldtype"},
    {"from_value", "/from"}, {"from_string", "/fromString"}, {"to_value", "/to"},
    {"to_string", "/toString"}
};
constexpr From kLink[] = {{"link_id", "/id"}, {"type", "/type/name"}, {"type_id", "/type/id"}};
constexpr From kOther[] = {{"linked_external_id", "/id"}, {"linked_key", "/key"}};
constexpr From kNote[] = {
    {"external_id", "/id"}, {"author_external_id", "/author/accountId"},
    {"author_name", "/author/displayName"}, {"source_created_at", "/created", From::kInstant},
    {"source_updated_at", "/updated", From::kInstant}
};
constexpr From kCommentBody[] = {{"body", "/body", From::kDocument}};
constexpr From kWork[] = {
    {"comment", "/comment", From::kDocument}, {"started_at", "/started", From::kInstant},
    {"seconds", "/timeSpentSeconds", From::kNumber}
};
constexpr From kSprint[] = {
    {"name", "/name"}, {"state", "/state"}, {"goal", "/goal"},
    {"started_at", "/startDate", From::kInstant}, {"ends_at", "/endDate", From::kInstant},
    {"completed_at", "/completeDate", From::kInstant}
};
