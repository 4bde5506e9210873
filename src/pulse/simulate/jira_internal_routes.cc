// Endpoints that Atlassian does not document and that other tools call all the same.

#include <algorithm>

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_call.h"

namespace pulse::simulate {
namespace {

const std::vector<Item>& ItemsOf(const JiraSite& site, const JiraCall& call, ItemKind kind) {
  return site.source.catalogue(call.dialect).of(kind);
}

enum class Completion : unsigned char { kCompleted, kNotCompleted };

/// `{"id":…,"key":…,"done":…},…` of the sprint's issues that are, or are not, done now.
void AppendReported(
    std::string& out,
    const JiraSite& site,
    const JiraCall& call,
    std::int64_t sprint,
    Completion completion
) {
  const std::vector<Item>& statuses = ItemsOf(site, call, ItemKind::kStatus);
  IssueFacts facts;
  std::string_view comma;
  for (std::int64_t i = 0; i < site.source.issue_count(); ++i) {
    site.source.Facts(i, Depth::kState, facts);
    if (std::ranges::find(facts.sprints, sprint) == facts.sprints.end()) continue;
    const auto place = static_cast<std::size_t>(facts.status);
    const bool done = place < statuses.size() && statuses[place].group == "done";
    if (done != (completion == Completion::kCompleted)) continue;
    Append(out, comma, R"({"id":)", facts.id, R"(,"key":")", site.source.KeyOf(i), R"(","done":)");
    Append(out, done ? "true" : "false", "}");
    comma = ",";
  }
}

}  // namespace

http::Response UserPicker(const JiraSite& site, const JiraCall& call) {
  constexpr std::size_t kMostUsers = 50;
  const std::string_view query = call.Parameter("query");
  std::string users;
  std::size_t count = 0;
  for (const Item& user : ItemsOf(site, call, ItemKind::kUser)) {
    if (user.name.find(query) == std::string::npos || count == kMostUsers) continue;
    Append(users, count++ > 0 ? "," : "", call.cloud() ? R"({"accountId":)" : R"({"key":)");
    model::AppendJsonString(users, user.id);
    users += R"(,"displayName":)";
    model::AppendJsonString(users, user.name);
    users += '}';
  }
  std::string body;
  Append(body, R"({"users":[)", users, R"(],"total":)", count, R"(,"header":"Showing )", count);
  body += " matching users\"}";
  return JiraJson(200, std::move(body));
}

http::Response DevelopmentPanel(const JiraSite&, const JiraCall&) {
  return JiraJson(200, R"({"errors":[],"detail":[]})");
}

http::Response SprintReport(const JiraSite& site, const JiraCall& call) {
  const std::string_view id = call.Parameter("sprintId");
  const std::vector<Item>& sprints = ItemsOf(site, call, ItemKind::kSprint);
  const auto sprint = std::ranges::find(sprints, id, &Item::id);
  const auto number = WholeNumber(id, 0);
  if (sprint == sprints.end() || !number) return JiraError(404, "Sprint does not exist.");
  std::string body = R"({"contents":{"completedIssues":[)";
  AppendReported(body, site, call, *number, Completion::kCompleted);
  body += R"(],"issuesNotCompletedInCurrentSprint":[)";
  AppendReported(body, site, call, *number, Completion::kNotCompleted);
  Append(body, R"(],"puntedIssues":[],"issueKeysAddedDuringSprint":{}},"sprint":)");
  Append(body, sprint->json, "}");
  return JiraJson(200, std::move(body));
}

}  // namespace pulse::simulate
