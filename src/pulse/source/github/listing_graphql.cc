#include <algorithm>
#include <array>

#include "pulse/source/github/headers.h"
#include "pulse/source/github/listing.h"
#include "pulse/source/github/queries.h"
#include "pulse/source/github/rows.h"

namespace pulse::source::github {
namespace {

/// Three connections each: 49 repositories are 148 requests, one point.
constexpr std::size_t kNamesPerQuery = 49;
constexpr std::array<std::string_view, 4> kNodesPath = {"data", "list", "repositories", "nodes"};

Newest NewestOf(Value connection) {
  Newest newest;
  newest.known = connection["totalCount"].is_number();
  newest.count = connection["totalCount"].integer().value_or(0);
  bool all_timed = newest.count == 0 || connection["nodes"].size() > 0;
  connection["nodes"].ForEach([&](Value node) {
    const auto at = InstantOf(node["updatedAt"]);
    all_timed = all_timed && at;
    newest.at = std::max(newest.at, at);
  });
  // Something is there and its time is not: as good as unknown.
  newest.known = newest.known && all_timed;
  return newest;
}

void AddRepository(Value value, Listing& listing) {
  const std::string id = RecordId(value);
  const auto name = value["nameWithOwner"].text();
  listing.bodies.back().ids.push_back(id);
  if (!name || id.empty()) return;  // The transform of the page reports it.
  listing.repositories.push_back(
      {{id, std::string(*name)},
       NewestOf(value["pullRequests"]),
       NewestOf(value["deployments"]),
       NewestOf(value["releases"])}
  );
}

Result<> AddNamed(std::span<const std::string> names, Api& api, EpochMs now, Listing& listing) {
  Variables variables;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [owner, name] = SplitName(names[i]);
    variables.Text("owner" + std::to_string(i), owner).Text("name" + std::to_string(i), name);
  }
  const std::string query =
      ExpandAliases(queries::kRepositoriesByName, std::string(names.size(), 'n'));
  PULSE_TRY(const Answer answer, api.Query(query, variables));
  PULSE_TRY(const auto page, JsonPage::Parse(answer.body));
  listing.started = ServerTime(answer, now);
  listing.bodies.push_back({answer.body, {}});
  page->root()["data"].ForEachField([&](std::string_view, Value value) {
    AddRepository(value, listing);
  });
  return {};
}

Result<Listing> ListNamed(const FetchRequest& request, const RepositoryScope& scope, Api& api) {
  Listing listing;
  std::span<const std::string> rest(scope.names);
  while (!rest.empty()) {
    const auto batch = rest.first(std::min(rest.size(), kNamesPerQuery));
    rest = rest.subspan(batch.size());
    PULSE_CHECK(SendSplitting(
        batch,
        [&](std::span<const std::string> names) {
          return AddNamed(names, api, request.now, listing);
        },
        [&](const std::string& name, const Error& error) {
          listing.gaps.push_back({std::string(kRepositories), name, error.message()});
        }
    ));
  }
  listing.total = static_cast<std::int64_t>(listing.repositories.size());
  return listing;
}

}  // namespace

Result<Listing> ListByGraphql(
    const FetchRequest& request, const RepositoryScope& scope, const Step& step, Api& api
) {
  if (!scope.names.empty()) return ListNamed(request, scope, api);
  Variables variables;
  if (!scope.owner.empty()) variables.Text("owner", scope.owner);
  variables.Cursor("after", step.cursor);
  const std::string_view query =
      scope.owner.empty() ? queries::kRepositoriesOfViewer : queries::kRepositoriesOfOwner;
  PULSE_TRY(const Answer answer, api.Query(query, variables));
  Listing listing;
  const auto decoded = DecodeList(request, step, answer, kNodesPath, listing.aside);
  if (!decoded && decoded.error().kind() == ErrorKind::kUnavailable) {
    // An owner that does not exist is a null without an error.
    const std::string whose = scope.owner.empty() ? "this credential" : "'" + scope.owner + "'";
    return Error{ErrorKind::kNotFound, "no repositories of " + whose + " to be seen"};
  }
  if (!decoded) return decoded.error();
  const ListPage& page = *decoded;
  listing.started = ServerTime(answer, request.now);
  if (!page.frame) return listing;
  const Value list = page.root()["data"]["list"]["repositories"];
  listing.bodies.push_back({answer.body, {}});
  for (const Value repository : page.records) AddRepository(repository, listing);
  if (step.page == 0) listing.total = list["totalCount"].integer();
  listing.more = list["pageInfo"]["hasNextPage"].boolean() == true;
  listing.next_cursor = list["pageInfo"]["endCursor"].text().value_or("");
  if (listing.more && (listing.next_cursor.empty() || listing.next_cursor == step.cursor)) {
    return Error{ErrorKind::kUnavailable, "the list of repositories repeats its cursor"};
  }
  return listing;
}

}  // namespace pulse::source::github
