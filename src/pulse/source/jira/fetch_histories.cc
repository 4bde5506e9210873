#include <string>
#include <unordered_set>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/transform_changes.h"

namespace pulse::source::jira {
namespace {

constexpr std::string_view kEntriesPerPage = "10000";
/// A batch holds about 10,000 entries, so one page as a rule; so many pages are a loop.
constexpr int kMaxPages = 100;

Call HistoriesCall(const SyncContext& context, std::string_view ids, const std::string& token) {
  std::string body = R"({"issueIdsOrKeys":)";
  body.append(ids).append(R"(,"maxResults":)").append(kEntriesPerPage);
  if (!token.empty()) {
    body += R"(,"nextPageToken":)";
    model::AppendJsonString(body, token);
  }
  return PostCall(context, "/changelog/bulkfetch", body += '}');
}

std::string JsonIds(const IssueChain& batch) {
  std::string ids = "[";
  for (const LongHistory& history : batch.histories) {
    if (ids.size() > 1) ids += ',';
    model::AppendJsonString(ids, history.issue_id);
  }
  return ids += ']';
}

/// All pages of one batch, put together.
struct Histories {
  Answer answer;  ///< Body: the page, or an array of the pages.
  int pages = 0;
  std::unordered_set<std::string> issues;
  bool decodable = true;
};

Result<Histories> ReadAll(const StepAtWork& step, std::string_view ids) {
  Histories all;
  std::string token;
  for (;;) {
    std::optional<Answer> undecodable;
    auto reply = Ask(step.transport, HistoriesCall(step.context, ids, token), &undecodable);
    if (!reply && undecodable && step.last_attempt()) {
      return Histories{*std::move(undecodable), 1, {}, false};
    }
    if (!reply) return std::move(reply).error();
    const Value root = reply->root();
    root["issueChangeLogs"].ForEach([&](Value log) { all.issues.insert(log["issueId"].id()); });
    std::string next = root["nextPageToken"].id();
    std::string body = std::move(reply->answer.body);
    if (all.pages++ == 0) {
      all.answer = std::move(reply->answer);
      all.answer.body = std::move(body);
    } else {
      all.answer.body.append(",").append(body);
    }
    if (next.empty()) break;
    if (next == token || all.pages == kMaxPages) {
      return Error{ErrorKind::kUnavailable, "changelog/bulkfetch does not come to an end"};
    }
    token = std::move(next);
  }
  if (all.pages > 1) all.answer.body = "[" + std::move(all.answer.body) + "]";
  return all;
}

/// Issues whose long history was announced and then not served.
std::string Unserved(const IssueChain& batch, const Histories& all) {
  std::string missing;
  for (const LongHistory& history : batch.histories) {
    if (all.issues.contains(history.issue_id)) continue;
    missing.append(missing.empty() ? "" : ",").append(history.issue_id);
  }
  return missing;
}

}  // namespace

void AppendHistorySteps(
    const SyncContext& context,
    std::span<const LongHistory> histories,
    std::vector<model::NewStep>& steps
) {
  for (std::vector<LongHistory>& batch : PlanHistoryBatches(histories)) {
    const IssueChain chain{{}, std::move(batch), {}};
    steps.push_back(
        {.entity_type = std::string(kChangesEntity),
         .params = StepParams(context, chain.ToMembers())}
    );
  }
}

Result<Fetched> FetchHistories(const StepAtWork& step) {
  const IssueChain batch = IssueChain::FromParams(step.params);
  const std::string ids = JsonIds(batch);
  PULSE_TRY(Histories all, ReadAll(step, ids));
  const std::string missing = Unserved(batch, all);
  if (!missing.empty() && !step.last_attempt()) {
    return Error{ErrorKind::kUnavailable, "the source left out histories of issues " + missing};
  }

  Fetched fetched;
  const std::string identity = R"("ids":")" + ContentFingerprint(ids) + '"';
  store::NewRawPage page = NewPage(
      step, HistoriesCall(step.context, ids, ""), kChangesEntity, identity, std::move(all.answer), 0
  );
  if (!all.decodable)
    page.error_details = R"({"error":"the histories are no JSON","issues":)" + ids + '}';
  fetched.pages.push_back(std::move(page));
  if (!missing.empty()) {
    fetched.gaps.push_back(
        {std::string(kChangesEntity), "histories of issues " + missing, "were not served in full"}
    );
  }
  return fetched;
}

}  // namespace pulse::source::jira
