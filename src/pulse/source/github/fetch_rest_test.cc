#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/github/testing/scripted.h"

namespace pulse::source::github {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kRestRepository =
    R"({"repository":{"id":"77","full_name":"acme/shop"},"api":"rest"})";

Result<Fetched> Fetch(const FetchRequest& request, ScriptedTransport& transport) {
  return NewGithubConnector()->Fetch(request, transport);
}

std::string Comments(int count, std::string updated) {
  nlohmann::json list = nlohmann::json::array();
  for (int i = 0; i < count; ++i) list.push_back({{"id", i + 1}, {"updated_at", updated}});
  return list.dump();
}

FetchRequest CommentsRequest() {
  return RequestFor("github_review_comments", std::string(kOneRepository));
}

TEST(FetchComments, GoesOnFromTheLastCommentsTimeSoThatShiftingPagesLoseNothing) {
  ScriptedTransport transport;
  transport.Answer200(Comments(100, "2026-01-01T00:00:00Z"))
      .Answer200(Comments(100, "2026-01-01T00:00:00Z"))
      .Answer200(Comments(3, "2026-01-05T00:00:00Z"));

  const auto first = Fetch(CommentsRequest(), transport);
  ASSERT_TRUE(first);
  const auto second =
      Fetch(RequestFor("github_review_comments", first->next.at(0).params), transport);
  ASSERT_TRUE(second);
  // The whole page was of one second: only then are pages counted.
  const auto third =
      Fetch(RequestFor("github_review_comments", second->next.at(0).params), transport);
  ASSERT_TRUE(third);

  EXPECT_THAT(transport.calls[0].path, Not(HasSubstr("since")));
  EXPECT_THAT(transport.calls[1].path, HasSubstr("since=2026-01-01T00%3A00%3A00Z"));
  EXPECT_THAT(transport.calls[1].path, Not(HasSubstr("&page=")));
  EXPECT_THAT(transport.calls[2].path, HasSubstr("since=2026-01-01T00%3A00%3A00Z&page=2"));
  EXPECT_THAT(third->next, IsEmpty());
  EXPECT_THAT(first->windows, SizeIs(1));
  EXPECT_THAT(second->windows, IsEmpty());
}

TEST(FetchComments, BeginsAtTheWatermarkAndStoresNothingForNothing) {
  ScriptedTransport transport;
  transport.Answer200("[]");
  FetchRequest request = CommentsRequest();
  request.watermark = [](auto, auto) {
    return Result<std::optional<EpochMs>>(ParseInstant("2026-01-02T03:04:05.678Z"));
  };
  const auto fetched = Fetch(request, transport);
  ASSERT_TRUE(fetched);
  EXPECT_THAT(transport.calls[0].path, HasSubstr("since=2026-01-02T03%3A04%3A05Z"));
  EXPECT_THAT(fetched->pages, IsEmpty());
  EXPECT_THAT(fetched->windows, SizeIs(1));
}

TEST(FetchPrsByRest, KeepsThePageVerbatimAndAsksForChildrenInGroups) {
  ScriptedTransport transport;
  nlohmann::json list = nlohmann::json::array();
  for (int i = 1; i <= 45; ++i) {
    list.push_back({{"id", i}, {"number", i}, {"updated_at", "2026-01-01T00:00:00Z"}});
  }
  transport.Answer200(list.dump(), {{"Link", R"(<https://x/?page=2>; rel="next")"}});
  const auto fetched = Fetch(RequestFor("github_prs", std::string(kRestRepository)), transport);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->pages.at(0).body, list.dump());
  EXPECT_EQ(fetched->pages.at(0).record_count, 45);
  std::vector<std::string> entities;
  for (const model::NewStep& step : fetched->next) entities.push_back(step.entity_type);
  EXPECT_THAT(
      entities,
      ElementsAre(
          "github_pr_commits",
          "github_pr_reviews",
          "github_pr_commits",
          "github_pr_reviews",
          "github_pr_commits",
          "github_pr_reviews",
          "github_prs"
      )
  );
}

TEST(FetchPrsByRest, ReadsDetailsOfWhatChangedWhenAskedTo) {
  ScriptedTransport transport;
  transport
      .Answer200(R"([{"id":2,"number":2,"updated_at":"2026-01-03T00:00:00Z"},
                     {"id":1,"number":1,"updated_at":"2026-01-01T00:00:00Z"}])")
      .Answer200(R"({"id":2,"number":2,"additions":9})");
  FetchRequest request = RequestFor("github_prs", std::string(kRestRepository));
  request.integration.scope = {{"api", "rest"}, {"detail", "true"}};
  request.watermark = [](auto, auto) {
    return Result<std::optional<EpochMs>>(ParseInstant("2026-01-02T00:00:00Z"));
  };
  const auto fetched = Fetch(request, transport);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(transport.calls[1].path, "/repos/acme/shop/pulls/2");
  EXPECT_EQ(fetched->pages.at(0).body, R"([{"id":2,"number":2,"additions":9}])");
  EXPECT_EQ(fetched->pages.at(0).record_count, 1);
}

TEST(FetchPrLists, JoinsEachPullRequestsPagesAndGoesAroundAMissingOne) {
  ScriptedTransport transport;
  transport.Answer200(R"([{"sha":"a"}])", {{"Link", R"(<https://x/?page=2>; rel="next")"}})
      .Answer200(R"([{"sha":"b"}])")
      .AnswerWith(404, R"({"message":"Not Found"})");
  const auto fetched = Fetch(
      RequestFor(
          "github_pr_commits",
          R"({"repository":{"id":"77","full_name":"acme/shop"},"api":"rest","numbers":[7,8]})"
      ),
      transport
  );
  ASSERT_TRUE(fetched);
  EXPECT_EQ(
      fetched->pages.at(0).body, R"({"parts":[{"number":7,"items":[[{"sha":"a"}],[{"sha":"b"}]]}]})"
  );
  ASSERT_THAT(fetched->gaps, SizeIs(1));
  EXPECT_EQ(fetched->gaps[0].scope, "acme/shop#8");
}

TEST(FetchComments, LeavesAGapWhereTheTokenMayNotReadThem) {
  ScriptedTransport transport;
  transport.AnswerWith(
      403,
      R"({"message":"Resource not accessible by personal access token"})",
      {{"X-Accepted-GitHub-Permissions", "pull_requests=read"}}
  );
  const auto fetched = Fetch(CommentsRequest(), transport);
  ASSERT_TRUE(fetched) << "one repository must not pause the integration";
  ASSERT_THAT(fetched->gaps, SizeIs(1));
  EXPECT_EQ(fetched->gaps[0].scope, "acme/shop");
  EXPECT_THAT(fetched->gaps[0].reason, HasSubstr("pull_requests=read"));
  EXPECT_THAT(fetched->windows, IsEmpty());
}

std::string Deployments(std::string updated, std::string cursor) {
  nlohmann::json page;
  auto& list = page["data"]["repository"]["list"];
  list["totalCount"] = 150;
  list["pageInfo"] = {{"hasNextPage", true}, {"endCursor", cursor}};
  list["nodes"] = {{{"databaseId", 1}, {"updatedAt", updated}}};
  return page.dump();
}

TEST(FetchDeliveries, ReadsOnWhileAPageHasSomethingThatChanged) {
  ScriptedTransport transport;
  transport.Answer200(Deployments("2026-01-03T00:00:00Z", "k1"))
      .Answer200(Deployments("2026-01-01T00:00:00Z", "k2"));
  FetchRequest request = RequestFor("github_deployments", std::string(kOneRepository));
  request.watermark = [](auto, auto) {
    return Result<std::optional<EpochMs>>(ParseInstant("2026-01-02T00:00:00Z"));
  };
  const auto first = Fetch(request, transport);
  ASSERT_TRUE(first);
  EXPECT_THAT(first->census, IsEmpty());
  const auto second = Fetch(RequestFor("github_deployments", first->next.at(0).params), transport);
  ASSERT_TRUE(second);
  EXPECT_EQ(transport.VariablesOf(1).at("after"), "k1");
  EXPECT_THAT(second->next, IsEmpty());
}

TEST(FetchDeliveries, TakesTheCensusOfAFullPass) {
  ScriptedTransport transport;
  transport.Answer200(Deployments("2026-01-03T00:00:00Z", "k1"));
  const auto fetched = Fetch(RequestFor("github_releases", std::string(kOneRepository)), transport);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->census.at("github_releases"), 150);
  EXPECT_THAT(transport.QueryOf(0), HasSubstr("releases"));
}

}  // namespace
}  // namespace pulse::source::github
