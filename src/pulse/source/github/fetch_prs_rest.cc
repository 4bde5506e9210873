#include <algorithm>

#include "pulse/source/github/fetch.h"
#include "pulse/source/github/headers.h"
#include "pulse/source/github/judge.h"
#include "pulse/source/github/rows.h"
#include "pulse/source/github/scope.h"

namespace pulse::source::github {
namespace {

/// Pull requests whose commits or reviews one step fetches, a call or more for each.
constexpr std::size_t kListsPerStep = 20;
/// With details each pull request is a call of its own; the list page shrinks to keep steps short.
constexpr int kDetailPage = 25;

std::string PullPath(const Step& step, const std::string& rest) {
  return "/repos/" + EncodeFullName(step.repository->full_name) + "/pulls" + rest;
}

struct PrList {
  std::vector<std::string> ids;
  std::vector<std::int64_t> changed;  ///< Numbers at or above the watermark.
  bool reached_watermark = false;
  bool any_wanted = false;  ///< False: all are newer than the end of a backfill.
};

PrList ReadList(
    const FetchRequest& request, const std::vector<Value>& list, std::optional<EpochMs> until
) {
  PrList read;
  for (const Value pr : list) {
    read.ids.push_back(RecordId(pr));
    const auto updated = InstantOf(pr["updated_at"]);
    if (IsPastTheEnd(request, updated)) continue;
    read.any_wanted = true;
    if (until && updated && *updated < *until) {
      read.reached_watermark = true;
    } else if (const auto number = pr["number"].integer()) {
      read.changed.push_back(*number);
    }
  }
  return read;
}

void AddChildSteps(const Step& step, const std::vector<std::int64_t>& numbers, Fetched& out) {
  for (std::size_t i = 0; i < numbers.size(); i += kListsPerStep) {
    const std::size_t end = std::min(numbers.size(), i + kListsPerStep);
    Step child;
    child.repository = step.repository;
    child.rest = true;
    for (std::size_t n = i; n < end; ++n) child.numbers.push_back(numbers[n]);
    out.next.push_back({model::Stage::kExtract, std::string(kPrCommits), child.ToJson()});
    out.next.push_back({model::Stage::kExtract, std::string(kPrReviews), child.ToJson()});
  }
}

/// The same pull requests one by one: the list leaves out sizes and counts.
Result<std::string> FetchDetails(
    const Step& step, const std::vector<std::int64_t>& numbers, Api& api, Fetched& out
) {
  std::string array;
  for (const std::int64_t number : numbers) {
    auto answer = api.Get(
        "/repos/{owner}/{repo}/pulls/{number}", PullPath(step, "/" + std::to_string(number))
    );
    if (!answer && IsOutOfReach(answer.error())) {
      const std::string scope = step.repository->full_name + "#" + std::to_string(number);
      out.gaps.push_back({std::string(kPrs), scope, answer.error().message()});
      continue;
    }
    if (!answer) return std::move(answer).error();
    array.append(array.empty() ? "" : ",").append(answer->body);
  }
  return '[' + array + ']';
}

/// Every page of one pull request's list, as one JSON array of arrays.
Result<std::string> FetchWholeList(const std::string& endpoint, const std::string& path, Api& api) {
  // Of a list that goes on the transform says so.
  constexpr int kMaxPages = kMostReviewsRead / kRestPage;
  std::string pages;
  for (int page = 1; page <= kMaxPages; ++page) {
    PULSE_TRY(
        const Answer answer, api.Get(endpoint, path + "?per_page=100&page=" + std::to_string(page))
    );
    PULSE_CHECK(JsonPage::Parse(answer.body));
    pages.append(pages.empty() ? "" : ",").append(answer.body);
    if (!HasNextLink(answer)) break;
  }
  return '[' + pages + ']';
}

}  // namespace

Result<Fetched> FetchPrsByRest(const FetchRequest& request, const Step& step, Api& api) {
  const bool detail = WantsDetail(request.integration);
  const int size = detail ? kDetailPage : kRestPage;
  PULSE_TRY(
      const Answer answer,
      api.Get(
          "/repos/{owner}/{repo}/pulls",
          PullPath(
              step,
              "?state=all&sort=updated&direction=desc&per_page=" + std::to_string(size) +
                  "&page=" + std::to_string(step.page + 1)
          )
      )
  );
  Fetched out;
  PULSE_TRY(const ListPage page, DecodeList(request, step, answer, {}, out));
  if (!page.frame) return out;
  Step next = step;
  if (step.page == 0 && !step.everything) {
    PULSE_TRY(next.until, StopTime(request, kPrs, step.repository->id));
    const EpochMs started = ServerTime(answer, request.now);
    ProposeWindow(request, kPrs, step.repository->id, next.until, started, out);
  }
  const PrList read = ReadList(request, page.records, next.until);
  AddChildSteps(step, read.changed, out);
  if (HasNextLink(answer) && !read.reached_watermark) {
    next.page = step.page + 1;
    out.next.push_back({model::Stage::kExtract, std::string(kPrs), next.ToJson()});
  }
  std::string body = answer.body;
  if (detail) {
    PULSE_TRY(body, FetchDetails(step, read.changed, api, out));
  }
  const std::size_t count = detail ? read.changed.size() : read.ids.size();
  if (count > 0 && read.any_wanted) {
    out.pages.push_back(MakePage(request, step, kPrs, read.ids, std::move(body)));
    out.pages.back().record_count = static_cast<int>(count);
    if (!next.until) {
      PULSE_TRY(const auto absent, AbsentOf(request, kPrs, read.ids));
      out.pages.back().keep_equal = !absent.empty();
    }
  }
  return out;
}

Result<Fetched> FetchPrLists(const FetchRequest& request, const Step& step, Api& api) {
  const std::string what = request.entity_type == kPrCommits ? "commits" : "reviews";
  Fetched out;
  std::string parts;
  std::vector<std::string> ids;
  for (const std::int64_t number : step.numbers) {
    const std::string id = std::to_string(number);
    auto list = FetchWholeList(
        "/repos/{owner}/{repo}/pulls/{number}/" + what, PullPath(step, "/" + id + "/" + what), api
    );
    if (!list && IsOutOfReach(list.error())) {
      const std::string scope = step.repository->full_name + "#" + id;
      out.gaps.push_back({request.entity_type, scope, list.error().message()});
      continue;
    }
    if (!list) return std::move(list).error();
    parts += (parts.empty() ? "" : ",") + ("{\"number\":" + id) + ",\"items\":" + *list + '}';
    ids.push_back(id);
  }
  if (ids.empty()) return out;
  out.pages.push_back(
      MakePage(request, step, request.entity_type, ids, "{\"parts\":[" + parts + "]}")
  );
  return out;
}

}  // namespace pulse::source::github
