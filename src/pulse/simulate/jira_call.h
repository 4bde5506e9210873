#pragma once

/// \file
/// One call to the simulated Jira: what was asked, and the forms answers take.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "pulse/http/server.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/jira_scan.h"
#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

/// The site all calls see. Outlives every call.
struct JiraSite {
  const JiraSource& source;
  const FaultPlan& faults;
};

struct JiraCall {
  const http::Request& request;
  Dialect dialect = Dialect::kCloudV3;
  std::vector<std::string> names;  ///< What the stars of the route matched, decoded.
  http::Headers query;             ///< Decoded parameters.

  bool cloud() const noexcept { return dialect != Dialect::kDataCenter; }
  /// The first value, or an empty view.
  std::string_view Parameter(std::string_view name) const;
  /// Every value; comma lists are split.
  std::vector<std::string> List(std::string_view name) const;
};

http::Response JiraJson(int status, std::string body);
/// {"errorMessages":[message],"errors":{}}
http::Response JiraError(int status, std::string_view message);
http::Response JiraNotFound();  ///< The words Jira has for an issue that is not there.

/// A whole number; `fallback` when absent; nothing when it is something else or negative.
std::optional<std::int64_t> WholeNumber(std::string_view text, std::int64_t fallback);
std::vector<std::string> SplitList(std::string_view text);

struct Window {
  std::int64_t start = 0;
  std::int64_t limit = 0;
};
/// startAt and maxResults, cut to `most`; nothing when they are no numbers: answer 400.
std::optional<Window> WindowOf(const JiraCall& call, std::int64_t fallback, std::int64_t most);

/// {"maxResults":…,"startAt":…,"total":…,"isLast":…,"values":[…]}: one offset page of `items`.
http::Response PageOfItems(
    const JiraCall& call,
    const std::vector<const std::string*>& items,
    std::int64_t most,
    std::string_view values_name = "values"
);

/// The issue with its content faults: what a broken record looks like on the wire.
void AppendIssueWithFaults(
    std::string& out, const JiraSite& site, std::int64_t position, const IssueView& view
);
bool IsDeleted(const JiraSite& site, std::int64_t position);
/// Not in the search index, although it exists.
bool IsUnindexed(const JiraSite& site, std::int64_t issue_id);

// --- Handlers, by area -------------------------------------------------------------------------

using JiraHandler = http::Response (*)(const JiraSite&, const JiraCall&);

// jira_search_routes.cc
http::Response SearchJql(const JiraSite&, const JiraCall&);
http::Response SearchRemoved(const JiraSite&, const JiraCall&);
http::Response SearchByOffset(const JiraSite&, const JiraCall&);  ///< Data Center.
http::Response ApproximateCount(const JiraSite&, const JiraCall&);
http::Response BoardIssues(const JiraSite&, const JiraCall&);
http::Response BoardIssueCount(const JiraSite&, const JiraCall&);
http::Response BoardSprintIssues(const JiraSite&, const JiraCall&);
http::Response SprintIssues(const JiraSite&, const JiraCall&);

// jira_issue_routes.cc
http::Response IssueByKey(const JiraSite&, const JiraCall&);
http::Response IssueBulkFetch(const JiraSite&, const JiraCall&);
http::Response ChangelogBulkFetch(const JiraSite&, const JiraCall&);
http::Response IssueChangelog(const JiraSite&, const JiraCall&);
http::Response IssueComments(const JiraSite&, const JiraCall&);
http::Response IssueWorklogs(const JiraSite&, const JiraCall&);
http::Response IssueRemoteLinks(const JiraSite&, const JiraCall&);
http::Response CommentList(const JiraSite&, const JiraCall&);
http::Response WorklogsUpdated(const JiraSite&, const JiraCall&);
http::Response WorklogsDeleted(const JiraSite&, const JiraCall&);
http::Response WorklogList(const JiraSite&, const JiraCall&);

// jira_reference_routes.cc
http::Response ServerInfo(const JiraSite&, const JiraCall&);
http::Response Myself(const JiraSite&, const JiraCall&);
http::Response Fields(const JiraSite&, const JiraCall&);
http::Response FieldSearch(const JiraSite&, const JiraCall&);
http::Response IssueTypes(const JiraSite&, const JiraCall&);
http::Response ProjectIssueTypes(const JiraSite&, const JiraCall&);
http::Response Statuses(const JiraSite&, const JiraCall&);
http::Response StatusSearch(const JiraSite&, const JiraCall&);
http::Response Projects(const JiraSite&, const JiraCall&);
http::Response ProjectSearch(const JiraSite&, const JiraCall&);
http::Response ProjectByKey(const JiraSite&, const JiraCall&);
http::Response ProjectStatuses(const JiraSite&, const JiraCall&);
http::Response ProjectVersions(const JiraSite&, const JiraCall&);
http::Response Priorities(const JiraSite&, const JiraCall&);
http::Response PrioritySearch(const JiraSite&, const JiraCall&);
http::Response Resolutions(const JiraSite&, const JiraCall&);
http::Response ResolutionSearch(const JiraSite&, const JiraCall&);
http::Response LinkTypes(const JiraSite&, const JiraCall&);
http::Response UsersSearch(const JiraSite&, const JiraCall&);
http::Response UserByName(const JiraSite&, const JiraCall&);
http::Response Filter(const JiraSite&, const JiraCall&);

// jira_agile_routes.cc
http::Response Boards(const JiraSite&, const JiraCall&);
http::Response BoardById(const JiraSite&, const JiraCall&);
http::Response BoardConfiguration(const JiraSite&, const JiraCall&);
http::Response BoardSprints(const JiraSite&, const JiraCall&);
http::Response SprintById(const JiraSite&, const JiraCall&);

// jira_internal_routes.cc
http::Response UserPicker(const JiraSite&, const JiraCall&);
http::Response DevelopmentPanel(const JiraSite&, const JiraCall&);
http::Response SprintReport(const JiraSite&, const JiraCall&);

}  // namespace pulse::simulate
