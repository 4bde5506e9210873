#include "pulse/source/github/fetch.h"
#include "pulse/source/github/headers.h"
#include "pulse/source/github/rows.h"

namespace pulse::source::github {
namespace {

struct CommentFeed {
  std::string_view endpoint;
  std::string_view suffix;
};

CommentFeed FeedOf(std::string_view entity_type) {
  if (entity_type == kIssueComments) {
    return {"/repos/{owner}/{repo}/issues/comments", "/issues/comments"};
  }
  return {"/repos/{owner}/{repo}/pulls/comments", "/pulls/comments"};
}

std::string PathOf(const Step& step, const CommentFeed& feed) {
  std::string path = "/repos/" + EncodeFullName(step.repository->full_name);
  path.append(feed.suffix).append("?sort=updated&direction=asc&per_page=");
  path += std::to_string(kRestPage);
  if (!step.cursor.empty()) path += "&since=" + Encode(step.cursor);
  if (step.page > 0) path += "&page=" + std::to_string(step.page + 1);
  return path;
}

/// GitHub's own form of an instant: whole seconds.
std::string Seconds(EpochMs instant) { return FormatInstant(instant).substr(0, 19) + "Z"; }

/// The next page goes on from the last comment's time, not from a page number: numbers shift while
/// people write and delete, and a comment at a page's edge would be lost. Comments of that second
/// come twice, which merges away. Only where one second fills a whole page are pages counted.
Step NextPage(const Step& step, std::string_view last_updated) {
  Step next = step;
  if (last_updated == step.cursor || last_updated.empty()) {
    next.page = step.page + 1;
  } else {
    next.page = 0;
    next.cursor = last_updated;
  }
  return next;
}

}  // namespace

Result<Fetched> FetchComments(const FetchRequest& request, const Step& step, Api& api) {
  const CommentFeed feed = FeedOf(request.entity_type);
  const bool first = step.cursor.empty() && step.page == 0;
  Step asked = step;
  if (first) {
    PULSE_TRY(asked.until, StopTime(request, request.entity_type, step.repository->id));
    if (asked.until) asked.cursor = Seconds(*asked.until);
  }
  PULSE_TRY(const Answer answer, api.Get(feed.endpoint, PathOf(asked, feed)));

  Fetched out;
  PULSE_TRY(const ListPage page, DecodeList(request, step, answer, {}, out));
  if (!page.frame) return out;
  if (first) {
    const EpochMs started = ServerTime(answer, request.now);
    ProposeWindow(request, request.entity_type, step.repository->id, asked.until, started, out);
  }
  std::vector<std::string> ids;
  std::string last_updated;
  for (const Value comment : page.records) {
    ids.push_back(RecordId(comment));
    if (const auto updated = comment["updated_at"].text()) last_updated = *updated;
  }
  const bool past_the_end = IsPastTheEnd(request, ParseInstant(last_updated));
  if (!past_the_end && (HasNextLink(answer) || ids.size() >= kRestPage)) {
    out.next.push_back(
        {model::Stage::kExtract, request.entity_type, NextPage(asked, last_updated).ToJson()}
    );
  }
  if (!ids.empty()) {
    out.pages.push_back(MakePage(request, step, request.entity_type, ids, answer.body));
  }
  return out;
}

}  // namespace pulse::source::github
