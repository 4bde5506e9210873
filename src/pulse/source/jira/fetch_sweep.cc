#include <algorithm>
#include <string>
#include <unordered_set>

#include "pulse/base/time.h"
#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/id_list.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/jql.h"
#include "pulse/source/jira/search_cursor.h"
#include "pulse/source/jira/transform_issue.h"

namespace pulse::source::jira {
namespace {

/// Whether the end of a backfill's range is looked for here, and not by the source (see jql.cc).
bool IsBoundedHere(const StepAtWork& step) {
  return step.request.options.until && step.context.deployment == Deployment::kServer;
}

Call SweepCall(const StepAtWork& step, const SearchCursor& at) {
  std::string body = R"({"jql":)";
  model::AppendJsonString(body, SweepJql(step.request, step.context));
  body += R"(,"maxResults":)" + std::to_string(kIdsPerSweep) + R"(,"fields":)";
  body += IsBoundedHere(step) ? R"(["updated"])" : R"(["id"])";
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
std::vector<std::string> NewIds(
    const StepAtWork& step, Value issues, std::span<const std::string> read
) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> seen(read.begin(), read.end());
  issues.ForEach([&](Value issue) {
    std::string id = issue["id"].id();
    if (IsBoundedHere(step)) {
      const auto updated = ParseInstant(issue["fields"]["updated"].text().value_or(""));
      if (updated && *updated >= *step.request.options.until) return;
    }
    if (!id.empty() && seen.insert(id).second) ids.push_back(std::move(id));
  });
  return ids;
}

constexpr std::string_view kSweep = "sweep";
constexpr std::string_view kCensus = "census";

model::NewStep StepAt(
    const SyncContext& context,
    std::string_view what,
    const SearchCursor& at,
    std::span<const std::string> read
) {
  std::string members = R"("do":")" + std::string(what) + R"(",)" + at.ToMembers() + R"(,"read":)";
  model::AppendJsonString(members, JoinIds(read));
  return {.entity_type = std::string(kIssuesEntity), .params = StepParams(context, members)};
}

void AppendChains(
    const SyncContext& context, std::span<const std::string> ids, bool keep, Fetched& fetched
) {
  for (const IssueChain& chain : PlanChains(ids, keep)) {
    fetched.next.push_back(
        {.entity_type = std::string(kIssuesEntity),
         .params = StepParams(context, R"("do":"issues",)" + chain.ToMembers())}
    );
  }
}

std::vector<std::string> Without(
    const std::vector<std::string>& ids, const std::vector<std::string>& others
) {
  const std::unordered_set<std::string> left_out(others.begin(), others.end());
  std::vector<std::string> rest;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(rest), [&](const std::string& id) {
    return !left_out.contains(id);
  });
  return rest;
}

}  // namespace

model::NewStep SweepStep(const SyncContext& context, std::span<const std::string> read) {
  return StepAt(context, kSweep, SearchCursor{}, read);
}

model::NewStep CensusStep(SyncContext context) {
  context.since = std::nullopt;  // All issues, whenever they changed.
  return StepAt(context, kCensus, SearchCursor{}, {});
}

Result<Fetched> FetchSweep(const StepAtWork& step) {
  const SearchCursor at = SearchCursor::FromParams(step.params);
  const std::vector<std::string> read = SplitIds(step.params["read"].text().value_or(""));
  PULSE_TRY(const Reply reply, Ask(step.transport, SweepCall(step, at)));
  const Value issues = reply.root()["issues"];
  if (!issues.is_array()) return Error{ErrorKind::kInvalid, "the id sweep got no list of issues"};
  const std::vector<std::string> ids = NewIds(step, issues, read);
  PULSE_TRY(const auto next, NextCursor(step.context.deployment, at, reply.root(), issues.size()));

  Fetched fetched;
  fetched.census[std::string(kIssuesEntity)] = static_cast<std::int64_t>(ids.size());
  PULSE_TRY(const auto absent, NoteCensus(step, ids, fetched));
  AppendChains(step.context, absent, /*keep=*/true, fetched);
  AppendChains(step.context, Without(ids, absent), /*keep=*/false, fetched);
  if (next) {
    fetched.next.push_back(StepAt(step.context, kSweep, *next, read));
  } else {
    EndCensus(step, fetched);
  }
  return fetched;
}

Result<Fetched> FetchCensus(const StepAtWork& step) {
  const SearchCursor at = SearchCursor::FromParams(step.params);
  PULSE_TRY(const Reply reply, Ask(step.transport, SweepCall(step, at)));
  const Value issues = reply.root()["issues"];
  if (!issues.is_array()) return Error{ErrorKind::kInvalid, "the census got no list of issues"};
  PULSE_TRY(const auto next, NextCursor(step.context.deployment, at, reply.root(), issues.size()));

  Fetched fetched;
  PULSE_TRY(const auto absent, NoteCensus(step, NewIds(step, issues, {}), fetched));
  AppendChains(step.context, absent, /*keep=*/true, fetched);
  if (next) {
    fetched.next.push_back(StepAt(step.context, kCensus, *next, {}));
  } else {
    EndCensus(step, fetched);
  }
  return fetched;
}

}  // namespace pulse::source::jira
