#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/github/testing/scripted.h"

namespace pulse::source::github {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(TransformReviewComments, FindsThePullRequestInTheAddress) {
  const Outcome out = TransformPage("github_review_comments", R"([{
    "id": 9000000001, "pull_request_review_id": 50, "in_reply_to_id": 40, "path": "a/b.cc", "line": 3,
    "user": {"login": "bob", "id": 13, "type": "User"}, "body": "why?",
    "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
    "pull_request_url": "https://api.github.com/repos/acme/shop/pulls/7"}])");
  const auto rows = out.Of(model::kPrComments);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(
      rows[0],
      nlohmann::json::parse(R"({
    "external_id": "9000000001", "repository_external_id": "77", "pr_number": 7, "kind": "review",
    "author_external_id": "13", "author_login": "bob", "body": "why?", "review_external_id": "50",
    "in_reply_to_external_id": "40", "path": "a/b.cc", "line": 3,
    "source_created_at": "2026-01-01T00:00:00.000Z", "source_updated_at": "2026-01-02T00:00:00.000Z"})"
      )
  );
  EXPECT_EQ(out.transformed.record_count, 0);
  EXPECT_EQ(out.rows.records()[0].entity_type, "github_prs");
  EXPECT_EQ(out.rows.records()[0].complete, 0U);
}

TEST(TransformReviewComments, SetsAsideACommentThatBelongsNowhere) {
  const Outcome out = TransformPage(
      "github_review_comments", R"([{"id": 1, "created_at": "2026-01-01T00:00:00Z"}])"
  );
  EXPECT_THAT(out.Of(model::kPrComments), IsEmpty());
  ASSERT_THAT(out.transformed.problems, SizeIs(1));
  EXPECT_EQ(out.transformed.problems[0].code, "github_review_comment.pull_request.unknown");
  EXPECT_FALSE(out.transformed.problems[0].counts_as_record);
}

constexpr std::string_view kMixedComments = R"([
  {"id": 1, "html_url": "https://github.com/acme/shop/pull/7#issuecomment-1", "body": "a",
   "issue_url": "https://api.github.com/repos/acme/shop/issues/7", "created_at": "2026-01-01T00:00:00Z"},
  {"id": 2, "html_url": "https://github.com/acme/shop/issues/8#issuecomment-2", "body": "b",
   "issue_url": "https://api.github.com/repos/acme/shop/issues/8", "created_at": "2026-01-01T00:00:00Z"}])";

TEST(TransformIssueComments, LeavesCommentsOfIssuesOutWhenAskedTo) {
  const Outcome all = TransformPage("github_issue_comments", kMixedComments);
  EXPECT_THAT(all.Of(model::kPrComments), SizeIs(2));
  const Outcome some = TransformPage(
      "github_issue_comments",
      kMixedComments,
      R"({"repository":{"id":"77","full_name":"acme/shop"},"only_pull_requests":true})"
  );
  const auto rows = some.Of(model::kPrComments);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].at("external_id"), "1");
  EXPECT_EQ(rows[0].at("pr_number"), 7);
}

TEST(TransformReviews, WritesStatesInUpperCaseAndPendingWithoutATime) {
  const Outcome out = TransformPage("github_pr_reviews", R"({"group": "acme/shop#7", "payload":
    {"id": 5, "user": null, "state": "approved", "commit_id": "c0", "body": ""}})");
  const auto rows = out.Of(model::kPrReviews);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].at("state"), "APPROVED");
  EXPECT_EQ(rows[0].at("pr_number"), 7);
  EXPECT_TRUE(rows[0].at("author_login").is_null());
  EXPECT_FALSE(rows[0].contains("submitted_at"));
}

TEST(TransformCommits, ReplacesThePullRequestsCommitsByItsWholeList) {
  const Outcome out = TransformPage(
      "github_pr_commits", R"({"parts": [{"number": 7, "items": [
    [{"sha": "a", "commit": {"message": "PAY-1", "author": {"name": "Ada", "date": "2026-01-01T00:00:00Z"},
      "committer": {"name": "Ada", "date": "2026-01-01T01:00:00Z"}}, "author": null, "parents": [{}, {}]}],
    [{"sha": "b", "commit": {"message": "x"}, "author": {"login": "ada", "id": 11, "type": "User"}}]]}]})"
  );
  const auto rows = out.Of(model::kPrCommits);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].at("parent_count"), 2);
  EXPECT_TRUE(rows[0].at("author_login").is_null());
  EXPECT_EQ(rows[0].at("committed_at"), "2026-01-01T01:00:00.000Z");
  EXPECT_EQ(rows[1].at("position"), 1);
  EXPECT_EQ(rows[1].at("author_login"), "ada");
  EXPECT_FALSE(rows[1].contains("parent_count"));
  EXPECT_EQ(out.rows.records()[0].complete, model::SetOf(model::kPrCommits));
  EXPECT_THAT(out.Of(model::kWorkItemPrs), SizeIs(1));
}

TEST(TransformNested, JoinsThePagesOfAConnection) {
  const Outcome out = TransformPage(
      "github_pr_nested", R"({"parts": [
    {"data": {"c0": {"id": "PR_1", "fullDatabaseId": "1", "number": 7, "updatedAt": "2026-01-02T00:00:00Z",
        "title": "PAY-1", "body": "", "headRefName": "x",
        "commits": {"pageInfo": {"hasNextPage": true, "endCursor": "k"}, "nodes": [{"commit": {"oid": "a", "message": ""}}]}},
      "r1": {"id": "PR_1", "fullDatabaseId": "1", "number": 7, "updatedAt": "2026-01-02T00:00:00Z",
        "reviews": {"pageInfo": {"hasNextPage": true}, "nodes": [{"fullDatabaseId": "5", "state": "APPROVED"}]}}}},
    {"data": {"c0": {"id": "PR_1", "fullDatabaseId": "1", "number": 7, "updatedAt": "2026-01-02T00:00:00Z",
        "title": "PAY-1", "body": "", "headRefName": "x",
        "commits": {"pageInfo": {"hasNextPage": false}, "nodes": [{"commit": {"oid": "b", "message": "PAY-2"}}]}}}}]})"
  );
  ASSERT_THAT(out.rows.records(), SizeIs(1));
  const model::Record& record = out.rows.records()[0];
  EXPECT_EQ(record.external_id, "77#7");
  const auto commits = out.Of(model::kPrCommits);
  ASSERT_THAT(commits, SizeIs(2));
  EXPECT_EQ(commits[1].at("position"), 1);
  EXPECT_THAT(out.Of(model::kPrReviews), SizeIs(1));
  // The title's key and the commit's: with all commits the links are whole; the reviews are not.
  EXPECT_THAT(out.Of(model::kWorkItemPrs), SizeIs(2));
  EXPECT_EQ(record.complete, model::SetOf(model::kPrCommits) | model::SetOf(model::kWorkItemPrs));
}

TEST(TransformRepositories, GivesTheSameRowFromBothApis) {
  const auto graphql =
      TransformPage("github_repositories", R"({"data": {"list": {"repositories": {"nodes": [{
    "id": "R_1", "databaseId": 77, "name": "shop", "nameWithOwner": "acme/shop", "description": null,
    "url": "https://github.com/acme/shop", "visibility": "PRIVATE", "isArchived": false, "isFork": true,
    "createdAt": "2020-01-01T00:00:00Z", "updatedAt": "2020-01-02T00:00:00Z", "pushedAt": "2020-01-03T00:00:00Z",
    "primaryLanguage": {"name": "C++"}, "defaultBranchRef": {"name": "main"}}]}}}})");
  const auto rest = TransformPage("github_repositories", R"([{
    "id": 77, "name": "shop", "full_name": "acme/shop", "description": null,
    "html_url": "https://github.com/acme/shop", "private": true, "archived": false, "fork": true,
    "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-02T00:00:00Z", "pushed_at": "2020-01-03T00:00:00Z",
    "language": "C++", "default_branch": "main"}])");
  ASSERT_THAT(graphql.Of(model::kRepositories), SizeIs(1));
  EXPECT_EQ(graphql.Of(model::kRepositories), rest.Of(model::kRepositories));
  EXPECT_EQ(graphql.rows.records()[0].version, *ParseInstant("2020-01-03T00:00:00Z"));
}

TEST(TransformRepositories, ReadsRepositoriesAskedForByName) {
  const Outcome out = TransformPage(
      "github_repositories",
      R"({"data": {"n0": {"databaseId": 1, "name": "a"}, "n1": {"databaseId": 2, "name": "b"}}})"
  );
  EXPECT_THAT(out.Of(model::kRepositories), SizeIs(2));
  EXPECT_EQ(out.transformed.record_count, 2);
}

TEST(TransformDeployments, GivesTheSameRowFromBothApis) {
  auto graphql = TransformPage(
                     "github_deployments", R"({"data": {"repository": {"list": {"nodes": [{
    "databaseId": 5, "commitOid": "c0", "ref": {"name": "main"}, "task": "deploy", "environment": "production",
    "latestEnvironment": "production", "originalEnvironment": "staging", "description": "", "state": "ACTIVE",
    "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z",
    "creator": {"__typename": "Bot", "login": "deployer"}, "latestStatus": {"state": "SUCCESS"}}]}}}})"
  )
                     .Of(model::kDeployments);
  const auto rest = TransformPage(
                        "github_deployments", R"([{
    "id": 5, "sha": "c0", "ref": "main", "task": "deploy", "environment": "production",
    "original_environment": "staging", "description": "", "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-02T00:00:00Z", "creator": {"login": "deployer[bot]", "id": 1, "type": "Bot"}}])"
  )
                        .Of(model::kDeployments);
  ASSERT_THAT(graphql, SizeIs(1));
  EXPECT_EQ(graphql[0].at("state"), "ACTIVE");
  EXPECT_EQ(graphql[0].at("latest_status"), "SUCCESS");
  graphql[0].erase("state");  // REST gives neither: absent there.
  graphql[0].erase("latest_status");
  EXPECT_EQ(rest, graphql);
}

TEST(TransformDeployments, DoesNotTakeTheDeploymentsOwnPayloadForTheRecord) {
  const Outcome out = TransformPage(
      "github_deployments",
      R"([{"id": 5, "payload": {"id": 6}, "created_at": "2026-01-01T00:00:00Z"}])"
  );
  const auto rows = out.Of(model::kDeployments);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].at("external_id"), "5");
}

TEST(TransformReleases, KeepsDraftsWithoutATimeOfPublication) {
  const Outcome out = TransformPage(
      "github_releases", R"([{"id": 3, "tag_name": "v1", "name": "One", "draft": true,
    "prerelease": false, "created_at": "2026-01-01T00:00:00Z", "published_at": null, "author": {"login": "ada", "id": 11}}])"
  );
  const auto rows = out.Of(model::kReleases);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].at("tag"), "v1");
  EXPECT_EQ(rows[0].at("is_draft"), true);
  EXPECT_TRUE(rows[0].at("published_at").is_null());
}

TEST(Transform, RefusesAnEntityItDoesNotKnow) {
  const Outcome out = TransformPage("github_gists", "[]");
  ASSERT_TRUE(out.transformed.page_problem);
  EXPECT_EQ(out.transformed.page_problem->code, "github.unknown_entity");
}

TEST(TransformCommits, CallsTheTwoHundredAndFiftyThatRestShowsNoWholeList) {
  for (const int count : {249, 250}) {
    nlohmann::json items = nlohmann::json::array();
    for (int i = 0; i < count; ++i) items.push_back({{"sha", "c" + std::to_string(i)}});
    const nlohmann::json page = {{"parts", {{{"number", 7}, {"items", {items}}}}}};
    const Outcome out = TransformPage("github_pr_commits", page.dump());
    EXPECT_THAT(out.Of(model::kPrCommits), SizeIs(count));
    EXPECT_EQ(out.rows.records()[0].complete != 0, count < 250) << count;
    EXPECT_THAT(out.transformed.problems, SizeIs(count < 250 ? 0 : 1));
  }
}

}  // namespace
}  // namespace pulse::source::github
