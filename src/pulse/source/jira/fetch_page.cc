#include <memory>
#include <string>
#include <unordered_set>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/id_list.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/jql.h"
#include "pulse/source/jira/plan.h"
#include "pulse/source/jira/search_cursor.h"
#include "pulse/source/jira/transform_issue.h"
#include "pulse/source/json_slice.h"

namespace pulse::source::jira {
namespace {

/// A row of pages under way.
struct PageRow {
  SearchCursor at;
  std::int64_t pages = 0;         ///< Read so far.
  std::vector<std::string> read;  ///< The issues in them: counted, and not to be fetched again.
  IssueChain waiting;             ///< Long histories and lists, to be fetched together.

  std::string ToMembers() const {
    std::string members = R"("do":"page","pages":)" + std::to_string(pages) + ',';
    members += at.ToMembers() + R"(,"read":)";
    model::AppendJsonString(members, JoinIds(read));
    return members + ',' + waiting.ToMembers();
  }
  static PageRow FromParams(Value params) {
    return {
        SearchCursor::FromParams(params),
        params["pages"].integer().value_or(0),
        SplitIds(params["read"].text().value_or("")),
        IssueChain::FromParams(params)
    };
  }
};

model::NewStep StepOf(const SyncContext& context, const PageRow& row) {
  return {
      .entity_type = std::string(kIssuesEntity), .params = StepParams(context, row.ToMembers())
  };
}

Call PageCall(const StepAtWork& step, const SearchCursor& at) {
  std::string body = R"({"jql":)";
  model::AppendJsonString(body, SweepJql(step.request, step.context));
  body.append(",").append(kIssueFields).append(R"(,"expand":"changelog","maxResults":)");
  body += std::to_string(kIssuesPerCall);
  if (!at.token.empty()) {
    body += R"(,"nextPageToken":)";
    model::AppendJsonString(body, at.token);
  }
  return PostCall(step.context, "/search/jql", body += '}');
}

/// A page taken apart: its issues, and what stands around them.
struct SearchPage {
  /// `{"issues":[…]}`, and no token: that would make every reading another page.
  std::string body;
  std::unique_ptr<JsonPage> envelope;
  IssuePage issues;
};

/// One record that is no JSON leaves the others and the envelope readable. Errors: kInvalid.
Result<SearchPage> TakeApart(std::string_view body) {
  constexpr std::string_view kPath[] = {"issues"};
  PULSE_TRY(const auto records, SliceArray(body, kPath));
  std::string_view issues;
  std::string envelope(body);
  if (!records.empty()) {
    const auto begin = static_cast<std::size_t>(records.front().data() - body.data());
    const char* last = records.back().data() + records.back().size();
    issues = body.substr(begin, static_cast<std::size_t>(last - body.data()) - begin);
    envelope.erase(begin, issues.size());
  }
  SearchPage page;
  PULSE_TRY(page.envelope, JsonPage::Parse(envelope));
  page.body = R"({"issues":[)" + std::string(issues) + "]}";
  PULSE_TRY(page.issues, ReadIssuePage(page.body));
  return page;
}

/// Notes the issues of a page as read. Returns how many are new: the page's share of the census.
std::int64_t NoteRead(const IssuePage& page, std::vector<std::string>& read) {
  std::unordered_set<std::string> seen(read.begin(), read.end());
  auto fresh = page.broken - static_cast<std::int64_t>(page.broken_ids.size());
  for (const auto* ids : {&page.ids, &page.broken_ids}) {
    for (const std::string& id : *ids) {
      if (!seen.insert(id).second) continue;
      read.push_back(id);
      ++fresh;
    }
  }
  return fresh;
}

/// Emits the batches that are full and keeps the one that is not.
void FlushFullBatches(const SyncContext& context, PageRow& row, Fetched& fetched) {
  std::vector<LongHistory>& histories = row.waiting.histories;
  const auto batches = PlanHistoryBatches(histories);
  if (batches.size() < 2) return;
  const std::size_t full = histories.size() - batches.back().size();
  AppendHistorySteps(context, std::span(histories).first(full), fetched.next);
  histories.erase(histories.begin(), histories.begin() + static_cast<std::ptrdiff_t>(full));
}

void FlushAll(const SyncContext& context, const PageRow& row, Fetched& fetched) {
  AppendHistorySteps(context, row.waiting.histories, fetched.next);
  AppendListSteps(context, row.waiting.lists, fetched.next);
}

/// The sweep reads what this row did not.
void HandOver(const SyncContext& context, const PageRow& row, Fetched& fetched) {
  FlushAll(context, row, fetched);
  fetched.next.push_back(SweepStep(context, row.read));
}

/// Whether it may be the page that is refused, and not the query or ourselves. A token the source
/// no longer knows is answered like a bad query.
bool IsThisPagesFault(const Error& error, const SearchCursor& at) {
  switch (error.kind()) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return true;
    case ErrorKind::kInvalid:
      return !at.token.empty();
    default:
      return false;
  }
}

/// Kept as failed. It is no gap: the sweep fetches its issues.
store::NewRawPage FailedPage(
    const StepAtWork& step, const Call& call, const PageRow& row, Answer answer, const Error& error
) {
  const std::string identity = R"("page":)" + std::to_string(row.pages + 1);
  store::NewRawPage page = NewPage(step, call, kIssuesEntity, identity, std::move(answer), 0);
  std::string details = R"({"error":)";
  model::AppendJsonString(details, error.message());
  page.error_details = details + R"(,"instead":"issues by id"})";
  return page;
}

/// A page's issues by the fingerprint of their ids: see the chains.
store::NewRawPage KeptPage(
    const StepAtWork& step, const Call& call, Answer answer, SearchPage& page
) {
  const std::string identity = R"("mapping":)" + step.context.mapping.ToJson() + R"(,"ids":")" +
                               ContentFingerprint(JoinIds(page.issues.ids)) + '"';
  const auto records = static_cast<int>(page.issues.ids.size()) + page.issues.broken;
  answer.body = std::move(page.body);
  return NewPage(step, call, kIssuesEntity, identity, std::move(answer), records);
}

template <class T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// A readable page: kept, counted, and the way on.
Result<Fetched> Keep(
    const StepAtWork& step, const Call& call, PageRow row, Answer answer, SearchPage page
) {
  const IssuePage& issues = page.issues;
  const std::size_t returned = issues.ids.size() + static_cast<std::size_t>(issues.broken);
  const auto next = NextCursor(step.context.deployment, row.at, page.envelope->root(), returned);
  if (!next && !step.last_attempt()) return next.error();

  Fetched fetched;
  ++row.pages;
  const auto read_before = static_cast<std::ptrdiff_t>(row.read.size());
  fetched.census[std::string(kIssuesEntity)] = NoteRead(issues, row.read);
  PULSE_TRY(
      const auto absent, NoteCensus(step, {row.read.begin() + read_before, row.read.end()}, fetched)
  );
  Append(row.waiting.histories, issues.histories);
  Append(row.waiting.lists, issues.lists);
  if (returned > 0) {
    fetched.pages.push_back(KeptPage(step, call, std::move(answer), page));
    fetched.pages.back().keep_equal = !absent.empty();
  }

  const std::optional<SearchCursor> way_on = next ? *next : std::nullopt;
  const bool is_last = next && !way_on;
  if (is_last) {
    FlushAll(step.context, row, fetched);
    EndCensus(step, fetched);
  } else if (way_on && row.pages < kMostPagesInARow) {
    row.at = *way_on;
    FlushFullBatches(step.context, row, fetched);
    fetched.next.push_back(StepOf(step.context, row));
  } else {
    HandOver(step.context, row, fetched);
  }
  return fetched;
}

}  // namespace

model::NewStep PageStep(const SyncContext& context) { return StepOf(context, PageRow{}); }

Call FirstPageCall(const StepAtWork& step) { return PageCall(step, SearchCursor{}); }

bool IsLastAndEmpty(const Answer& answer) {
  const auto page = JsonPage::Parse(answer.body);
  if (!page) return false;
  const Value root = (*page)->root();
  const bool more = !root["nextPageToken"].id().empty() && root["isLast"].boolean() != true;
  return root["issues"].is_array() && root["issues"].size() == 0 && !more;
}

Result<Fetched> TakeFirstPage(const StepAtWork& step, const Call& call, Answer answer) {
  PULSE_TRY(SearchPage page, TakeApart(answer.body));
  return Keep(step, call, PageRow{}, std::move(answer), std::move(page));
}

Result<Fetched> FetchPage(const StepAtWork& step) {
  PageRow row = PageRow::FromParams(step.params);
  const Call call = PageCall(step, row.at);
  auto answer = step.transport.Send(call);
  if (!answer) {
    const bool give_up = step.last_attempt() && IsThisPagesFault(answer.error(), row.at);
    if (!give_up) return std::move(answer).error();
    Fetched fetched;
    HandOver(step.context, row, fetched);
    return fetched;
  }
  auto page = TakeApart(answer->body);
  if (page) return Keep(step, call, std::move(row), *std::move(answer), *std::move(page));

  Error error = Undecodable(call, *answer, page.error());
  if (!step.last_attempt()) return error;
  Fetched fetched;
  fetched.pages.push_back(FailedPage(step, call, row, *std::move(answer), error));
  HandOver(step.context, row, fetched);
  return fetched;
}

}  // namespace pulse::source::jira
