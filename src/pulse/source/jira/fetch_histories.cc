#include <string>
#include <unordered_map>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/id_list.h"
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
  std::unordered_map<std::string, std::int64_t> entries;  ///< By issue.
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
    root["issueChangeLogs"].ForEach([&](Value log) {
      all.entries[log["issueId"].id()] += static_cast<std::int64_t>(log["changeHistories"].size());
    });
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

/// Issues whose long history was announced and then not served in full. An issue that is gone by
/// now has none.
Result<std::vector<std::string>> Unserved(
    const StepAtWork& step, const IssueChain& batch, const Histories& all
) {
  std::vector<std::string> missing;
  for (const LongHistory& history : batch.histories) {
    if (!all.entries.contains(history.issue_id)) missing.push_back(history.issue_id);
  }
  if (!all.decodable) return missing;
  // One is enough to try again; only the last try has to know them all.
  return StillThere(step, missing, step.last_attempt() ? missing.size() : 1);
}

/// Issues of whose history fewer entries came than were announced, as a JSON list.
std::string ShortOnes(const IssueChain& batch, const Histories& all) {
  std::string ids;
  for (const LongHistory& history : batch.histories) {
    const auto came = all.entries.find(history.issue_id);
    if (came == all.entries.end() || came->second >= history.entries) continue;
    ids += ids.empty() ? "[" : ",";
    model::AppendJsonString(ids, history.issue_id);
  }
  return ids.empty() ? ids : ids + ']';
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
  PULSE_TRY(const std::vector<std::string> unserved, Unserved(step, batch, all));
  const std::string missing = JoinIds(unserved);
  if (!missing.empty() && !step.last_attempt()) {
    return Error{ErrorKind::kUnavailable, "the source left out histories of issues " + missing};
  }
  // Entries hidden from this account would be fewer every time, so one more try has to do. The
  // transform then calls the history what it is.
  const std::string short_ones = ShortOnes(batch, all);
  if (!short_ones.empty() && step.request.attempt == 0) {
    return Error{ErrorKind::kUnavailable, "the source cut histories of issues " + short_ones};
  }

  Fetched fetched;
  std::string identity = R"("ids":")" + ContentFingerprint(ids) + '"';
  if (!short_ones.empty()) identity += R"(,"short":)" + short_ones;
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
