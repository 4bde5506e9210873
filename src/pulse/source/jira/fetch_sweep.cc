#include <string>
#include <unordered_set>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/id_list.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/jql.h"
#include "pulse/source/jira/search_cursor.h"
#include "pulse/source/jira/transform_issue.h"

namespace pulse::source::jira {
namespace {

Call SweepCall(const StepAtWork& step, const SearchCursor& at) {
  std::string body = R"({"jql":)";
  model::AppendJsonString(body, SweepJql(step.request, step.context));
  body += R"(,"maxResults":)" + std::to_string(kIdsPerSweep) + R"(,"fields":["id"])";
  if (step.context.deployment == Deployment::kServer) {
    body += R"(,"startAt":)" + std::to_string(at.start) + '}';
    return PostCall(step.context, "/search", std::move(body));
  }
  if (!at.token.empty()) {
    body += R"(,"nextPageToken":)";
    model::AppendJsonString(body, at.token);
  }
  return PostCall(step.context, "/search/jql", body += '}');
}

/// The ids of a page, each once, without those that were read before.
std::vector<std::string> NewIds(Value issues, std::span<const std::string> read) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> seen(read.begin(), read.end());
  issues.ForEach([&](Value issue) {
    std::string id = issue["id"].id();
    if (!id.empty() && seen.insert(id).second) ids.push_back(std::move(id));
  });
  return ids;
}

model::NewStep StepAt(
    const SyncContext& context, const SearchCursor& at, std::span<const std::string> read
) {
  std::string members = R"("do":"sweep",)" + at.ToMembers() + R"(,"read":)";
  model::AppendJsonString(members, JoinIds(read));
  return {.entity_type = std::string(kIssuesEntity), .params = StepParams(context, members)};
}

}  // namespace

model::NewStep SweepStep(const SyncContext& context, std::span<const std::string> read) {
  return StepAt(context, SearchCursor{}, read);
}

Result<Fetched> FetchSweep(const StepAtWork& step) {
  const SearchCursor at = SearchCursor::FromParams(step.params);
  const std::vector<std::string> read = SplitIds(step.params["read"].text().value_or(""));
  PULSE_TRY(const Reply reply, Ask(step.transport, SweepCall(step, at)));
  const Value issues = reply.root()["issues"];
  if (!issues.is_array()) return Error{ErrorKind::kInvalid, "the id sweep got no list of issues"};
  const std::vector<std::string> ids = NewIds(issues, read);
  PULSE_TRY(const auto next, NextCursor(step.context.deployment, at, reply.root(), issues.size()));

  Fetched fetched;
  fetched.census[std::string(kIssuesEntity)] = static_cast<std::int64_t>(ids.size());
  for (const IssueChain& chain : PlanChains(ids)) {
    fetched.next.push_back(
        {.entity_type = std::string(kIssuesEntity),
         .params = StepParams(step.context, R"("do":"issues",)" + chain.ToMembers())}
    );
  }
  if (next) fetched.next.push_back(StepAt(step.context, *next, read));
  return fetched;
}

}  // namespace pulse::source::jira
