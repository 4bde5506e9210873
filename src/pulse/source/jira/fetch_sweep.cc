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

/// The ids of a page behind its first `skip`, each once, without those that were read before.
std::vector<std::string> NewIds(
    const StepAtWork& step, Value issues, std::size_t skip, std::span<const std::string> read
) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> seen(read.begin(), read.end());
  std::size_t position = 0;
  issues.ForEach([&](Value issue) {
    if (position++ < skip) return;
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

/// One page of ids, and the way on.
struct IdPage {
  Fetched fetched;  ///< The next page's step; what is taken back from the count.
  std::vector<std::string> ids;
  bool is_last = false;
};

Result<IdPage> ReadIds(
    const StepAtWork& step, std::string_view what, std::span<const std::string> read
) {
  const SearchCursor at = SearchCursor::FromParams(step.params);
  PULSE_TRY(const Reply reply, Ask(step.transport, SweepCall(step, at)));
  const Value issues = reply.root()["issues"];
  if (!issues.is_array()) return Error{ErrorKind::kInvalid, "the id sweep got no list of issues"};

  IdPage page;
  const auto skip = AlreadyRead(at, issues);
  if (!skip) {
    const SearchCursor earlier = WentBack(at, issues.size());
    // Where all is listed once more, all that was counted is taken back.
    page.fetched.census[std::string(kIssuesEntity)] = earlier.counted - at.counted;
    page.fetched.next.push_back(StepAt(step.context, what, earlier, read));
    return page;
  }
  page.ids = NewIds(step, issues, *skip, read);
  PULSE_TRY(auto next, NextCursor(step.context.deployment, at, reply.root(), issues.size()));
  page.is_last = !next;
  if (next) {
    if (step.context.deployment == Deployment::kServer) {
      next->counted = at.counted + static_cast<std::int64_t>(page.ids.size());
    }
    page.fetched.next.push_back(StepAt(step.context, what, *next, read));
  }
  return page;
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
  const std::vector<std::string> read = SplitIds(step.params["read"].text().value_or(""));
  PULSE_TRY(IdPage page, ReadIds(step, kSweep, read));
  Fetched& fetched = page.fetched;
  fetched.census[std::string(kIssuesEntity)] += static_cast<std::int64_t>(page.ids.size());
  PULSE_TRY(const auto absent, NoteCensus(step, page.ids, fetched));
  AppendChains(step.context, absent, /*keep=*/true, fetched);
  AppendChains(step.context, Without(page.ids, absent), /*keep=*/false, fetched);
  if (page.is_last) EndCensus(step, fetched);
  return std::move(fetched);
}

Result<Fetched> FetchCensus(const StepAtWork& step) {
  PULSE_TRY(IdPage page, ReadIds(step, kCensus, {}));
  Fetched& fetched = page.fetched;
  fetched.census.clear();  // The pass beside it counts what it reads.
  PULSE_TRY(const auto absent, NoteCensus(step, std::move(page.ids), fetched));
  AppendChains(step.context, absent, /*keep=*/true, fetched);
  if (page.is_last) EndCensus(step, fetched);
  return std::move(fetched);
}

}  // namespace pulse::source::jira
