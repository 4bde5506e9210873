#include "pulse/simulate/github_graphql.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>

#include "pulse/simulate/github_plan.h"
#include "pulse/simulate/github_test_queries.h"
#include "pulse/simulate/github_test_support.h"

namespace pulse::simulate::github {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What GitHub would charge for the query with these variables.
Price PriceOf(std::string_view query, const std::vector<Argument>& given = {}) {
  const Schema schema;
  const auto document = ParseDocument(query);
  EXPECT_TRUE(document) << document.error().message();
  const Operation& operation = document->operations.front();
  std::vector<std::string> errors;
  std::vector<Argument> variables = BindVariables(operation, given, errors);
  const Judgement judgement = Check(schema, *document, operation, variables);
  EXPECT_THAT(judgement.errors, testing::IsEmpty());
  return judgement.price;
}

Argument Text(std::string name, std::string text) {
  Value value;
  value.kind = Value::Kind::kString;
  value.text = std::move(text);
  return {std::move(name), value, {}};
}

std::vector<Argument> OwnerAndName() {
  return {Text("owner", "acme-labs"), Text("name", "orders")};
}

// The figures are those of GitHub's published rules applied to the same four queries by a program
// of its own (graphql-js and the published schema).
TEST(Price, CountsTheCompletePullRequestQueryAsTenPoints) {
  const Price price = PriceOf(kPullRequestsQuery, OwnerAndName());

  EXPECT_EQ(price.requests, 951);
  EXPECT_EQ(price.points(), 10);
  EXPECT_EQ(price.nodes, 13'525);
}

TEST(Price, CountsTheRepositoryQueryAsOnePoint) {
  const Price price = PriceOf(kRepositoriesQuery, {Text("owner", "acme-labs")});

  EXPECT_EQ(price.requests, 51);
  EXPECT_EQ(price.points(), 1);
  EXPECT_EQ(price.nodes, 1'050);
}

TEST(Price, CountsConnectionsThatADirectiveLeavesOut) {
  const Price nested = PriceOf(kNestedQuery, {Text("id", "PR_x")});
  const Price delivery = PriceOf(kDeliveryQuery, OwnerAndName());

  EXPECT_EQ(nested.requests, 55);
  EXPECT_EQ(nested.nodes, 2'950);
  EXPECT_EQ(delivery.requests, 52);
  EXPECT_EQ(delivery.nodes, 1'100);
}

TEST(Price, RoundsToTheNearestPoint) {
  EXPECT_EQ((Price{0, 0}).points(), 1);
  EXPECT_EQ((Price{149, 0}).points(), 1);
  EXPECT_EQ((Price{150, 0}).points(), 2);
  EXPECT_EQ((Price{249, 0}).points(), 2);
  EXPECT_EQ((Price{951, 0}).points(), 10);
}

TEST(Graphql, AnswersTheCompletePullRequestQueryWithoutErrors) {
  TestGithub github(WorldOf(400));

  const Json answer = github.QueryJson(
      std::string(kPullRequestsQuery), {{"owner", "acme-labs"}, {"name", "payments-api"}}
  );

  ASSERT_FALSE(answer.contains("errors")) << answer["errors"].dump();
  EXPECT_EQ(answer["data"]["rateLimit"]["cost"], 10);
  EXPECT_EQ(answer["data"]["rateLimit"]["nodeCount"], 13'525);
  const Json& pulls = answer["data"]["repository"]["pullRequests"];
  EXPECT_EQ(pulls["nodes"].size(), 25U);
  EXPECT_EQ(pulls["totalCount"], 120);  // 30 % of 400.
  EXPECT_EQ(github.api().points(), 10);
}

TEST(Graphql, KeepsTheOrderOfTheSelectedFields) {
  TestGithub github(WorldOf(10));

  const std::string body = github.Query("{ viewer { url login } }").body;

  EXPECT_EQ(
      body,
      R"({"data":{"viewer":{"url":"https://github.example/acme-reader","login":"acme-reader"}}})"
  );
}

/// Every node of a connection, page by page; `page` asks for the one behind a cursor.
template <class Page>
std::vector<Json> Walk(Page page) {
  std::vector<Json> nodes;
  Json cursor = nullptr;
  for (int guard = 0; guard < 1000; ++guard) {
    const Json connection = page(cursor);
    for (const Json& node : connection["nodes"]) nodes.push_back(node);
    if (!connection["pageInfo"]["hasNextPage"].get<bool>()) return nodes;
    cursor = connection["pageInfo"]["endCursor"];
  }
  ADD_FAILURE() << "the connection never ends";
  return nodes;
}

TEST(Graphql, PagesThroughEveryPullRequestNewestUpdateFirst) {
  TestGithub github(WorldOf(1000));
  static constexpr auto kQuery = R"(query($after: String) {
    repository(owner: "acme-labs", name: "payments-api") {
      pullRequests(first: 37, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
        totalCount pageInfo { hasNextPage endCursor } nodes { number createdAt updatedAt }
      }
    }
  })";
  std::int64_t total = 0;

  const auto nodes = Walk([&](const Json& cursor) {
    const Json answer = github.QueryJson(kQuery, {{"after", cursor}});
    total = answer["data"]["repository"]["pullRequests"]["totalCount"];
    return answer["data"]["repository"]["pullRequests"];
  });

  std::set<int> numbers;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    numbers.insert(nodes[i]["number"].get<int>());
    EXPECT_LT(nodes[i]["createdAt"], nodes[i]["updatedAt"]);
    if (i > 0) {
      EXPECT_GE(nodes[i - 1]["updatedAt"], nodes[i]["updatedAt"]);
    }
  }
  EXPECT_EQ(total, 300);
  EXPECT_EQ(numbers.size(), 300U);
  EXPECT_EQ(*numbers.rbegin(), 300);
}

TEST(Graphql, PagesBackwardsToTheSamePullRequests) {
  TestGithub github(WorldOf(200));
  const auto page = [&](const std::string& arguments) {
    return github.QueryJson(
        "{ repository(owner: \"acme-labs\", name: \"orders\") { pullRequests(" + arguments +
        ") { pageInfo { hasNextPage hasPreviousPage startCursor } edges { cursor node { number } } "
        "} } }"
    )["data"]["repository"]["pullRequests"];
  };

  const Json last = page("last: 10");
  const Json before =
      page("last: 10, before: \"" + last["pageInfo"]["startCursor"].get<std::string>() + "\"");

  EXPECT_TRUE(last["pageInfo"]["hasPreviousPage"]);
  EXPECT_FALSE(last["pageInfo"]["hasNextPage"]);
  EXPECT_EQ(last["edges"].back()["node"]["number"], 30);
  EXPECT_EQ(before["edges"].back()["node"]["number"], 20);
}

TEST(Graphql, FiltersByState) {
  TestGithub github(WorldOf(300));
  const auto count = [&](const std::string& states) {
    return github
        .QueryJson(
            "{ repository(owner: \"acme-labs\", name: \"web-store\") { pullRequests(states: " +
            states + ") { totalCount } } }"
        )["data"]["repository"]["pullRequests"]["totalCount"]
        .get<int>();
  };

  EXPECT_GT(count("[OPEN]"), 0);
  EXPECT_GT(count("[MERGED]"), count("[CLOSED]"));
  EXPECT_EQ(count("[OPEN]") + count("[CLOSED, MERGED]"), count("[OPEN, CLOSED, MERGED]"));
  EXPECT_EQ(count("[OPEN, CLOSED, MERGED]"), 66);
}

/// The first pull request with more than a hundred commits.
Json BigPull(TestGithub& github) {
  const auto nodes = Walk([&](const Json& cursor) {
    return github.QueryJson(
        R"(query($after: String) { repository(owner: "acme-labs", name: "payments-api") {
          pullRequests(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
            nodes { id number commits { totalCount } } } } })",
        {{"after", cursor}}
    )["data"]["repository"]["pullRequests"];
  });
  for (const Json& node : nodes) {
    if (node["commits"]["totalCount"] > 100) return node;
  }
  ADD_FAILURE() << "no pull request with more than 100 commits";
  return {};
}

TEST(Graphql, PagesNestedConnectionsByNodeIdUnderAliases) {
  TestGithub github(WorldOf(2000));
  const Json big = BigPull(github);
  const std::string id = big["id"];

  const auto commits = Walk([&](const Json& cursor) {
    const Json answer = github.QueryJson(
        "query($after: String) { n0: node(id: \"" + id +
            "\") { ... on PullRequest { number commits(first: 60, after: $after) { pageInfo { "
            "hasNextPage endCursor } nodes { commit { oid } } } } } n1: node(id: \"" +
            id + "\") { __typename id } }",
        {{"after", cursor}}
    );
    EXPECT_EQ(answer["data"]["n0"]["number"], big["number"]);
    EXPECT_EQ(answer["data"]["n1"]["__typename"], "PullRequest");
    return answer["data"]["n0"]["commits"];
  });

  std::set<std::string> oids;
  for (const Json& commit : commits) oids.insert(commit["commit"]["oid"].get<std::string>());
  EXPECT_EQ(oids.size(), big["commits"]["totalCount"].get<std::size_t>());
}

TEST(Graphql, HonoursDirectivesAndFragments) {
  TestGithub github(WorldOf(10));

  const Json answer = github.QueryJson(
      R"(query($yes: Boolean!, $no: Boolean! = false) {
        viewer { ...Who email @include(if: $no) name @skip(if: $yes) }
        repositoryOwner(login: "acme-labs") { __typename ... on Organization { login } ... on User { email } }
      }
      fragment Who on User { login id })",
      {{"yes", true}}
  );

  EXPECT_EQ(answer["data"]["viewer"].size(), 2U);
  EXPECT_EQ(answer["data"]["viewer"]["login"], "acme-reader");
  EXPECT_EQ(
      answer["data"]["repositoryOwner"],
      Json({{"__typename", "Organization"}, {"login", "acme-labs"}})
  );
}

TEST(Graphql, NamesAnUnknownFieldTheWayGithubDoes) {
  TestGithub github(WorldOf(10));

  const auto response = github.Query("query Q { viewer { shoeSize } }");

  const Json error = Json::parse(response.body)["errors"][0];
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(error["message"], "Field 'shoeSize' doesn't exist on type 'User'");
  EXPECT_EQ(error["extensions"]["code"], "undefinedField");
  EXPECT_EQ(error["extensions"]["typeName"], "User");
  EXPECT_EQ(error["path"], Json({"query Q", "viewer", "shoeSize"}));
  EXPECT_EQ(error["locations"][0]["column"], 20);
  EXPECT_EQ(github.api().points(), 0);
}

std::string FirstError(TestGithub& github, const std::string& query, const Json& variables = {}) {
  const Json answer = github.QueryJson(query, variables.is_null() ? Json::object() : variables);
  return answer.contains("errors") ? answer["errors"][0].dump() : "no error";
}

TEST(Graphql, RefusesWhatGithubRefuses) {
  TestGithub github(WorldOf(10));
  const std::string open = "{ repository(owner: \"acme-labs\", name: \"orders\") { ";

  EXPECT_THAT(
      FirstError(github, open + "pullRequests { nodes { id } } } }"),
      HasSubstr("MISSING_PAGINATION_BOUNDARIES")
  );
  EXPECT_THAT(
      FirstError(github, open + "pullRequests(first: 101) { nodes { id } } } }"),
      HasSubstr("EXCESSIVE_PAGINATION")
  );
  EXPECT_THAT(
      FirstError(github, open + "pullRequests(first: 5, after: \"x\") { nodes { id } } } }"),
      HasSubstr("INVALID_CURSOR_ARGUMENTS")
  );
  EXPECT_THAT(
      FirstError(github, open + "pullRequests(first: 5, colour: 1) { nodes { id } } } }"),
      HasSubstr("argumentNotAccepted")
  );
  EXPECT_THAT(
      FirstError(github, "{ repository(owner: \"acme-labs\") { id } }"),
      HasSubstr("missingRequiredArguments")
  );
  EXPECT_THAT(FirstError(github, "{ viewer }"), HasSubstr("selectionMismatch"));
  EXPECT_THAT(FirstError(github, "query($x: Int) { viewer { id } }"), HasSubstr("variableNotUsed"));
  EXPECT_THAT(FirstError(github, "{ node(id: $x) { id } }"), HasSubstr("variableNotDefined"));
  EXPECT_THAT(
      FirstError(github, "query($x: ID!) { node(id: $x) { id } }"),
      HasSubstr("was provided invalid value")
  );
  EXPECT_THAT(
      FirstError(github, "{ viewer { ...A } } fragment A on User { ...A }"),
      HasSubstr("infinite loop")
  );
  EXPECT_THAT(FirstError(github, "{ viewer { login"), HasSubstr("Parse error"));
  EXPECT_THAT(FirstError(github, "mutation { x }"), HasSubstr("queries only"));
}

TEST(Graphql, RefusesAQueryOfMoreThanHalfAMillionNodes) {
  TestGithub github(WorldOf(10));

  const std::string error = FirstError(
      github,
      "{ viewer { repositories(first: 100) { nodes { pullRequests(first: 100) { nodes { "
      "commits(first: 100) { nodes { commit { oid } } } } } } } } }"
  );

  EXPECT_THAT(error, HasSubstr("MAX_NODE_LIMIT_EXCEEDED"));
  EXPECT_THAT(error, HasSubstr("1010100"));
}

TEST(Graphql, AnswersWhatIsMissingWithNullAndAnError) {
  TestGithub github(WorldOf(10));

  const Json answer = github.QueryJson(
      "{ gone: repository(owner: \"acme-labs\", name: \"gone\") { id } viewer { login } }"
  );

  EXPECT_TRUE(answer["data"]["gone"].is_null());
  EXPECT_EQ(answer["data"]["viewer"]["login"], "acme-reader");
  EXPECT_EQ(answer["errors"][0]["type"], "NOT_FOUND");
  EXPECT_EQ(answer["errors"][0]["path"], Json({"gone"}));
}

TEST(Graphql, ChargesADryRunNothing) {
  TestGithub github(WorldOf(10));

  const Json answer = github.QueryJson(
      "{ rateLimit(dryRun: true) { cost remaining } viewer { repositories(first: 100) { nodes { "
      "pullRequests(first: 10) { nodes { reviews(first: 1) { totalCount } } } } } } }"
  );

  EXPECT_EQ(answer["data"]["rateLimit"]["cost"], 11);
  EXPECT_EQ(answer["data"]["rateLimit"]["remaining"], 5000);
  EXPECT_FALSE(answer["data"].contains("viewer"));
  EXPECT_EQ(github.api().points(), 0);
}

TEST(Graphql, AnswersRateLimitedWhenTheHourIsSpent) {
  TestGithub github(WorldOf(10));
  // 100 repositories with 100 pull requests each and their reviews: 101 points.
  const std::string dear =
      "{ viewer { repositories(first: 100) { nodes { pullRequests(first: 100) { nodes { "
      "reviews(first: 1) { totalCount } } } } } } }";
  for (int i = 0; i < 49; ++i) ASSERT_FALSE(github.QueryJson(dear).contains("errors"));

  const auto response = github.Query(dear);

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Json::parse(response.body)["errors"][0]["type"], "RATE_LIMITED");
  EXPECT_EQ(http::HeaderValue(response.headers, "x-ratelimit-remaining"), "0");
  EXPECT_EQ(http::HeaderValue(response.headers, "x-ratelimit-resource"), "graphql");
  EXPECT_EQ(github.api().points(), 49 * 101);
}

TEST(Graphql, IsTheSameInEveryRunOfASeedAndCollidesWithOtherSeedsInIdsOnly) {
  const std::string query =
      "{ repository(owner: \"acme-labs\", name: \"orders\") { id databaseId pullRequest(number: 3) "
      "{ id fullDatabaseId number title bodyText } } }";
  TestGithub first(WorldOf(100, 7));
  TestGithub again(WorldOf(100, 7));
  TestGithub other(WorldOf(100, 8));

  const Json seven = first.QueryJson(query)["data"]["repository"];
  const Json eight = other.QueryJson(query)["data"]["repository"];

  EXPECT_EQ(first.Query(query).body, again.Query(query).body);
  EXPECT_EQ(seven["databaseId"], eight["databaseId"]);
  EXPECT_EQ(seven["pullRequest"]["id"], eight["pullRequest"]["id"]);
  EXPECT_EQ(seven["pullRequest"]["fullDatabaseId"], eight["pullRequest"]["fullDatabaseId"]);
  EXPECT_NE(seven["pullRequest"]["title"], eight["pullRequest"]["title"]);
}

TEST(Graphql, LosesOneConnectionAndSaysSoUnderThePartialFault) {
  TestGithub github(WithFault(WorldOf(200), "partial-graphql", 100));

  const Json answer = github.QueryJson(
      "{ repository(owner: \"acme-labs\", name: \"orders\") { pullRequests(first: 5) { nodes { "
      "number commits(first: 5) { nodes { commit { oid } } } } } } }"
  );

  const Json& nodes = answer["data"]["repository"]["pullRequests"]["nodes"];
  ASSERT_EQ(nodes.size(), 5U);
  EXPECT_TRUE(nodes[0]["commits"].is_null());
  EXPECT_FALSE(nodes[1]["commits"].is_null());
  EXPECT_EQ(
      answer["errors"][0]["path"], Json({"repository", "pullRequests", "nodes", 0, "commits"})
  );
}

TEST(Graphql, TimesOutOnBigPagesOnlyUnderTheBigPageFault) {
  TestGithub github(WithFault(WorldOf(100), "big-page", 100));
  const auto status = [&](int prs) {
    return github
        .Query(
            std::string(kPullRequestsQuery),
            {{"owner", "acme-labs"}, {"name", "orders"}, {"prs", prs}}
        )
        .status;
  };

  EXPECT_EQ(status(25), 502);
  EXPECT_EQ(status(12), 502);
  EXPECT_EQ(status(6), 200);
}

TEST(Graphql, HasNoBudgetWhereNoneIsSet) {
  SimulateOptions options = WorldOf(10);
  options.github_points_per_hour = 0;
  TestGithub github(options);
  const std::string dear =
      "{ viewer { repositories(first: 100) { nodes { pullRequests(first: 100) { nodes { "
      "reviews(first: 1) { totalCount } } } } } } }";

  for (int i = 0; i < 60; ++i) ASSERT_FALSE(github.QueryJson(dear).contains("errors"));

  EXPECT_EQ(github.api().points(), 60 * 101);
}

/// Positions at which two lists of answers differ.
std::set<std::size_t> Differing(
    const std::vector<std::string>& a, const std::vector<std::string>& b
) {
  std::set<std::size_t> differing;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) differing.insert(i);
  }
  return differing;
}

TEST(Graphql, BreaksTheSameRecordsInBothApisAndNoOthers) {
  TestGithub honest(WorldOf(400));
  TestGithub broken(WithFault(WorldOf(400), "bad-record", 10));
  const auto by_graphql = [](TestGithub& github) {
    std::vector<std::string> answers;
    for (int number = 1; number <= 120; ++number) {
      answers.push_back(github
                            .Query(
                                "{ repository(owner: \"acme-labs\", name: \"payments-api\") { "
                                "pullRequest(number: " +
                                std::to_string(number) +
                                ") { id fullDatabaseId number title createdAt updatedAt } } }"
                            )
                            .body);
    }
    return answers;
  };
  const auto by_rest = [](TestGithub& github) {
    std::vector<std::string> answers;
    for (int number = 1; number <= 120; ++number) {
      const std::string path = "/repos/acme-labs/payments-api/pulls/" + std::to_string(number);
      answers.push_back(github.Get(path).body);
    }
    return answers;
  };

  const auto lies = by_graphql(broken);
  const auto differing = Differing(by_graphql(honest), lies);

  EXPECT_GT(differing.size(), 4U);
  EXPECT_LT(differing.size(), 30U);
  EXPECT_EQ(differing, Differing(by_rest(honest), by_rest(broken)));
  EXPECT_EQ(lies, by_graphql(broken));
  EXPECT_THAT(honest.api().RecordsJson(), HasSubstr(R"("github_bad_prs":0)"));
  EXPECT_THAT(broken.api().RecordsJson(), Not(HasSubstr(R"("github_bad_prs":0)")));
}

TEST(Schema, DescribesItselfInGithubsNotation) {
  const std::string text = Schema().Text();

  EXPECT_THAT(text, HasSubstr("type PullRequest {\n"));
  EXPECT_THAT(text, HasSubstr("  fullDatabaseId: BigInt\n"));
  EXPECT_THAT(text, HasSubstr("union RequestedReviewer = Bot | Mannequin | Team | User\n"));
  EXPECT_THAT(text, HasSubstr("type PullRequestConnection {\n  edges: [PullRequestEdge]\n"));
}

/// The text of a file of the source tree, looked for above the build tree; empty when not found.
std::string SourceFile(const std::filesystem::path& name) {
  std::filesystem::path folder = std::filesystem::current_path();
  while (!exists(folder / name) && folder.has_relative_path()) folder = folder.parent_path();
  std::ifstream file(folder / name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Schema, IsDescribedInTheReferenceTypeByType) {
  const std::string page = SourceFile("docs/reference/simulator-github.md");
  if (page.empty()) GTEST_SKIP() << "not built inside the source tree";
  const std::string text = Schema().Text();

  int checked = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    const std::string block = text.substr(at, end - at);
    at = end + 2;
    const std::string head = block.substr(0, block.find(" {"));
    if (head.ends_with("Connection") || head.ends_with("Edge")) continue;
    EXPECT_THAT(page, HasSubstr(block));
    ++checked;
  }
  EXPECT_GT(checked, 30);
}

}  // namespace
}  // namespace pulse::simulate::github
