#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/github/testing/scripted.h"

namespace pulse::source::github {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

nlohmann::json Repo(int id, std::string name, std::string newest = "2026-01-01T00:00:00Z") {
  const nlohmann::json some = {{"totalCount", 1}, {"nodes", {{{"updatedAt", newest}}}}};
  return {
      {"id", "R_" + std::to_string(id)},
      {"databaseId", id},
      {"name", name},
      {"nameWithOwner", "acme/" + name},
      {"pullRequests", some},
      {"deployments", some},
      {"releases", some}
  };
}

std::string ListPage(std::vector<nlohmann::json> repositories, std::string next_cursor = "") {
  nlohmann::json page;
  auto& list = page["data"]["list"]["repositories"];
  list["totalCount"] = 7;
  list["pageInfo"] = {{"hasNextPage", !next_cursor.empty()}, {"endCursor", next_cursor}};
  list["nodes"] = std::move(repositories);
  return page.dump();
}

Result<Fetched> Fetch(const FetchRequest& request, ScriptedTransport& transport) {
  return NewGithubConnector()->Fetch(request, transport);
}

FetchRequest Root(std::map<std::string, std::string> scope = {{"owner", "acme"}}) {
  FetchRequest request = RequestFor("github_sync");
  request.integration.scope = std::move(scope);
  return request;
}

std::vector<std::string> EntitiesOf(const Fetched& fetched) {
  std::vector<std::string> entities;
  for (const model::NewStep& step : fetched.next) entities.push_back(step.entity_type);
  return entities;
}

constexpr const char* kNoGraphql = R"({"message":"Not Found"})";

TEST(FetchRepositories, MakesAStepForEachEntityOfEachRepository) {
  ScriptedTransport transport;
  transport.Answer200(ListPage({Repo(1, "a"), Repo(2, "b")}, "k1"));
  const auto fetched = Fetch(Root(), transport);
  ASSERT_TRUE(fetched) << fetched.error().message();
  EXPECT_EQ(transport.VariablesOf(0).at("owner"), "acme");
  EXPECT_THAT(
      EntitiesOf(*fetched),
      ElementsAre(
          "github_prs",
          "github_review_comments",
          "github_deployments",
          "github_releases",
          "github_prs",
          "github_review_comments",
          "github_deployments",
          "github_releases",
          "github_sync"
      )
  );
  EXPECT_EQ(fetched->census.at("github_repositories"), 7);
  ASSERT_THAT(fetched->pages, SizeIs(1));
  EXPECT_EQ(fetched->pages[0].entity_type, "github_repositories");
  EXPECT_EQ(fetched->pages[0].record_count, 2);
}

TEST(FetchRepositories, ReadsEverythingInReachWithoutAScope) {
  ScriptedTransport transport;
  transport.Answer200(ListPage({Repo(1, "a")}));
  ASSERT_TRUE(Fetch(Root({}), transport));
  EXPECT_THAT(transport.QueryOf(0), HasSubstr("viewer"));
}

TEST(FetchRepositories, ProvesWithoutACallThatNothingMoved) {
  ScriptedTransport transport;
  transport.Answer200(ListPage({Repo(1, "quiet"), Repo(2, "busy", "2026-02-01T00:00:00Z")}));
  FetchRequest request = Root();
  const EpochMs watermark = *ParseInstant("2026-01-15T00:00:00Z");
  request.watermark = [&](auto, auto) { return Result<std::optional<EpochMs>>(watermark); };

  const auto fetched = Fetch(request, transport);

  ASSERT_TRUE(fetched);
  for (const model::NewStep& step : fetched->next) EXPECT_THAT(step.params, HasSubstr("busy"));
  EXPECT_THAT(fetched->next, SizeIs(4));
  EXPECT_THAT(fetched->census, IsEmpty());
  // Four windows for the quiet one and one for the list.
  ASSERT_THAT(fetched->windows, SizeIs(5));
  for (const store::Window& window : fetched->windows) {
    EXPECT_EQ(window.from, watermark);
    EXPECT_EQ(window.to, kScriptedNow - 300'000);
  }
}

TEST(FetchRepositories, AsksForNothingOfARepositoryThatHasNothing) {
  nlohmann::json empty = Repo(1, "empty");
  for (const char* list : {"pullRequests", "deployments", "releases"}) {
    empty[list] = {{"totalCount", 0}, {"nodes", nlohmann::json::array()}};
  }
  ScriptedTransport transport;
  transport.Answer200(ListPage({empty}));
  const auto fetched = Fetch(Root(), transport);
  ASSERT_TRUE(fetched);
  EXPECT_THAT(fetched->next, IsEmpty());
  EXPECT_THAT(fetched->windows, SizeIs(5));
  EXPECT_EQ(fetched->census.at("github_prs"), 0);
}

TEST(FetchRepositories, SaysWhenTheOwnerDoesNotExist) {
  ScriptedTransport transport;
  transport.Answer200(R"({"data":{"list":null}})")
      .AnswerWith(404, kNoGraphql)
      .AnswerWith(404, kNoGraphql);
  const auto fetched = Fetch(Root(), transport);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kNotFound);
}

TEST(FetchRepositories, ReadsOneEntityAlone) {
  ScriptedTransport transport;
  transport.Answer200(ListPage({Repo(1, "a")}));
  FetchRequest request = Root();
  request.entity_type = "github_prs";
  const auto fetched = Fetch(request, transport);
  ASSERT_TRUE(fetched);
  EXPECT_THAT(EntitiesOf(*fetched), ElementsAre("github_prs"));
  EXPECT_THAT(fetched->pages, IsEmpty());
}

TEST(FetchRepositories, AsksForNamedRepositoriesInOneQueryAndReportsTheMissing) {
  ScriptedTransport transport;
  const std::string missing = R"({"data":{},"errors":[{"type":"NOT_FOUND","message":"nope"}]})";
  nlohmann::json found;
  found["data"]["n0"] = Repo(2, "b");
  transport.Answer200(missing).Answer200(missing).Answer200(found.dump());
  const auto fetched = Fetch(Root({{"repo", "acme/gone, acme/b"}}), transport);
  ASSERT_TRUE(fetched) << fetched.error().message();
  EXPECT_EQ(
      transport.VariablesOf(0),
      nlohmann::json({{"owner0", "acme"}, {"name0", "gone"}, {"owner1", "acme"}, {"name1", "b"}})
  );
  ASSERT_THAT(fetched->gaps, SizeIs(1));
  EXPECT_EQ(fetched->gaps[0].scope, "acme/gone");
  EXPECT_THAT(fetched->next, SizeIs(4));
}

TEST(FetchRepositories, TakesARepositoryFromAMessageOrAQuery) {
  nlohmann::json found;
  found["data"]["n0"] = Repo(2, "b");
  ScriptedTransport transport;
  transport.Answer200(found.dump()).Answer200(found.dump());
  FetchRequest message = Root();
  message.entity_type = "github_prs";
  message.params = R"({"repository":"acme/b"})";
  const auto by_message = Fetch(message, transport);
  ASSERT_TRUE(by_message);
  EXPECT_THAT(by_message->next, SizeIs(1));

  FetchRequest query = Root();
  query.options.query = "repo:acme/b";
  const auto by_query = Fetch(query, transport);
  ASSERT_TRUE(by_query);
  EXPECT_THAT(by_query->windows, IsEmpty());
  EXPECT_EQ(transport.VariablesOf(0), transport.VariablesOf(1));
}

TEST(FetchRepositories, GoesOverRestWhereThereIsNoGraphql) {
  ScriptedTransport transport("http://127.0.0.1:1");
  transport.AnswerWith(404, kNoGraphql)
      .AnswerWith(404, kNoGraphql)  // Not an organisation.
      .Answer200(R"([{"id": 1, "full_name": "acme/a"}])");
  const auto fetched = Fetch(Root(), transport);
  ASSERT_TRUE(fetched) << fetched.error().message();
  EXPECT_THAT(transport.calls[2].path, HasSubstr("/api/v3/users/acme/repos"));
  EXPECT_THAT(
      EntitiesOf(*fetched),
      ElementsAre(
          "github_prs",
          "github_review_comments",
          "github_deployments",
          "github_releases",
          "github_issue_comments"
      )
  );
  for (const model::NewStep& step : fetched->next) EXPECT_THAT(step.params, HasSubstr("rest"));
}

TEST(FetchRepositories, RefusesPartsOfPullRequestsAsJobs) {
  ScriptedTransport transport;
  FetchRequest request = Root();
  request.entity_type = "github_pr_nested";
  const auto fetched = Fetch(request, transport);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(transport.calls, IsEmpty());
}

TEST(Check, NamesTheAccountItsReachAndWhatIsMissing) {
  ScriptedTransport transport;
  transport
      .Answer200(
          R"({"data":{"viewer":{"login":"ada"}}})", {{"X-OAuth-Scopes", "read:org, public_repo"}}
      )
      .Answer200(ListPage({Repo(1, "a"), Repo(2, "b")}));
  const auto account = NewGithubConnector()->Check(Root().integration, transport);
  ASSERT_TRUE(account) << account.error().message();
  EXPECT_EQ(account->name, "ada");
  EXPECT_EQ(account->server, "GitHub");
  EXPECT_THAT(account->reach, ElementsAre("acme/a", "acme/b"));
  ASSERT_THAT(account->warnings, SizeIs(1));
  EXPECT_THAT(account->warnings[0], HasSubstr("'repo'"));
}

TEST(Check, SaysThatTheTokenIsRefused) {
  ScriptedTransport transport;
  transport.AnswerWith(401, R"({"message":"Bad credentials"})");
  const auto account = NewGithubConnector()->Check(Root().integration, transport);
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().kind(), ErrorKind::kUnauthorized);
  EXPECT_THAT(account.error().message(), HasSubstr("Bad credentials"));
}

TEST(FetchRepositories, SeesThatAnOlderDeploymentChangedAfterANewerOne) {
  nlohmann::json repository = Repo(1, "a", "2026-01-01T00:00:00Z");
  repository["deployments"] = {
      {"totalCount", 2},
      {"nodes", {{{"updatedAt", "2026-01-01T00:00:00Z"}}, {{"updatedAt", "2026-01-05T00:00:00Z"}}}}
  };
  ScriptedTransport transport;
  transport.Answer200(ListPage({repository}));
  FetchRequest request = Root();
  request.watermark = [](auto, auto) {
    return Result<std::optional<EpochMs>>(ParseInstant("2026-01-03T00:00:00Z"));
  };
  const auto fetched = Fetch(request, transport);
  ASSERT_TRUE(fetched) << fetched.error().message();
  EXPECT_THAT(EntitiesOf(*fetched), ElementsAre("github_deployments"));
  EXPECT_THAT(transport.QueryOf(0), HasSubstr("deployments(first: 20,"));
}

}  // namespace
}  // namespace pulse::source::github
