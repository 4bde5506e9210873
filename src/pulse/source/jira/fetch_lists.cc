#include <algorithm>
#include <string>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/transform_changes.h"

namespace pulse::source::jira {
namespace {

/// One call each at least, so a step stays within a dozen calls or so.
constexpr std::size_t kListsPerStep = 10;
constexpr int kMaxPages = 1000;

Call ListCall(const SyncContext& context, const LongList& list, std::int64_t start) {
  const std::string page_size = list.kind == "comment" ? "100&orderBy=created" : "1000";
  return GetCall(
      context,
      "/issue/{id}/" + list.kind,
      "/issue/" + list.issue_id + "/" + list.kind + "?startAt=" + std::to_string(start) +
          "&maxResults=" + page_size
  );
}

/// One list as a part of the raw page, its pages as they came.
struct Part {
  std::string json;
  bool decodable = true;
};

Result<Part> ReadList(const StepAtWork& step, const LongList& list) {
  Part part;
  part.json = R"({"issue_id":)";
  model::AppendJsonString(part.json, list.issue_id);
  part.json += R"(,"kind":")" + list.kind + R"(","pages":[)";
  const std::string elements = list.kind + "s";
  std::int64_t start = 0;
  for (int pages = 0; pages < kMaxPages; ++pages) {
    std::optional<Answer> undecodable;
    auto reply = Ask(step.transport, ListCall(step.context, list, start), &undecodable);
    if (!reply && undecodable && step.last_attempt()) return Part{undecodable->body, false};
    if (!reply) return std::move(reply).error();
    const Value root = reply->root();
    const auto count = static_cast<std::int64_t>(root[elements].size());
    if (pages > 0) part.json += ',';
    part.json += reply->answer.body;
    start += count;
    const std::int64_t total = root["total"].integer().value_or(0);
    if (start >= total) break;
    if (count > 0) continue;
    // Announced and not shown: a moment's confusion, or entries hidden from this account.
    if (!step.last_attempt()) {
      return Error{
          ErrorKind::kUnavailable,
          "issue " + list.issue_id + " shows " + std::to_string(start) + " of " +
              std::to_string(total) + " " + elements
      };
    }
    part.json += R"(],"missing":)" + std::to_string(total - start) + '}';
    return part;
  }
  part.json += "]}";
  return part;
}

}  // namespace

void AppendListSteps(
    const SyncContext& context, std::span<const LongList> lists, std::vector<model::NewStep>& steps
) {
  while (!lists.empty()) {
    const auto some = lists.first(std::min(kListsPerStep, lists.size()));
    const IssueChain chain{{}, {}, {some.begin(), some.end()}, false};
    steps.push_back(
        {.entity_type = std::string(kDetailsEntity),
         .params = StepParams(context, chain.ToMembers())}
    );
    lists = lists.subspan(some.size());
  }
}

Result<Fetched> FetchLists(const StepAtWork& step) {
  const IssueChain batch = IssueChain::FromParams(step.params);
  Fetched fetched;
  std::string body = R"({"parts":[)";
  std::string identity;
  bool any = false;
  for (const LongList& list : batch.lists) {
    identity += list.issue_id + list.kind + ',';
    auto part = ReadList(step, list);
    // Gone since its page was read: nothing is missing that still exists.
    if (!part && part.error().kind() == ErrorKind::kNotFound) continue;
    if (!part) return std::move(part).error();
    if (!part->decodable) {
      const Call call = ListCall(step.context, list, 0);
      store::NewRawPage page = NewPage(
          step, call, kDetailsEntity, "", {.status = 200, .headers = {}, .body = part->json}, 0
      );
      page.error_details = R"({"error":"the list is no JSON"})";
      fetched.pages.push_back(std::move(page));
      fetched.gaps.push_back(
          {std::string(kDetailsEntity),
           list.kind + "s of issue " + list.issue_id,
           "the list is no JSON"}
      );
      continue;
    }
    body.append(any ? "," : "").append(part->json);
    any = true;
  }
  if (!any) return fetched;
  const Call call = GetCall(step.context, "/issue/{id}/{lists}", "/issue/{id}/{lists}");
  fetched.pages.push_back(NewPage(
      step,
      call,
      kDetailsEntity,
      R"("lists":")" + ContentFingerprint(identity) + '"',
      {.status = 200, .headers = {}, .body = body + "]}"},
      0
  ));
  return fetched;
}

}  // namespace pulse::source::jira
