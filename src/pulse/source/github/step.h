#pragma once

/// \file
/// What travels from one extract step to the next, as the step's params.
///
///   {}                                       a job's root: list the repositories in scope
///   {"repository": "owner/name"}             the same for one repository, as a foreign message
///   asks
///   {"repository": {"id", "full_name"}, …}   one repository's page, made by this connector

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/time.h"

namespace pulse::source::github {

struct Repository {
  std::string id;  ///< Database id.
  std::string full_name;
};

/// A connection of a pull request that a page of the main query does not hold whole.
struct NestedNeed {
  std::string node_id;
  char kind = 'c';  ///< c commits, r reviews, m comments: the alias letter of the query.
};

/// 24: see queries/pull_requests.graphql.
inline constexpr int kPullRequestPage = 24;

/// How far a census is. First it lists, repository by repository; then it verifies.
struct Census {
  struct Pending {
    Repository repository;
    std::string cursor;  ///< GraphQL: pull requests after this; REST: the page.
  };
  std::vector<Pending> pending;  ///< Repositories whose pull requests are still to be listed.
  bool listed = false;           ///< No further page of repositories.
  std::string verify;            ///< The entity type to verify; empty while it lists.
  bool believed = false;         ///< The number of the missing was judged by an earlier step.
};

struct Step {
  std::string only;                      ///< Root: the one repository asked for; empty: the scope.
  std::optional<Repository> repository;  ///< Set in every step below the root.
  bool rest = false;
  std::string cursor;                 ///< GraphQL: after this; a REST feed: since this time.
  int page = 0;                       ///< From 0; REST pages of one cursor count from it.
  int first = kPullRequestPage;       ///< Pull requests per GraphQL page.
  std::optional<EpochMs> until;       ///< Stop at records last updated before this.
  std::vector<NestedNeed> nested;     ///< Collected on the way, or to be fetched by this step.
  std::vector<std::int64_t> numbers;  ///< REST: pull requests whose lists this step fetches.
  bool no_reviewers = false;  ///< GraphQL: the token may not read review requests; not asked for.
  /// GraphQL, a pass over everything: when it began, how many pull requests there were then, and
  /// how many its pages listed so far.
  EpochMs began = 0;
  std::int64_t total = 0;
  std::int64_t listed = 0;
  bool tail = false;             ///< Reads what was updated while such a pass was under way.
  bool everything = false;       ///< Read to the end, prove nothing: records that are not here.
  std::optional<Census> census;  ///< Set in the steps of a census.

  std::string ToJson() const;
  /// Errors: kInvalid.
  static Result<Step> FromJson(std::string_view params);
};

}  // namespace pulse::source::github
