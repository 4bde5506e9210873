#pragma once

/// \file
/// The Jira connector: Jira Cloud (REST v3) and Jira Data Center (REST v2). `serverInfo` tells
/// which one it is, and that decides the dialect of every later call.
///
/// Issues are read in three moves: a sweep of ids (5,000 per call on Cloud) that is also the
/// census, issues by id with their history inline (100 per call), and what did not fit inline
/// (histories over 40 entries, long comment and worklog lists). fetch_issues.h has the arithmetic.
///
/// Entity types: jira_issues, jira_projects, jira_statuses, jira_issue_types, jira_fields,
/// jira_sprints; jira_changes and jira_issue_details are what belongs to issues but is fetched
/// apart. People and sprints named in issues are recorded along with them.

#include <memory>

#include "pulse/source/source.h"

namespace pulse::source::jira {

std::unique_ptr<Connector> NewJiraConnector();

}  // namespace pulse::source::jira
