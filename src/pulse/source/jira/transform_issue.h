#pragma once

/// \file
/// One issue, as any of Jira's endpoints sends it, to its record.

#include "pulse/source/jira/page_context.h"

namespace pulse::source::jira {

inline constexpr std::string_view kIssuesEntity = "jira_issues";

/// Adds the issue's record: its work_items row, its links and sprints (always complete), and the
/// comments, worklogs and history that came with it (complete when as many came as there are).
/// An issue without id, key or readable times, or with a field of a type Jira does not document, is
/// set aside whole.
void AddIssue(PageContext& page, std::int32_t position, Value issue);

}  // namespace pulse::source::jira
