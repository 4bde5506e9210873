#include "pulse/source/github/check.h"

#include <algorithm>

#include "pulse/source/github/headers.h"
#include "pulse/source/github/listing.h"
#include "pulse/source/github/queries.h"

namespace pulse::source::github {
namespace {

struct Viewer {
  std::string login;
  Answer answer;
  bool rest = false;
};

Result<Viewer> AskWhoWeAre(const model::Integration& integration, Api& api) {
  Viewer viewer;
  if (!WantsRest(integration)) {
    auto answer = api.Query(queries::kViewer, {});
    if (answer) {
      PULSE_TRY(const auto page, JsonPage::Parse(answer->body));
      viewer.login = page->root()["data"]["viewer"]["login"].text().value_or("");
      viewer.answer = *std::move(answer);
      if (!viewer.login.empty()) return viewer;
    } else if (answer.error().kind() != ErrorKind::kNotFound) {
      return std::move(answer).error();
    }
  }
  PULSE_TRY(viewer.answer, api.Get("/user", "/user"));
  PULSE_TRY(const auto page, JsonPage::Parse(viewer.answer.body));
  viewer.login = page->root()["login"].text().value_or("");
  viewer.rest = true;
  if (!viewer.login.empty()) return viewer;
  return Error{
      ErrorKind::kInvalid, "no github at this address (neither /graphql nor /user names an account)"
  };
}

bool HasScope(std::string_view scopes, std::string_view wanted) {
  while (!scopes.empty()) {
    const std::size_t end = std::min(scopes.find_first_of(", "), scopes.size());
    if (scopes.substr(0, end) == wanted) return true;
    scopes.remove_prefix(std::min(end + 1, scopes.size()));
  }
  return false;
}

/// Classic tokens say their scopes; fine-grained ones and apps say nothing, and are asked nothing.
void WarnOfScopes(const Answer& answer, Account& account) {
  const std::string_view scopes = HeaderOf(answer, "x-oauth-scopes");
  if (scopes.empty()) return;
  if (!HasScope(scopes, "repo")) {
    account.warnings.emplace_back(
        "the token lacks the scope 'repo': private repositories stay invisible; make one that has "
        "it"
    );
  }
  if (!HasScope(scopes, "read:org") && !HasScope(scopes, "write:org") &&
      !HasScope(scopes, "admin:org")) {
    account.warnings.emplace_back(
        "the token lacks the scope 'read:org': requested reviewers stay empty; make one that has it"
    );
  }
}

}  // namespace

Result<Account> CheckAccount(const model::Integration& integration, Api& api, EpochMs now) {
  constexpr std::size_t kShown = 20;
  auto viewer = AskWhoWeAre(integration, api);
  if (!viewer) return std::move(viewer).error().While("ask github who we are");

  Account account;
  account.name = viewer->login;
  const std::string_view version = HeaderOf(viewer->answer, "x-github-enterprise-version");
  account.server = version.empty() ? "GitHub" : "GitHub Enterprise Server " + std::string(version);
  WarnOfScopes(viewer->answer, account);
  if (viewer->rest && !WantsRest(integration)) {
    account.warnings.emplace_back("no GraphQL here: everything is read over REST, at more calls");
  }

  FetchRequest request;
  request.integration = integration;
  request.now = now;
  const RepositoryScope scope = ScopeOf(integration, {}, {});
  auto listing =
      viewer->rest ? ListByRest(request, scope, {}, api) : ListByGraphql(request, scope, {}, api);
  if (!listing) return std::move(listing).error().While("list repositories");
  for (const ListedRepository& listed : listing->repositories) {
    if (account.reach.size() < kShown) account.reach.push_back(listed.repository.full_name);
  }
  for (const model::Gap& gap : listing->gaps) {
    account.warnings.push_back("repository " + gap.scope + " is out of reach: " + gap.reason);
  }
  if (account.reach.empty()) {
    account.warnings.emplace_back("no repository in reach: check the scope and the token's access");
  }
  return account;
}

}  // namespace pulse::source::github
