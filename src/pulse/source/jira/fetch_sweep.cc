#include <string>
#include <unordered_set>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/jql.h"
#include "pulse/source/jira/transform_issue.h"

namespace pulse::source::jira {
namespace {

/// Cloud serves as many only for fields=id; Data Center lowers it to its own limit (1,000).
constexpr int kIdsPerPage = 5000;
/// Empty pages with a token are legal. So many in a row are a loop.
constexpr std::int64_t kMaxEmptyPages = 20;

/// Where a sweep stands. Cloud goes by token, Data Center by offset.
struct SweepPosition {
  std::string token;
  std::int64_t start = 0;
  std::int64_t empty_pages = 0;

  std::string ToMembers() const {
    std::string members = R"("do":"sweep","start":)" + std::to_string(start);
    members += R"(,"empty":)" + std::to_string(empty_pages) + R"(,"token":)";
    model::AppendJsonString(members, token);
    return members;
  }
  static SweepPosition FromParams(Value params) {
    return {
        params["token"].id(),
        params["start"].integer().value_or(0),
        params["empty"].integer().value_or(0)
    };
  }
};

Call SweepCall(const StepAtWork& step, const SweepPosition& at) {
  std::string body = R"({"jql":)";
  model::AppendJsonString(body, SweepJql(step.request, step.context));
  body += R"(,"maxResults":)" + std::to_string(kIdsPerPage) + R"(,"fields":["id"])";
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

std::vector<std::string> DistinctIds(Value issues) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> seen;
  issues.ForEach([&](Value issue) {
    std::string id = issue["id"].id();
    if (!id.empty() && seen.insert(id).second) ids.push_back(std::move(id));
  });
  return ids;
}

/// Nothing when this was the last page.
Result<std::optional<SweepPosition>> NextPosition(
    const StepAtWork& step, const SweepPosition& at, Value root, std::size_t returned
) {
  SweepPosition next;
  next.empty_pages = returned == 0 ? at.empty_pages + 1 : 0;
  if (next.empty_pages > kMaxEmptyPages) {
    return Error{ErrorKind::kUnavailable, "the id sweep got 20 empty pages in a row"};
  }
  if (step.context.deployment == Deployment::kServer) {
    next.start = at.start + static_cast<std::int64_t>(returned);
    const bool is_last = returned == 0 || next.start >= root["total"].integer().value_or(0);
    return is_last ? std::nullopt : std::optional(std::move(next));
  }
  next.token = root["nextPageToken"].id();
  if (next.token.empty() || root["isLast"].boolean() == true) return std::nullopt;
  if (next.token == at.token) {
    return Error{ErrorKind::kUnavailable, "the id sweep was handed its own page token again"};
  }
  return std::optional(std::move(next));
}

}  // namespace

model::NewStep SweepStep(const SyncContext& context) {
  return {
      .entity_type = std::string(kIssuesEntity),
      .params = StepParams(context, SweepPosition{}.ToMembers())
  };
}

Result<Fetched> FetchSweep(const StepAtWork& step) {
  const SweepPosition at = SweepPosition::FromParams(step.params);
  PULSE_TRY(const Reply reply, Ask(step.transport, SweepCall(step, at)));
  const Value issues = reply.root()["issues"];
  if (!issues.is_array()) return Error{ErrorKind::kInvalid, "the id sweep got no list of issues"};
  const std::vector<std::string> ids = DistinctIds(issues);
  PULSE_TRY(const auto next, NextPosition(step, at, reply.root(), issues.size()));

  Fetched fetched;
  fetched.census[std::string(kIssuesEntity)] = static_cast<std::int64_t>(ids.size());
  for (const IssueChain& chain : PlanChains(ids)) {
    fetched.next.push_back(
        {.entity_type = std::string(kIssuesEntity),
         .params = StepParams(step.context, R"("do":"issues",)" + chain.ToMembers())}
    );
  }
  if (next) {
    fetched.next.push_back(
        {.entity_type = std::string(kIssuesEntity),
         .params = StepParams(step.context, next->ToMembers())}
    );
  }
  return fetched;
}

}  // namespace pulse::source::jira
