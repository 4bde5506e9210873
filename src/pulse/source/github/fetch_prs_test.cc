#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/github/api.h"
#include "pulse/source/github/fetch.h"
#include "pulse/source/github/queries.h"
#include "pulse/source/github/testing/scripted.h"

namespace pulse::source::github {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr EpochMs kHour = 3'600'000;

struct PrSpec {
  int number = 1;
  std::string updated = "2026-01-01T00:00:00Z";
  bool more_commits = false;
  bool more_comments = false;
};

std::string PrPage(
    const std::vector<PrSpec>& specs, std::string next_cursor = "", int total = 100
) {
  nlohmann::json page;
  auto& list = page["data"]["repository"]["pullRequests"];
  list["totalCount"] = total;
  list["pageInfo"] = {{"hasNextPage", !next_cursor.empty()}, {"endCursor", next_cursor}};
  list["nodes"] = nlohmann::json::array();
  for (const PrSpec& spec : specs) {
    nlohmann::json pr = {
        {"id", "PR_" + std::to_string(spec.number)},
        {"fullDatabaseId", std::to_string(1000 + spec.number)},
        {"number", spec.number},
        {"updatedAt", spec.updated}
    };
    pr["commits"]["pageInfo"]["hasNextPage"] = spec.more_commits;
    pr["reviews"]["pageInfo"]["hasNextPage"] = false;
    pr["comments"]["pageInfo"]["hasNextPage"] = spec.more_comments;
    list["nodes"].push_back(pr);
  }
  return page.dump();
}

Result<Fetched> Fetch(const FetchRequest& request, ScriptedTransport& transport) {
  return NewGithubConnector()->Fetch(request, transport);
}

/// The one next step of that entity, as a request.
FetchRequest Next(const Fetched& fetched, std::string_view entity_type) {
  for (const model::NewStep& step : fetched.next) {
    if (step.entity_type == entity_type) return RequestFor(step.entity_type, step.params);
  }
  ADD_FAILURE() << "no next step of " << entity_type;
  return RequestFor("none");
}

FetchRequest FirstPage() { return RequestFor("github_prs", std::string(kOneRepository)); }

TEST(FetchPrs, ReadsAFullPassToItsEnd) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 2}}, "k1", 2)).Answer200(PrPage({{.number = 1}}, "", 2));

  const auto first = Fetch(FirstPage(), transport);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = Fetch(Next(*first, "github_prs"), transport);
  ASSERT_TRUE(second) << second.error().message();

  EXPECT_EQ(
      transport.VariablesOf(0), nlohmann::json({{"owner", "acme"}, {"name", "shop"}, {"first", 24}})
  );
  EXPECT_EQ(transport.VariablesOf(1).at("after"), "k1");
  EXPECT_EQ(first->census.at("github_prs"), 2);
  EXPECT_THAT(second->census, IsEmpty());
  ASSERT_THAT(first->windows, SizeIs(1));
  EXPECT_EQ(first->windows[0].scope, "77");
  EXPECT_EQ(first->windows[0].from, 0);
  EXPECT_EQ(first->windows[0].to, kScriptedNow - 300'000);
  EXPECT_THAT(second->windows, IsEmpty());
  EXPECT_THAT(second->next, IsEmpty());
  ASSERT_THAT(first->pages, SizeIs(1));
  EXPECT_EQ(first->pages[0].record_count, 1);
  EXPECT_EQ(first->pages[0].transform_entity, "github_prs");
}

TEST(FetchPrs, StopsAtTheFirstPullRequestOlderThanTheWatermark) {
  ScriptedTransport transport;
  transport.Answer200(PrPage(
      {{.number = 3, .updated = "2026-01-03T00:00:00Z"},
       {.number = 1, .updated = "2026-01-01T00:00:00Z", .more_commits = true}},
      "k1"
  ));
  FetchRequest request = FirstPage();
  request.watermark = [](std::string_view entity, std::string_view scope) {
    EXPECT_EQ(entity, "github_prs");
    EXPECT_EQ(scope, "77");
    return Result<std::optional<EpochMs>>(ParseInstant("2026-01-02T00:00:00Z"));
  };

  const auto fetched = Fetch(request, transport);

  ASSERT_TRUE(fetched);
  EXPECT_THAT(fetched->next, IsEmpty());  // Nor the old one's commits.
  EXPECT_THAT(fetched->census, IsEmpty());
  EXPECT_EQ(fetched->windows.at(0).from, *ParseInstant("2026-01-02T00:00:00Z"));
}

TEST(FetchPrs, IgnoresTheWatermarkWhenAskedForEverything) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 1}}, "k1"));
  FetchRequest request = FirstPage();
  request.options.full = true;
  request.watermark = [](auto, auto) { return Result<std::optional<EpochMs>>(1900000000000); };

  const auto fetched = Fetch(request, transport);

  ASSERT_TRUE(fetched);
  EXPECT_THAT(fetched->next, SizeIs(1));
  EXPECT_EQ(fetched->census.at("github_prs"), 100);
}

TEST(FetchPrs, ProvesWhatASinceOfItsOwnReads) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 1}}, "k1"));
  FetchRequest request = FirstPage();
  request.options.since = *ParseInstant("2026-01-01T00:00:00Z") + kHour;

  const auto fetched = Fetch(request, transport);

  ASSERT_TRUE(fetched);
  ASSERT_EQ(fetched->windows.size(), 1U);
  EXPECT_EQ(fetched->windows[0].from, *request.options.since);
  EXPECT_THAT(fetched->census, IsEmpty());
  EXPECT_THAT(fetched->next, IsEmpty());
}

TEST(FetchPrs, NamesAPageByItsRecordsAndNotByItsCursor) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 1}}, "k1"))
      .Answer200(PrPage({{.number = 1}}, "k2"))
      .Answer200(PrPage({{.number = 2}}, "k1"));
  const auto first = Fetch(FirstPage(), transport);
  const auto again = Fetch(FirstPage(), transport);
  const auto other = Fetch(FirstPage(), transport);
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(first->pages[0].request, again->pages[0].request);
  EXPECT_NE(first->pages[0].request, other->pages[0].request);
  EXPECT_THAT(
      first->pages[0].request,
      AllOf(HasSubstr(R"("id":"77")"), Not(HasSubstr("k1")), Not(HasSubstr("2026")))
  );
}

TEST(FetchPrs, HalvesThePageOnEveryFailedAttemptAndStaysThere) {
  for (const auto& [attempt, size] :
       std::vector<std::pair<int, int>>{{1, 12}, {2, 6}, {3, 3}, {4, 1}, {9, 1}}) {
    ScriptedTransport transport;
    transport.Answer200(PrPage({{.number = 1}}, "k1")).Answer200(PrPage({}));
    FetchRequest request = FirstPage();
    request.attempt = attempt;
    const auto fetched = Fetch(request, transport);
    ASSERT_TRUE(fetched);
    ASSERT_TRUE(Fetch(Next(*fetched, "github_prs"), transport));
    EXPECT_EQ(transport.VariablesOf(0).at("first"), size) << attempt;
    EXPECT_EQ(transport.VariablesOf(1).at("first"), size) << attempt;
  }
}

TEST(FetchPrs, GrowsThePageAgainWhileAllGoesWell) {
  std::vector<int> sizes;
  FetchRequest request = RequestFor(
      "github_prs",
      R"({"repository":{"id":"77","full_name":"acme/shop"},"cursor":"k","page":1,"first":6})"
  );
  for (int page = 0; page < 7; ++page) {
    ScriptedTransport transport;
    transport.Answer200(PrPage({{.number = 1}}, "k" + std::to_string(page)));
    const auto fetched = Fetch(request, transport);
    ASSERT_TRUE(fetched);
    sizes.push_back(transport.VariablesOf(0).at("first"));
    request = Next(*fetched, "github_prs");
  }
  EXPECT_THAT(sizes, ::testing::ElementsAre(6, 8, 11, 14, 18, 23, 24));
}

TEST(FetchPrs, NeverMovesACursorPastAnError) {
  const std::vector<std::pair<int, std::string>> answers = {
      {502, "<html>"},
      {200,
       R"({"data":{"repository":{"pullRequests":{"nodes":[],"pageInfo":{"hasNextPage":false}}}},"errors":[{"message":"timeout"}]})"
      },
      {200, R"({"data":{"repository":{"pullRequests":null}}})"},
      {200, PrPage({{.number = 1}}, "k0")},  // The cursor it was asked for.
  };
  for (const auto& [status, body] : answers) {
    ScriptedTransport transport;
    transport.AnswerWith(status, body);
    const auto fetched = Fetch(
        RequestFor(
            "github_prs",
            R"({"repository":{"id":"77","full_name":"acme/shop"},"cursor":"k0","page":1})"
        ),
        transport
    );
    ASSERT_FALSE(fetched) << body;
    EXPECT_EQ(fetched.error().kind(), ErrorKind::kUnavailable) << body;
  }
}

TEST(FetchPrs, DoesWithoutReviewersWhereTheTokenMayNotReadThem) {
  const std::string scopes =
      R"({"errors":[{"type":"INSUFFICIENT_SCOPES","message":"The 'slug' field requires read:org"}]})";
  const std::string forbidden =
      R"({"data":{},"errors":[{"type":"FORBIDDEN","path":["repository","requestedReviewer"],)"
      R"("message":"Resource not accessible by integration"}]})";
  for (const std::string& refusal : {scopes, forbidden}) {
    ScriptedTransport transport;
    transport.Answer200(refusal)
        .Answer200(PrPage({{.number = 2}}, "k1"))
        .Answer200(PrPage({{.number = 1}}));
    const auto first = Fetch(FirstPage(), transport);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_THAT(first->gaps, IsEmpty());
    ASSERT_TRUE(Fetch(Next(*first, "github_prs"), transport));

    EXPECT_THAT(transport.QueryOf(0), HasSubstr("reviewRequests"));
    for (const std::size_t call : {1, 2}) {
      EXPECT_THAT(transport.QueryOf(call), Not(HasSubstr("reviewRequests"))) << call;
      EXPECT_THAT(transport.QueryOf(call), Not(HasSubstr("Team"))) << call;
      EXPECT_THAT(transport.QueryOf(call), HasSubstr("comments(first: 50)")) << call;
    }
    EXPECT_EQ(transport.VariablesOf(2).at("after"), "k1");
  }
}

TEST(FetchPrs, SaysWhatWasWrongWhenNothingCanBeRead) {
  ScriptedTransport transport;
  transport.AnswerWith(401, R"({"message":"Bad credentials"})");
  const auto fetched = Fetch(FirstPage(), transport);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kUnauthorized);
  EXPECT_THAT(transport.calls, SizeIs(1));
}

TEST(FetchPrs, LooksOnceMoreWhenPullRequestsMovedWhileTheyWereListed) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 3}, {.number = 2}}, "k1", 4))
      .Answer200(PrPage({{.number = 1}}, "", 5))  // One moved to the front, and one is new.
      .Answer200(PrPage(
          {{.number = 5, .updated = "2026-11-24T08:50:00Z"},
           {.number = 4, .updated = "2026-11-24T08:49:50Z"},
           {.number = 3}},
          "k9",
          5
      ));
  const auto first = Fetch(FirstPage(), transport);
  ASSERT_TRUE(first);
  const auto last = Fetch(Next(*first, "github_prs"), transport);
  ASSERT_TRUE(last) << last.error().message();
  const auto tail = Fetch(Next(*last, "github_prs"), transport);
  ASSERT_TRUE(tail) << tail.error().message();

  EXPECT_EQ(first->census.at("github_prs") + last->census.at("github_prs"), 5);
  EXPECT_THAT(tail->census, IsEmpty());
  EXPECT_THAT(tail->windows, IsEmpty());
  EXPECT_THAT(tail->next, IsEmpty()) << "it ends where the pass began";
  ASSERT_THAT(tail->pages, SizeIs(1));
  EXPECT_FALSE(transport.VariablesOf(2).contains("after"));
}

TEST(FetchPrs, PaysNothingWhereNothingMoved) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 3}, {.number = 2}}, "k1", 3))
      .Answer200(PrPage({{.number = 1}}, "", 3));
  const auto first = Fetch(FirstPage(), transport);
  ASSERT_TRUE(first);
  const auto last = Fetch(Next(*first, "github_prs"), transport);
  ASSERT_TRUE(last);
  EXPECT_THAT(last->next, IsEmpty());
}

TEST(FetchPrs, LeavesAGapForARepositoryThatIsGone) {
  ScriptedTransport transport;
  transport.Answer200(
      R"({"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve"}]})"
  );
  const auto fetched = Fetch(FirstPage(), transport);
  ASSERT_TRUE(fetched);
  ASSERT_THAT(fetched->gaps, SizeIs(1));
  EXPECT_EQ(fetched->gaps[0].scope, "acme/shop");
  EXPECT_THAT(fetched->windows, IsEmpty());
}

TEST(FetchPrs, AsksTwiceMoreForAPageItCannotDecodeAndThenSetsItAside) {
  for (int attempt = 0; attempt <= 2; ++attempt) {
    ScriptedTransport transport;
    transport.Answer200(R"({"data": {"repository")");
    FetchRequest request = FirstPage();
    request.attempt = attempt;
    const auto fetched = Fetch(request, transport);
    if (attempt < 2) {
      ASSERT_FALSE(fetched);
      EXPECT_EQ(fetched.error().kind(), ErrorKind::kInvalid);
      continue;
    }
    ASSERT_TRUE(fetched);
    ASSERT_THAT(fetched->pages, SizeIs(1));
    EXPECT_TRUE(fetched->pages[0].error_details);
    EXPECT_TRUE(nlohmann::json::accept(*fetched->pages[0].error_details));
    EXPECT_THAT(fetched->gaps, SizeIs(1));
    EXPECT_THAT(fetched->windows, IsEmpty());
  }
}

TEST(FetchPrs, GoesOnPastARecordThatIsNoJson) {
  for (const std::string bad : {"\"\xFF\"", "1e999999", "12345678901234567890123x"}) {
    std::string page =
        PrPage({{.number = 3, .more_commits = true}, {.number = 2}, {.number = 1}}, "k1");
    page.replace(page.find(R"("1002")"), 6, bad);
    ScriptedTransport transport;
    transport.Answer200(page);

    const auto fetched = Fetch(FirstPage(), transport);

    ASSERT_TRUE(fetched) << fetched.error().message();
    EXPECT_THAT(fetched->gaps, IsEmpty());
    ASSERT_THAT(fetched->pages, SizeIs(1));
    EXPECT_EQ(fetched->pages[0].record_count, 3);
    EXPECT_EQ(fetched->pages[0].body, page);
    EXPECT_FALSE(fetched->pages[0].error_details);
    EXPECT_EQ(fetched->census.at("github_prs"), 100);
    const auto next = nlohmann::json::parse(Next(*fetched, "github_prs").params);
    EXPECT_EQ(next.at("cursor"), "k1");
    EXPECT_THAT(next.at("nested"), SizeIs(1));
  }
}

TEST(FetchPrs, GoesNowhereWhenErrorsStandBesideARecordThatIsNoJson) {
  std::string page = PrPage({{.number = 2}, {.number = 1}}, "k1");
  page.replace(page.find(R"("1002")"), 6, "1e999999");
  page.insert(page.size() - 1, R"(,"errors":[{"message":"Something went wrong"}])");
  FetchRequest request = FirstPage();
  for (request.attempt = 0; request.attempt <= kLastAttempt; ++request.attempt) {
    ScriptedTransport transport;
    transport.Answer200(page);

    const auto fetched = Fetch(request, transport);

    ASSERT_FALSE(fetched) << "attempt " << request.attempt << " moved the cursor";
    EXPECT_EQ(fetched.error().kind(), ErrorKind::kUnavailable);
  }
}

TEST(FetchPrs, CarriesOverflowAlongAndHandsItOverAtTheEnd) {
  ScriptedTransport transport;
  transport.Answer200(PrPage({{.number = 2, .more_commits = true, .more_comments = true}}, "k1", 2))
      .Answer200(PrPage({{.number = 1, .more_commits = true}}, "", 2));
  const auto first = Fetch(FirstPage(), transport);
  ASSERT_TRUE(first);
  ASSERT_THAT(first->next, SizeIs(1));
  const auto second = Fetch(Next(*first, "github_prs"), transport);
  ASSERT_TRUE(second);
  ASSERT_THAT(second->next, SizeIs(1));
  const auto params = nlohmann::json::parse(Next(*second, "github_pr_nested").params);
  EXPECT_EQ(
      params.at("nested"),
      nlohmann::json::parse(
          R"([{"id":"PR_2","kind":"c"},{"id":"PR_2","kind":"m"},{"id":"PR_1","kind":"c"}])"
      )
  );
}

TEST(FetchPrs, HandsOverflowOverAsSoonAsAQueryIsFull) {
  ScriptedTransport transport;
  std::vector<PrSpec> specs;
  for (int i = 1; i <= 60; ++i)
    specs.push_back({.number = i, .more_commits = true, .more_comments = true});
  transport.Answer200(PrPage(specs, "k1"));
  const auto fetched = Fetch(FirstPage(), transport);
  ASSERT_TRUE(fetched);
  const auto nested = nlohmann::json::parse(Next(*fetched, "github_pr_nested").params).at("nested");
  EXPECT_THAT(nested, SizeIs(100));
  EXPECT_THAT(nlohmann::json::parse(Next(*fetched, "github_prs").params).at("nested"), SizeIs(20));
}

nlohmann::json Connection(std::string field, std::string cursor) {
  nlohmann::json node = {{"number", 7}};
  node[field]["pageInfo"] = {{"hasNextPage", !cursor.empty()}, {"endCursor", cursor}};
  node[field]["nodes"] = nlohmann::json::array();
  return node;
}

std::string NestedStep(const std::string& needs) {
  return R"({"repository":{"id":"77","full_name":"acme/shop"},"nested":)" + needs + '}';
}

TEST(FetchNested, ReadsEveryConnectionToItsEndAndKeepsAllAnswersInOnePage) {
  ScriptedTransport transport;
  nlohmann::json one;
  one["data"]["c0"] = Connection("commits", "k1");
  one["data"]["r1"] = Connection("reviews", "");
  nlohmann::json two;
  two["data"]["c0"] = Connection("commits", "");
  transport.Answer200(one.dump()).Answer200(two.dump());

  const auto fetched = Fetch(
      RequestFor(
          "github_pr_nested", NestedStep(R"([{"id":"PR_1","kind":"c"},{"id":"PR_1","kind":"r"}])")
      ),
      transport
  );

  ASSERT_TRUE(fetched) << fetched.error().message();
  ASSERT_THAT(transport.calls, SizeIs(2));
  EXPECT_EQ(transport.VariablesOf(0), nlohmann::json({{"id0", "PR_1"}, {"id1", "PR_1"}}));
  EXPECT_EQ(transport.VariablesOf(1), nlohmann::json({{"id0", "PR_1"}, {"after0", "k1"}}));
  ASSERT_THAT(fetched->pages, SizeIs(1));
  EXPECT_THAT(nlohmann::json::parse(fetched->pages[0].body).at("parts"), SizeIs(2));
  EXPECT_EQ(fetched->pages[0].record_count, 0);
}

TEST(FetchNested, FindsTheOneThatIsGoneAndKeepsTheOthers) {
  ScriptedTransport transport;
  const std::string gone = R"({"data":{},"errors":[{"type":"NOT_FOUND","message":"no node"}]})";
  nlohmann::json good;
  good["data"]["c0"] = Connection("commits", "");
  transport.Answer200(gone).Answer200(gone).Answer200(good.dump());

  const auto fetched = Fetch(
      RequestFor(
          "github_pr_nested", NestedStep(R"([{"id":"PR_1","kind":"c"},{"id":"PR_2","kind":"c"}])")
      ),
      transport
  );

  ASSERT_TRUE(fetched) << fetched.error().message();
  ASSERT_THAT(fetched->gaps, SizeIs(1));
  EXPECT_THAT(fetched->gaps[0].scope, HasSubstr("PR_1"));
  EXPECT_THAT(fetched->pages, SizeIs(1));
}

TEST(FetchNested, IsolatesTheOneItCannotDecodeOnTheLastAttempt) {
  const std::string bad = R"({"data":{"c0":"cut)";
  nlohmann::json good;
  good["data"]["c0"] = Connection("commits", "");
  FetchRequest request = RequestFor(
      "github_pr_nested", NestedStep(R"([{"id":"PR_1","kind":"c"},{"id":"PR_2","kind":"c"}])")
  );
  ScriptedTransport early;
  early.Answer200(bad);
  EXPECT_FALSE(Fetch(request, early));

  request.attempt = 2;
  ScriptedTransport transport;
  transport.Answer200(bad).Answer200(bad).Answer200(good.dump());
  const auto fetched = Fetch(request, transport);
  ASSERT_TRUE(fetched) << fetched.error().message();
  ASSERT_THAT(fetched->gaps, SizeIs(1));
  EXPECT_THAT(fetched->gaps[0].scope, HasSubstr("PR_1"));
  EXPECT_THAT(fetched->pages, SizeIs(1));
}

TEST(FetchNested, LeavesAPoorAnswerToBeAskedAgainWhenItAlsoCarriesErrors) {
  FetchRequest request =
      RequestFor("github_pr_nested", NestedStep(R"([{"id":"PR_1","kind":"c"}])"));
  request.attempt = kLastAttempt;
  ScriptedTransport transport;
  transport.Answer200(R"({"data":{"c0":{"n":1e999}},"errors":[{"message":"timeout"}]})");

  const auto fetched = Fetch(request, transport);

  ASSERT_FALSE(fetched) << "a passing failure became a gap";
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kUnavailable);
}

TEST(FetchNested, RefusesAnAnswerThatLeavesAConnectionOut) {
  ScriptedTransport transport;
  transport.Answer200(R"({"data":{"c0":null}})");
  const auto fetched =
      Fetch(RequestFor("github_pr_nested", NestedStep(R"([{"id":"PR_1","kind":"c"}])")), transport);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kUnavailable);
}

TEST(ExpandAliases, RepeatsTheLineOfEachKindAndItsVariables) {
  const std::string query = ExpandAliases(queries::kNestedConnections, "crm");
  EXPECT_THAT(
      query,
      HasSubstr(
          "($id0: ID!, $after0: String, $id1: ID!, $after1: String, $id2: ID!, $after2: String)"
      )
  );
  EXPECT_THAT(query, HasSubstr("\nc0: node(id: $id0)"));
  EXPECT_THAT(query, HasSubstr("\nr1: node(id: $id1)"));
  EXPECT_THAT(query, HasSubstr("comments(first: 100, after: $after2)"));
  EXPECT_THAT(query, Not(HasSubstr("\nr0:")));
}

TEST(ExpandAliases, KeepsOnlyTheFragmentsThatAreUsed) {
  const std::string query = ExpandAliases(queries::kNestedConnections, "m");
  EXPECT_THAT(query, HasSubstr("fragment Comments on"));
  EXPECT_THAT(query, HasSubstr("fragment Person on"));
  EXPECT_THAT(query, Not(HasSubstr("fragment Reviews on")));
  EXPECT_THAT(query, Not(HasSubstr("fragment Links on")));
}

TEST(ExpandAliases, NumbersMoreThanTen) {
  const std::string query = ExpandAliases(queries::kNestedConnections, std::string(12, 'c'));
  EXPECT_THAT(query, HasSubstr("c11: node(id: $id11)"));
  EXPECT_THAT(query, HasSubstr("commits(first: 100, after: $after11)"));
}

}  // namespace
}  // namespace pulse::source::github
