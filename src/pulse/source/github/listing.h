#pragma once

/// \file
/// One page of the list of repositories in scope, over either API.

#include <optional>
#include <string>
#include <vector>

#include "pulse/source/github/fetch.h"
#include "pulse/source/github/scope.h"

namespace pulse::source::github {

/// The newest change of one kind in a repository, where the list says.
struct Newest {
  bool known = false;  ///< REST lists do not say.
  std::int64_t count = 0;
  std::optional<EpochMs> at;
};

struct ListedRepository {
  Repository repository;
  Newest prs;
  Newest deployments;
  Newest releases;
};

struct Listing {
  /// As they came; more than one when named repositories did not fit one query.
  struct Body {
    std::string text;
    std::vector<std::string> ids;
  };
  std::vector<Body> bodies;
  std::vector<ListedRepository> repositories;
  std::vector<model::Gap> gaps;       ///< Named repositories that are not there.
  Fetched aside;                      ///< An undecodable page, with its gap.
  std::optional<std::int64_t> total;  ///< In scope, on the first page.
  std::string next_cursor;            ///< GraphQL.
  bool more = false;
  EpochMs started = 0;  ///< The server's clock.
};

/// Errors: the transport's; kInvalid (not JSON); kNotFound (no such owner, or no such API here).
Result<Listing> ListByGraphql(
    const FetchRequest& request, const RepositoryScope& scope, const Step& step, Api& api
);
Result<Listing> ListByRest(
    const FetchRequest& request, const RepositoryScope& scope, const Step& step, Api& api
);

}  // namespace pulse::source::github
