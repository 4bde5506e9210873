#include <algorithm>
#include <array>

#include "pulse/source/github/fetch.h"
#include "pulse/source/github/headers.h"
#include "pulse/source/github/judge.h"
#include "pulse/source/github/queries.h"
#include "pulse/source/github/rows.h"

namespace pulse::source::github {
namespace {

/// A connection costs a hundredth of a point, so a hundred of them make a query's point full.
constexpr std::size_t kNestedPerStep = 100;
constexpr std::array<std::string_view, 4> kNodesPath = {
    "data", "repository", "pullRequests", "nodes"
};

/// A page too heavy for GitHub's ten seconds answers 502 or 504, and costs extra: every failed
/// attempt halves the page, 24, 12, 6, 3, 1.
int PageSize(const Step& step, int attempt) {
  return std::max(1, step.first >> std::min(attempt, 10));
}

/// What the following page asks for: a page that came at the first attempt lets the size grow by a
/// quarter, so a passing trouble does not make the whole chain dear, and a repository whose pages
/// are heavy stays near what it can answer.
int NextPageSize(int size, int attempt) {
  return attempt > 0 ? size : std::min(kPullRequestPage, size + size / 4 + 1);
}

void CollectNested(Value pr, std::vector<NestedNeed>& needs) {
  const std::string node_id = pr["id"].id();
  const auto need = [&](std::string_view connection, char kind) {
    if (pr[connection]["pageInfo"]["hasNextPage"].boolean() == true)
      needs.push_back({node_id, kind});
  };
  need("commits", 'c');
  need("reviews", 'r');
  need("comments", 'm');
}

/// Hands `needs` over in steps of 100; the rest is kept, unless this was the last page.
void FlushNested(const Step& step, bool last, std::vector<NestedNeed>& needs, Fetched& out) {
  while (needs.size() >= kNestedPerStep || (last && !needs.empty())) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(needs.size(), kNestedPerStep));
    Step child;
    child.repository = step.repository;
    child.nested.assign(needs.begin(), needs.begin() + count);
    needs.erase(needs.begin(), needs.begin() + count);
    out.next.push_back({model::Stage::kExtract, std::string(kPrNested), child.ToJson()});
  }
}

struct PrPage {
  std::vector<std::string> ids;
  std::vector<NestedNeed> needs;
  bool reached_watermark = false;
  bool any_wanted = false;  ///< False: all are newer than the end of a backfill.
};

PrPage ReadNodes(
    const FetchRequest& request, const std::vector<Value>& nodes, std::optional<EpochMs> until
) {
  PrPage page;
  for (const Value pr : nodes) {
    page.ids.push_back(RecordId(pr));
    const auto updated = InstantOf(pr["updatedAt"]);
    if (IsPastTheEnd(request, updated)) continue;
    page.any_wanted = true;
    if (until && updated && *updated < *until) {
      page.reached_watermark = true;
    } else {
      CollectNested(pr, page.needs);
    }
  }
  return page;
}

/// A pass over everything also brings what came back: its pages are kept although they may look
/// like those of a time before it went.
Result<bool> BringsAbsent(const FetchRequest& request, const Step& step, const PrPage& page) {
  if (step.until) return false;
  PULSE_TRY(const auto absent, AbsentOf(request, kPrs, page.ids));
  return !absent.empty();
}

/// One page. A token that may not read who is asked for a review (classic ones need read:org for
/// teams, apps the members permission) would read nothing at all: then they are left out, here and
/// on the pages that follow, and their columns stay as they are.
Result<Answer> AskForPage(const Variables& variables, Api& api, Step& next) {
  const auto fewer = [&] {
    return api.Query(WithoutField(queries::kPullRequests, "reviewRequests"), variables);
  };
  if (next.no_reviewers) return fewer();
  auto whole = api.Query(queries::kPullRequests, variables);
  if (whole || !IsOutOfReach(whole.error())) return whole;
  auto without = fewer();
  if (!without) return whole;
  next.no_reviewers = true;
  return without;
}

/// What the first page of a pass settles: where it ends, and what it counts and proves.
Result<> Begin(
    const FetchRequest& request, const Answer& answer, Value list, Step& next, Fetched& out
) {
  const std::string& scope = next.repository->id;
  next.began = ServerTime(answer, request.now);
  next.total = list["totalCount"].integer().value_or(0);
  if (next.everything) return {};
  PULSE_TRY(next.until, StopTime(request, kPrs, scope));
  if (!next.until) out.census[std::string(kPrs)] = next.total;
  ProposeWindow(request, kPrs, scope, next.until, next.began, out);
  return {};
}

/// A pull request that is updated before its page is read moves to the front, behind the reader's
/// back. The next sync would find it; but this one counted it, so it looks once more, as far back
/// as it began, when its pages listed fewer than there are. An undisturbed pass pays nothing.
void AddTail(const FetchRequest& request, Value list, const Step& next, Fetched& out) {
  constexpr EpochMs kReplicaLag = EpochMs{60} * 1000;
  if (next.until || request.options.until || next.tail) return;
  const std::int64_t total = list["totalCount"].integer().value_or(0);
  if (total <= next.listed) return;
  if (!next.everything) out.census[std::string(kPrs)] += total - next.total;
  Step tail;
  tail.repository = next.repository;
  tail.no_reviewers = next.no_reviewers;
  tail.until = next.began - kReplicaLag;
  tail.tail = true;
  out.next.push_back({model::Stage::kExtract, std::string(kPrs), tail.ToJson()});
}

}  // namespace

Result<Fetched> FetchPrs(const FetchRequest& request, const Step& step, Api& api) {
  const auto [owner, name] = SplitName(step.repository->full_name);
  Step next = step;
  next.first = PageSize(step, request.attempt);
  Variables variables;
  variables.Text("owner", owner).Text("name", name).Number("first", next.first);
  variables.Cursor("after", step.cursor);
  PULSE_TRY(const Answer answer, AskForPage(variables, api, next));

  Fetched out;
  PULSE_TRY(const ListPage page, DecodeList(request, step, answer, kNodesPath, out));
  if (!page.frame) {
    FlushNested(step, true, next.nested, out);
    return out;
  }
  const Value list = page.root()["data"]["repository"]["pullRequests"];
  if (step.page == 0 && !step.tail) PULSE_CHECK(Begin(request, answer, list, next, out));

  PrPage read = ReadNodes(request, page.records, next.until);
  next.nested.insert(next.nested.end(), read.needs.begin(), read.needs.end());
  next.listed += static_cast<std::int64_t>(page.records.size());
  const Value info = list["pageInfo"];
  const bool more = info["hasNextPage"].boolean() == true && !read.reached_watermark;
  FlushNested(step, !more, next.nested, out);
  if (more) {
    next.cursor = info["endCursor"].text().value_or("");
    next.page = step.page + 1;
    next.first = NextPageSize(next.first, request.attempt);
    if (next.cursor.empty() || next.cursor == step.cursor) {
      return Error{ErrorKind::kUnavailable, "the list of pull requests repeats its cursor"};
    }
    out.next.push_back({model::Stage::kExtract, std::string(kPrs), next.ToJson()});
  } else if (step.page > 0) {
    AddTail(request, list, next, out);
  }
  if (read.any_wanted) {
    out.pages.push_back(MakePage(request, step, kPrs, read.ids, answer.body));
    out.pages.back().record_count = static_cast<int>(read.ids.size());
    PULSE_TRY(out.pages.back().keep_equal, BringsAbsent(request, next, read));
  }
  return out;
}

}  // namespace pulse::source::github
