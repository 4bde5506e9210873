#pragma once

/// \file
/// One extract step each, and what they share. All are pure in (request, step, answers).

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/source/github/api.h"
#include "pulse/source/github/step.h"
#include "pulse/source/json_page.h"
#include "pulse/source/source.h"

namespace pulse::source::github {

inline constexpr std::string_view kSync = "github_sync";
inline constexpr std::string_view kRepositories = "github_repositories";
inline constexpr std::string_view kPrs = "github_prs";
inline constexpr std::string_view kPrNested = "github_pr_nested";
inline constexpr std::string_view kReviewComments = "github_review_comments";
inline constexpr std::string_view kIssueComments = "github_issue_comments";
inline constexpr std::string_view kPrReviews = "github_pr_reviews";
inline constexpr std::string_view kPrCommits = "github_pr_commits";
inline constexpr std::string_view kDeployments = "github_deployments";
inline constexpr std::string_view kReleases = "github_releases";

/// Lists the repositories in scope and makes a step for each of their entities in which something
/// moved. Where GraphQL is not there, the whole job goes over REST.
Result<Fetched> FetchRepositories(const FetchRequest& request, const Step& step, Api& api);

/// One page of pull requests, newest update first, until the watermark; child sets that do not fit
/// are collected on the way and fetched by kPrNested steps of up to 100 connections.
Result<Fetched> FetchPrs(const FetchRequest& request, const Step& step, Api& api);
Result<Fetched> FetchNested(const FetchRequest& request, const Step& step, Api& api);

/// Lists the repositories in scope and their pull requests by id: 49 repositories a query, 100 ids
/// each, one point. Pull requests older than the watermark that have no living row make their
/// repository be read in full. Then verifies: what was not listed is asked for by name. A
/// repository that answers 404 takes its pull requests along: `access_lost`, for GitHub says the
/// same of what is gone and what is hidden. A pull request gone from a repository that answers was
/// `deleted`.
Result<Fetched> FetchCensus(const FetchRequest& request, const Step& step, Api& api);

/// The same over REST; commits and reviews come by kPrCommits and kPrReviews steps.
Result<Fetched> FetchPrsByRest(const FetchRequest& request, const Step& step, Api& api);
/// Reviews of one pull request that are read at most, 100 a call: 50 calls.
inline constexpr std::int64_t kMostReviewsRead = 5000;
Result<Fetched> FetchPrLists(const FetchRequest& request, const Step& step, Api& api);

/// Repository-wide comments by update time, oldest first: review comments for both plans,
/// conversation comments for REST.
Result<Fetched> FetchComments(const FetchRequest& request, const Step& step, Api& api);

/// Deployments or releases, newest first.
Result<Fetched> FetchDeliveries(const FetchRequest& request, const Step& step, Api& api);

// What the fetchers share.

/// On this attempt an undecodable page is set aside instead of being asked for again.
inline constexpr int kLastAttempt = 2;

/// Where an incremental pass stops: the job's own `since`, else the watermark; nothing on a full
/// pass. Only asked on a pass's first page; the rest carry it in their params.
Result<std::optional<EpochMs>> StopTime(
    const FetchRequest& request, std::string_view entity_type, std::string_view scope
);

/// Whether a record updated then is past the end of the backfill this job is.
bool IsPastTheEnd(const FetchRequest& request, std::optional<EpochMs> updated);

/// Which of these have no living row here; none where nobody can tell.
Result<std::vector<std::string>> AbsentOf(
    const FetchRequest& request, std::string_view entity_type, const std::vector<std::string>& ids
);

/// Proposes the window this pass proves, from `until` to five minutes before `started` (the
/// server's clock on the pass's first page), or to the end of a backfill; none for a job that reads
/// repositories of its own choice.
void ProposeWindow(
    const FetchRequest& request,
    std::string_view entity_type,
    std::string_view scope,
    std::optional<EpochMs> until,
    EpochMs started,
    Fetched& out
);

/// A raw page. Its request names it by what it holds (`ids`), never by cursor or time: the same
/// records read again are the same request, and a page of other records never replaces it.
store::NewRawPage MakePage(
    const FetchRequest& request,
    const Step& step,
    std::string_view transform_entity,
    const std::vector<std::string>& ids,
    std::string body
);

/// A list page as far as it could be read.
struct ListPage {
  std::unique_ptr<JsonPage> frame;  ///< Everything around the records; null: nothing was readable.
  std::vector<std::unique_ptr<JsonPage>> parsed;  ///< Keeps `records` alive.
  std::vector<Value> records;                     ///< In order; absent where a record is no JSON.

  Value root() const { return frame->root(); }
};

/// The records at `path` ({} is the root) and what is around them. One record that does not parse
/// costs itself only: the list is cut into its elements, and the rest of the page (cursor, totals)
/// is read without them. A page that cannot even be cut is kInvalid on the first two attempts; on
/// the third it is stored as a failed page with a gap, and a page without frame is answered.
/// Errors beside that: kUnavailable (JSON, but no such list).
Result<ListPage> DecodeList(
    const FetchRequest& request,
    const Step& step,
    const Answer& answer,
    std::span<const std::string_view> path,
    Fetched& out
);

/// The id a record of either API is known by.
std::string RecordId(Value record);

/// "owner/name" -> both halves.
std::pair<std::string_view, std::string_view> SplitName(std::string_view full_name);

/// Calls `send` for all items at once. Where GitHub does not find one of them the whole query
/// fails, so the items are halved until the missing ones are alone; those go to `missing`.
template <class Item, class Send, class Missing>
Result<> SendSplitting(std::span<const Item> items, const Send& send, const Missing& missing) {
  if (items.empty()) return {};
  Result<> sent = send(items);
  if (sent || sent.error().kind() != ErrorKind::kNotFound) return sent;
  if (items.size() == 1) {
    missing(items.front(), sent.error());
    return {};
  }
  const std::size_t half = items.size() / 2;
  PULSE_CHECK(SendSplitting(items.first(half), send, missing));
  return SendSplitting(items.subspan(half), send, missing);
}

}  // namespace pulse::source::github
