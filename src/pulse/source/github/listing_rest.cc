#include "pulse/source/github/headers.h"
#include "pulse/source/github/judge.h"
#include "pulse/source/github/listing.h"

namespace pulse::source::github {
namespace {

void AddRepository(Value value, Listing& listing) {
  const std::string id = value["id"].id();
  const auto name = value["full_name"].text();
  listing.bodies.back().ids.push_back(id);
  if (name && !id.empty()) {
    listing.repositories.push_back({{id, std::string(*name)}, {}, {}, {}});
  }
}

/// All answers as one array, so that the page has the shape of any other list.
Result<Listing> ListNamed(const FetchRequest& request, const RepositoryScope& scope, Api& api) {
  Listing listing;
  listing.bodies.emplace_back();
  std::string array;
  for (const std::string& name : scope.names) {
    auto answer = api.Get("/repos/{owner}/{repo}", "/repos/" + EncodeFullName(name));
    if (!answer && IsOutOfReach(answer.error())) {
      listing.gaps.push_back({std::string(kRepositories), name, answer.error().message()});
      continue;
    }
    if (!answer) return std::move(answer).error();
    PULSE_TRY(const auto page, JsonPage::Parse(answer->body));
    listing.started = ServerTime(*answer, request.now);
    array.append(array.empty() ? "" : ",").append(answer->body);
    AddRepository(page->root(), listing);
  }
  listing.bodies.back().text = '[' + array + ']';
  listing.total = static_cast<std::int64_t>(listing.repositories.size());
  return listing;
}

Result<Answer> AskForPage(const RepositoryScope& scope, int page, Api& api) {
  const std::string query =
      "?per_page=" + std::to_string(kRestPage) + "&page=" + std::to_string(page + 1);
  if (scope.owner.empty())
    return api.Get("/user/repos", "/user/repos" + query + "&sort=created&direction=asc");
  const std::string owner = Encode(scope.owner);
  auto answer = api.Get(
      "/orgs/{org}/repos", "/orgs/" + owner + "/repos" + query + "&sort=created&direction=asc"
  );
  if (answer || answer.error().kind() != ErrorKind::kNotFound) return answer;
  return api.Get(
      "/users/{user}/repos", "/users/" + owner + "/repos" + query + "&sort=created&direction=asc"
  );
}

}  // namespace

Result<Listing> ListByRest(
    const FetchRequest& request, const RepositoryScope& scope, const Step& step, Api& api
) {
  if (!scope.names.empty()) return ListNamed(request, scope, api);
  PULSE_TRY(const Answer answer, AskForPage(scope, step.page, api));
  Listing listing;
  PULSE_TRY(const ListPage page, DecodeList(request, step, answer, {}, listing.aside));
  listing.started = ServerTime(answer, request.now);
  if (!page.frame) return listing;
  listing.bodies.push_back({answer.body, {}});
  for (const Value repository : page.records) AddRepository(repository, listing);
  listing.more = HasNextLink(answer);
  return listing;
}

}  // namespace pulse::source::github
