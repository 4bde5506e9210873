#include <set>

#include <gmock/gmock.h>

#include "pulse/simulate/github_test_support.h"

namespace pulse::simulate::github {
namespace {

using testing::HasSubstr;

/// Every record of a list endpoint, following the Link headers.
std::vector<Json> Follow(TestGithub& github, std::string target) {
  std::vector<Json> records;
  for (int guard = 0; guard < 1000 && !target.empty(); ++guard) {
    const auto response = github.Get(target);
    EXPECT_EQ(response.status, 200) << target;
    for (const Json& record : Json::parse(response.body)) records.push_back(record);
    const std::string link(http::HeaderValue(response.headers, "Link"));
    const std::size_t next = link.find(">; rel=\"next\"");
    if (next == std::string::npos) return records;
    constexpr std::string_view kHost = "http://127.0.0.1:4010";
    const std::size_t start = link.rfind('<', next) + 1 + kHost.size();
    target = link.substr(start, next - start);
  }
  ADD_FAILURE() << "the links never end";
  return records;
}

TEST(Rest, FollowsLinksToEveryPullRequestOnce) {
  TestGithub github(WorldOf(1000));

  const auto pulls = Follow(
      github,
      "/repos/acme-labs/payments-api/pulls?state=all&sort=updated&direction=desc&per_page=70"
  );

  std::set<std::int64_t> ids;
  for (std::size_t i = 0; i < pulls.size(); ++i) {
    ids.insert(pulls[i]["id"].get<std::int64_t>());
    if (i > 0) {
      EXPECT_GE(pulls[i - 1]["updated_at"], pulls[i]["updated_at"]);
    }
  }
  EXPECT_EQ(ids.size(), 300U);
  EXPECT_GT(*ids.rbegin(), 2'147'483'647);
}

TEST(Rest, ServesTheSameUnderTheEnterprisePrefix) {
  TestGithub github(WorldOf(300));
  const std::string path = "/repos/acme-labs/orders/pulls?state=all&per_page=5";

  const auto plain = github.Get(path);
  const auto enterprise = github.Get("/api/v3" + path);

  EXPECT_EQ(plain.body, enterprise.body);
  EXPECT_THAT(
      std::string(http::HeaderValue(enterprise.headers, "Link")),
      HasSubstr("<http://127.0.0.1:4010/api/v3/repos/acme-labs/orders/pulls?")
  );
  EXPECT_EQ(
      github.Send("POST", "/api/graphql", R"({"query":"{ viewer { login } }"})").body,
      github.Query("{ viewer { login } }").body
  );
}

TEST(Rest, ListsOpenPullRequestsUnlessAskedForMore) {
  TestGithub github(WorldOf(1000));

  const auto open = Follow(github, "/repos/acme-labs/web-store/pulls?per_page=100");
  const auto closed = Follow(github, "/repos/acme-labs/web-store/pulls?state=closed&per_page=100");
  const auto all = Follow(github, "/repos/acme-labs/web-store/pulls?state=all&per_page=100");

  EXPECT_GT(open.size(), 0U);
  for (const Json& pull : open) EXPECT_EQ(pull["state"], "open");
  EXPECT_EQ(open.size() + closed.size(), all.size());
}

TEST(Rest, AgreesWithGraphqlAboutAPullRequestAndItsChildren) {
  TestGithub github(WorldOf(300));
  const Json detail = github.GetJson("/repos/acme-labs/payments-api/pulls/5");
  const Json node = github.QueryJson(R"({ repository(owner: "acme-labs", name: "payments-api") {
    pullRequest(number: 5) { fullDatabaseId id title body createdAt mergedAt additions author { login }
      headRefName headRefOid commits(first: 100) { totalCount nodes { commit { oid message } } }
      comments(first: 100) { totalCount nodes { fullDatabaseId body } }
      reviews(first: 100) { totalCount nodes { fullDatabaseId state } }
      reviewThreads(first: 100) { nodes { comments(first: 100) { nodes { fullDatabaseId replyTo { id } } } } }
  } } })")["data"]["repository"]["pullRequest"];

  EXPECT_EQ(node["fullDatabaseId"], std::to_string(detail["id"].get<std::int64_t>()));
  EXPECT_EQ(node["id"], detail["node_id"]);
  EXPECT_EQ(node["title"], detail["title"]);
  EXPECT_EQ(node["createdAt"], detail["created_at"]);
  EXPECT_EQ(node["mergedAt"], detail["merged_at"]);
  EXPECT_EQ(node["additions"], detail["additions"]);
  EXPECT_EQ(node["headRefOid"], detail["head"]["sha"]);
  EXPECT_EQ(node["commits"]["totalCount"], detail["commits"]);
  EXPECT_EQ(node["comments"]["totalCount"], detail["comments"]);
  const auto commits = Follow(github, "/repos/acme-labs/payments-api/pulls/5/commits?per_page=2");
  ASSERT_EQ(commits.size(), node["commits"]["nodes"].size());
  for (std::size_t i = 0; i < commits.size(); ++i) {
    EXPECT_EQ(commits[i]["sha"], node["commits"]["nodes"][i]["commit"]["oid"]);
    EXPECT_EQ(commits[i]["commit"]["message"], node["commits"]["nodes"][i]["commit"]["message"]);
  }
  EXPECT_EQ(
      Follow(github, "/repos/acme-labs/payments-api/pulls/5/reviews").size(),
      node["reviews"]["totalCount"]
  );
  std::size_t answers = 0;
  for (const Json& thread : node["reviewThreads"]["nodes"]) {
    EXPECT_TRUE(thread["comments"]["nodes"][0]["replyTo"].is_null());
    answers += thread["comments"]["nodes"].size();
  }
  EXPECT_EQ(answers, detail["review_comments"]);
  EXPECT_EQ(Follow(github, "/repos/acme-labs/payments-api/pulls/5/comments").size(), answers);
}

TEST(Rest, FeedsEveryCommentOfTheRepositoryInOrderOfUpdate) {
  TestGithub github(WorldOf(300));
  const std::string base = "/repos/acme-labs/orders";
  std::size_t expected = 0;
  for (const Json& pull : Follow(github, base + "/pulls?state=all&per_page=100")) {
    const auto number = std::to_string(pull["number"].get<int>());
    expected += github.GetJson(base + "/pulls/" + number)["review_comments"].get<std::size_t>();
  }

  const auto feed = Follow(github, base + "/pulls/comments?sort=updated&per_page=10");

  ASSERT_GT(expected, 10U);
  ASSERT_EQ(feed.size(), expected);
  for (std::size_t i = 1; i < feed.size(); ++i) {
    EXPECT_LE(feed[i - 1]["updated_at"], feed[i]["updated_at"]);
  }
  const std::string since = feed[expected / 2]["updated_at"];
  const auto tail = Follow(github, base + "/pulls/comments?sort=updated&since=" + since);
  const auto by_creation = Follow(github, base + "/pulls/comments?since=" + since);
  EXPECT_GE(tail.size(), expected - expected / 2);
  EXPECT_LT(tail.size(), expected);
  EXPECT_EQ(tail.size(), by_creation.size());
}

TEST(Rest, ListsPullRequestsAmongTheIssuesSinceATime) {
  TestGithub github(WorldOf(300));
  const std::string base = "/repos/acme-labs/orders/issues?state=all&per_page=100";
  const auto all = Follow(github, base + "&sort=updated");
  ASSERT_GT(all.size(), 20U);
  const std::string since = all[9]["updated_at"];

  const auto changed = Follow(github, base + "&sort=updated&since=" + since);

  EXPECT_EQ(changed.size(), 10U);
  EXPECT_TRUE(changed[0].contains("pull_request"));
  EXPECT_NE(
      changed[0]["id"],
      github.GetJson("/repos/acme-labs/orders/pulls/" + changed[0]["number"].dump())["id"]
  );
}

TEST(Rest, AnswersNotModifiedToTheKnownEntityTagAndForFree) {
  TestGithub github(WorldOf(100));
  const auto first = github.Get("/repos/acme-labs/orders/pulls");
  const std::string tag(http::HeaderValue(first.headers, "ETag"));

  const auto again = github.Get("/repos/acme-labs/orders/pulls", {{"If-None-Match", tag}});
  const auto stale = github.Get("/repos/acme-labs/orders/pulls", {{"If-None-Match", "W/\"old\""}});

  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_EQ(http::HeaderValue(first.headers, "X-RateLimit-Used"), "1");
  EXPECT_EQ(http::HeaderValue(again.headers, "X-RateLimit-Used"), "1");
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(http::HeaderValue(stale.headers, "X-RateLimit-Used"), "2");
}

TEST(Rest, ServesDeploymentsWithTheirStatusesAndReleases) {
  TestGithub github(WorldOf(1000));
  const std::string base = "/repos/acme-labs/payments-api";

  const auto deployments = Follow(github, base + "/deployments?per_page=100");
  const auto production = Follow(github, base + "/deployments?environment=production&per_page=100");
  const Json statuses =
      github.GetJson(base + "/deployments/" + deployments[5]["id"].dump() + "/statuses");

  EXPECT_EQ(deployments.size(), 60U);
  EXPECT_EQ(production.size(), 20U);
  EXPECT_EQ(statuses.back()["state"], "queued");
  EXPECT_EQ(Follow(github, base + "/releases").size(), 7U);
  EXPECT_EQ(
      github.QueryJson(
          "{ repository(owner: \"acme-labs\", name: \"payments-api\") { deployments(first: 1, "
          "orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { databaseId } } } }"
      )["data"]["repository"]["deployments"]["totalCount"],
      60
  );
}

TEST(Rest, RefusesWithoutACredentialAndNamesWhatIsForbidden) {
  TestGithub github(WorldOf(10));

  EXPECT_EQ(github.Get("/user").status, 200);
  EXPECT_EQ(github.Get("/user", {{"Authorization", "Bearer invalid"}}).status, 401);
  EXPECT_EQ(github.Get("/user", {{"Authorization", "token forbidden"}}).status, 403);
  EXPECT_EQ(github.Get("/user", {{"Authorization", "nonsense"}}).status, 401);
}

TEST(Rest, AnswersNotFoundInGithubsForm) {
  TestGithub github(WorldOf(10));

  for (const char* path :
       {"/repos/acme-labs/gone",
        "/repos/acme-labs/orders/pulls/999999",
        "/nothing",
        "/repos/acme-labs/orders/pulls/abc",
        "/orgs/nobody/repos"}) {
    const auto response = github.Get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(Json::parse(response.body)["message"], "Not Found") << path;
  }
}

TEST(Rest, TellsTheBudgetsForFree) {
  TestGithub github(WorldOf(10));
  github.Get("/user");
  github.Query("{ viewer { login } }");

  const Json limits = github.GetJson("/rate_limit");
  const Json same = github.GetJson("/rate_limit");

  EXPECT_EQ(limits["resources"]["core"]["used"], 1);
  EXPECT_EQ(limits["resources"]["graphql"]["used"], 1);
  EXPECT_EQ(limits["resources"]["graphql"]["remaining"], 4999);
  EXPECT_EQ(limits, same);
}

TEST(Rest, AsksToWaitUnderTheSecondaryLimitFault) {
  TestGithub github(WithFault(WorldOf(10), "secondary-limit", 100));

  const auto response = github.Get("/user");

  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(http::HeaderValue(response.headers, "Retry-After"), "1");
  EXPECT_THAT(response.body, HasSubstr("secondary rate limit"));
}

TEST(Rest, ListsRepositoriesOfTheOrganisationAndOfTheViewer) {
  TestGithub github(WorldOf(100));

  const auto owned = Follow(github, "/orgs/acme-labs/repos?sort=pushed&per_page=3");
  const auto reachable = Follow(github, "/user/repos");

  EXPECT_EQ(owned.size(), 8U);
  EXPECT_EQ(reachable.size(), 8U);
  EXPECT_GT(owned[0]["pushed_at"], owned[7]["pushed_at"]);
  EXPECT_EQ(github.GetJson("/repos/Acme-Labs/ORDERS")["full_name"], "acme-labs/orders");
}

}  // namespace
}  // namespace pulse::simulate::github
