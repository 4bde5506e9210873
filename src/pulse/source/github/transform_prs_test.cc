#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/github/testing/scripted.h"

namespace pulse::source::github {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A pull request as GraphQL shows it; `fields` overwrite or add, null with key "-x" removes.
nlohmann::json GraphqlPr(const nlohmann::json& fields = nlohmann::json::object()) {
  auto pr = nlohmann::json::parse(R"({
    "id": "PR_1", "fullDatabaseId": "4000000001", "number": 7, "url": "https://github.com/acme/shop/pull/7",
    "title": "PAY-1: round half up", "body": "Fixes #3, see OPS-2", "state": "MERGED", "isDraft": false,
    "merged": true, "locked": false,
    "createdAt": "2026-01-01T10:00:00Z", "updatedAt": "2026-01-02T10:00:00Z",
    "closedAt": "2026-01-01T11:30:59Z", "mergedAt": "2026-01-01T11:30:59Z",
    "author": {"__typename": "User", "login": "ada", "databaseId": 11},
    "mergedBy": {"__typename": "Bot", "login": "merge-queue", "databaseId": 12},
    "baseRefName": "main", "baseRefOid": "b0", "headRefName": "feature/PAY-1-rounding", "headRefOid": "h0",
    "headRepository": {"nameWithOwner": "ada/shop"},
    "additions": 5, "deletions": 2, "changedFiles": 1, "totalCommentsCount": 3,
    "reviewDecision": "APPROVED", "mergeCommit": {"oid": "m0"}, "milestone": {"title": "Q1"},
    "labels": {"nodes": [{"name": "bug"}, {"name": "a \"b\""}]},
    "assignees": {"nodes": [{"login": "ada", "databaseId": 11}]},
    "reviewRequests": {"nodes": [
      {"requestedReviewer": {"__typename": "User", "login": "bob", "databaseId": 13}},
      {"requestedReviewer": {"__typename": "Team", "slug": "payments"}}]},
    "commits": {"totalCount": 1, "pageInfo": {"hasNextPage": false}, "nodes": [{"commit": {
      "oid": "c0", "message": "PAY-1 round\n\nand PAY-4", "authoredDate": "2026-01-01T09:00:00Z",
      "committedDate": "2026-01-01T09:30:00Z", "additions": 5, "deletions": 2,
      "author": {"name": "Ada", "email": "ada@x.io", "user": {"login": "ada", "databaseId": 11}},
      "committer": {"name": "GitHub"}}}]},
    "reviews": {"totalCount": 1, "pageInfo": {"hasNextPage": false}, "nodes": [{
      "fullDatabaseId": "5000000001", "state": "APPROVED", "body": "ok", "submittedAt": "2026-01-01T11:00:00Z",
      "author": {"__typename": "User", "login": "bob", "databaseId": 13}, "commit": {"oid": "c0"}}]},
    "comments": {"totalCount": 1, "pageInfo": {"hasNextPage": false}, "nodes": [{
      "fullDatabaseId": "6000000001", "body": "hi", "createdAt": "2026-01-01T10:10:00Z",
      "updatedAt": "2026-01-01T10:10:00Z", "author": null}]}
  })");
  pr.merge_patch(fields);
  return pr;
}

std::string GraphqlPage(std::vector<nlohmann::json> nodes) {
  nlohmann::json page;
  auto& list = page["data"]["repository"]["pullRequests"];
  list["totalCount"] = nodes.size();
  list["nodes"] = std::move(nodes);
  return page.dump();
}

nlohmann::json RestPr(const nlohmann::json& fields = nlohmann::json::object()) {
  auto pr = nlohmann::json::parse(R"({
    "id": 4000000001, "number": 7, "state": "closed", "locked": false, "title": "PAY-1: round half up",
    "html_url": "https://github.com/acme/shop/pull/7", "draft": false,
    "user": {"login": "ada", "id": 11, "type": "User"}, "body": "Fixes #3, see OPS-2",
    "created_at": "2026-01-01T10:00:00Z", "updated_at": "2026-01-02T10:00:00Z",
    "closed_at": "2026-01-01T11:30:59Z", "merged_at": "2026-01-01T11:30:59Z", "merge_commit_sha": "m0",
    "assignees": [{"login": "ada", "id": 11}], "requested_reviewers": [{"login": "bob", "id": 13}],
    "requested_teams": [{"slug": "payments"}], "labels": [{"name": "bug"}, {"name": "a \"b\""}],
    "milestone": {"title": "Q1"},
    "head": {"ref": "feature/PAY-1-rounding", "sha": "h0", "repo": {"full_name": "ada/shop"}},
    "base": {"ref": "main", "sha": "b0", "repo": {"id": 77, "full_name": "acme/shop"}}
  })");
  pr.merge_patch(fields);
  return pr;
}

nlohmann::json RowOf(const std::string& body) {
  const auto rows = TransformPage("github_prs", body).Of(model::kPrs);
  EXPECT_THAT(rows, SizeIs(1));
  return rows.empty() ? nlohmann::json() : rows[0];
}

TEST(TransformPrs, FillsTheWholeRowFromGraphql) {
  const auto row = RowOf(GraphqlPage({GraphqlPr()}));
  const auto expected = nlohmann::json::parse(R"({
    "external_id": "4000000001", "repository_external_id": "77", "number": 7,
    "repository_name": "acme/shop", "title": "PAY-1: round half up", "status": "merged",
    "state": "closed", "is_draft": false, "is_locked": false, "body": "Fixes #3, see OPS-2",
    "author_external_id": "11", "author_login": "ada", "author_type": "User",
    "merged_by_login": "merge-queue[bot]", "base_ref": "main", "base_sha": "b0",
    "base_repository": "acme/shop", "head_ref": "feature/PAY-1-rounding", "head_sha": "h0",
    "head_repository": "ada/shop", "merge_commit_sha": "m0", "additions": 5, "deletions": 2,
    "changed_files": 1, "commit_count": 1, "comment_count": 1, "review_comment_count": 2,
    "labels": ["bug", "a \"b\""], "assignees": ["ada"], "requested_reviewers": ["bob"],
    "requested_teams": ["payments"], "milestone": "Q1", "closes": ["acme/shop#3"],
    "review_decision": "APPROVED", "open_to_merge_minutes": 90,
    "source_created_at": "2026-01-01T10:00:00.000Z", "source_updated_at": "2026-01-02T10:00:00.000Z",
    "closed_at": "2026-01-01T11:30:59.000Z", "merged_at": "2026-01-01T11:30:59.000Z",
    "url": "https://github.com/acme/shop/pull/7"})");
  EXPECT_EQ(row, expected) << row.dump(1);
}

TEST(TransformPrs, GivesTheSameRowFromRestWhereRestSaysIt) {
  auto graphql = RowOf(GraphqlPage({GraphqlPr()}));
  const auto rest = RowOf(nlohmann::json::array({RestPr()}).dump());
  // A list payload has no counts, no merger and no decision; those cells are absent, never 0.
  for (const char* column :
       {"additions",
        "deletions",
        "changed_files",
        "commit_count",
        "comment_count",
        "review_comment_count",
        "merged_by_login",
        "review_decision"}) {
    EXPECT_TRUE(graphql.contains(column)) << column;
    EXPECT_FALSE(rest.contains(column)) << column;
    graphql.erase(column);
  }
  EXPECT_EQ(rest, graphql) << rest.dump(1);
}

TEST(TransformPrs, ReadsThreeShapesOfRest) {
  const std::string bare = RestPr().dump();
  EXPECT_EQ(RowOf(bare), RowOf('[' + bare + ']'));
  EXPECT_EQ(RowOf(bare), RowOf(R"({"group":"acme/shop#7","payload":)" + bare + '}'));
}

TEST(TransformPrs, KeepsAbsentNullAndEmptyApart) {
  auto absent = RestPr();
  absent.erase("body");
  absent.erase("draft");
  absent.erase("milestone");
  EXPECT_FALSE(RowOf(absent.dump()).contains("body"));
  EXPECT_FALSE(RowOf(absent.dump()).contains("is_draft"));
  EXPECT_FALSE(RowOf(absent.dump()).contains("milestone"));

  auto null = RestPr();
  null["body"] = nullptr;
  null["milestone"] = nullptr;
  null["user"] = nullptr;
  const auto row = RowOf(null.dump());
  EXPECT_TRUE(row.at("body").is_null());
  EXPECT_TRUE(row.at("milestone").is_null());
  EXPECT_TRUE(row.at("author_external_id").is_null());
  EXPECT_TRUE(row.at("author_login").is_null());

  EXPECT_EQ(RowOf(RestPr({{"body", ""}}).dump()).at("body"), "");
}

TEST(TransformPrs, KnowsThatAForkIsGone) {
  auto pr = RestPr();
  pr["head"]["repo"] = nullptr;
  const auto row = RowOf(pr.dump());
  EXPECT_TRUE(row.at("head_repository").is_null());
  EXPECT_EQ(row.at("head_ref"), "feature/PAY-1-rounding");
}

TEST(TransformPrs, TellsMergedClosedAndOpenApart) {
  auto closed = RestPr();
  closed["merged_at"] = nullptr;
  EXPECT_EQ(RowOf(closed.dump()).at("status"), "closed");
  EXPECT_TRUE(RowOf(closed.dump()).at("open_to_merge_minutes").is_null());
  closed["merged"] = true;  // A detail payload may say so and leave the time out.
  EXPECT_EQ(RowOf(closed.dump()).at("status"), "merged");
  EXPECT_EQ(RowOf(RestPr({{"state", "open"}}).dump()).at("status"), "open");
  EXPECT_EQ(
      RowOf(
          GraphqlPage({GraphqlPr({{"state", "CLOSED"}, {"merged", false}, {"mergedAt", nullptr}})})
      ).at("state"),
      "closed"
  );
}

TEST(TransformPrs, WritesEveryChildOfAGraphqlPage) {
  const Outcome out = TransformPage("github_prs", GraphqlPage({GraphqlPr()}));
  const auto commits = out.Of(model::kPrCommits);
  ASSERT_THAT(commits, SizeIs(1));
  EXPECT_EQ(commits[0].at("sha"), "c0");
  EXPECT_EQ(commits[0].at("position"), 0);
  EXPECT_EQ(commits[0].at("author_login"), "ada");
  EXPECT_EQ(commits[0].at("authored_at"), "2026-01-01T09:00:00.000Z");
  const auto reviews = out.Of(model::kPrReviews);
  ASSERT_THAT(reviews, SizeIs(1));
  EXPECT_EQ(reviews[0].at("external_id"), "5000000001");
  EXPECT_EQ(reviews[0].at("author_external_id"), "13");
  EXPECT_EQ(reviews[0].at("commit_sha"), "c0");
  const auto comments = out.Of(model::kPrComments);
  ASSERT_THAT(comments, SizeIs(1));
  EXPECT_EQ(comments[0].at("kind"), "issue");
  EXPECT_TRUE(comments[0].at("author_external_id").is_null());
}

TEST(TransformPrs, LinksIssueKeysWithTheirEvidence) {
  const Outcome out = TransformPage("github_prs", GraphqlPage({GraphqlPr()}));
  std::vector<std::string> links;
  for (const auto& row : out.Of(model::kWorkItemPrs)) {
    links.push_back(
        row.at("work_item_key").get<std::string>() + " " +
        row.at("evidence_source").get<std::string>() + " " +
        row.at("evidence_ref").get<std::string>()
    );
  }
  EXPECT_THAT(
      links,
      ElementsAre(
          "PAY-1 title ", "PAY-1 branch ", "OPS-2 body ", "PAY-1 commit c0", "PAY-4 commit c0"
      )
  );
}

TEST(TransformPrs, SaysWhichChildSetsAreWhole) {
  using model::SetOf;
  const auto complete = [](const nlohmann::json& fields) {
    const Outcome out = TransformPage("github_prs", GraphqlPage({GraphqlPr(fields)}));
    return out.rows.records()[0].complete;
  };
  const model::TableSet reviews = SetOf(model::kPrReviews);
  const model::TableSet commits = SetOf(model::kPrCommits) | SetOf(model::kWorkItemPrs);
  const auto more = nlohmann::json::parse(R"({"pageInfo":{"hasNextPage":true}})");
  EXPECT_EQ(complete(nlohmann::json::object()), reviews | commits);
  EXPECT_EQ(complete({{"commits", more}}), reviews);
  EXPECT_EQ(complete({{"reviews", more}}), commits);
  // Comments share their table with review comments: never whole.
  EXPECT_EQ(complete(nlohmann::json::object()) & SetOf(model::kPrComments), 0U);
}

TEST(TransformPrs, ClaimsNoSetForPayloadsWithoutChildren) {
  const Outcome out = TransformPage("github_prs", RestPr().dump());
  ASSERT_THAT(out.rows.records(), SizeIs(2));  // The pull request and its author.
  EXPECT_EQ(out.rows.records()[0].complete, 0U);
}

TEST(TransformPrs, WritesEachPersonOnce) {
  const Outcome out = TransformPage(
      "github_prs", GraphqlPage({GraphqlPr(), GraphqlPr({{"fullDatabaseId", "2"}, {"number", 8}})})
  );
  std::vector<std::string> people;
  for (const auto& row : out.Of(model::kPeople)) {
    people.push_back(
        row.at("external_id").get<std::string>() + " " + row.at("kind").get<std::string>()
    );
  }
  EXPECT_THAT(people, ElementsAre("11 user", "12 bot", "13 user"));
}

TEST(TransformPrs, SetsAsideOnlyTheRecordItCannotRead) {
  const std::vector<std::pair<std::string, nlohmann::json>> broken = {
      {"github_pr.id.missing", {{"fullDatabaseId", nlohmann::json::array()}}},
      {"github_pr.number.missing", {{"number", "seven"}}},
      {"github_pr.title.not_text", {{"title", 5}}},
      {"github_pr.created_at.not_a_time", {{"createdAt", "yesterday"}}},
      {"github_pr.updated_at.not_a_time", {{"updatedAt", "2026-02-30T00:00:00Z"}}},
  };
  for (const auto& [code, fields] : broken) {
    const Outcome out = TransformPage(
        "github_prs", GraphqlPage({GraphqlPr(fields), GraphqlPr({{"fullDatabaseId", "2"}})})
    );
    ASSERT_THAT(out.transformed.problems, SizeIs(1)) << code;
    EXPECT_EQ(out.transformed.problems[0].code, code);
    EXPECT_EQ(out.transformed.problems[0].position, 0);
    EXPECT_TRUE(out.transformed.problems[0].counts_as_record);
    EXPECT_NE(out.transformed.problems[0].sample.find("PR_1"), std::string::npos);
    EXPECT_EQ(out.transformed.record_count, 2);
    EXPECT_THAT(out.Of(model::kPrs), SizeIs(1)) << code;
  }
}

TEST(TransformPrs, SetsAsideANodeThatIsNotShown) {
  const Outcome out = TransformPage("github_prs", GraphqlPage({nullptr, GraphqlPr()}));
  EXPECT_EQ(out.transformed.record_count, 2);
  ASSERT_THAT(out.transformed.problems, SizeIs(1));
  EXPECT_EQ(out.transformed.problems[0].code, "github_pr.null");
  EXPECT_THAT(out.Of(model::kPrs), SizeIs(1));
}

TEST(TransformPrs, SavesThePageFromOneRecordThatIsNoJson) {
  std::string page =
      GraphqlPage({GraphqlPr({{"title", "BROKEN"}}), GraphqlPr({{"fullDatabaseId", "2"}})});
  page.replace(page.find("BROKEN"), 6, "\xFF\xFE\xFD");
  const Outcome out = TransformPage("github_prs", page);
  ASSERT_THAT(out.transformed.problems, SizeIs(1));
  EXPECT_EQ(out.transformed.problems[0].code, "github_pr.unreadable");
  const auto rows = out.Of(model::kPrs);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].at("external_id"), "2");
}

TEST(TransformPrs, GoesOnWithoutAChildItCannotRead) {
  auto pr = GraphqlPr();
  pr["reviews"]["nodes"].push_back({{"state", "APPROVED"}});
  const Outcome out = TransformPage("github_prs", GraphqlPage({pr}));
  EXPECT_THAT(out.Of(model::kPrs), SizeIs(1));
  EXPECT_THAT(out.Of(model::kPrReviews), SizeIs(1));
  ASSERT_THAT(out.transformed.problems, SizeIs(1));
  EXPECT_EQ(out.transformed.problems[0].code, "github_pr.reviews.id.missing");
  EXPECT_FALSE(out.transformed.problems[0].counts_as_record);
  // With a review missing the set is not whole: the stored one must not be removed.
  EXPECT_EQ(out.rows.records()[0].complete & model::SetOf(model::kPrReviews), 0U);
}

TEST(TransformPrs, RefusesAPageOfAnotherShape) {
  for (const char* body :
       {"", "[", "7", "<html>", R"({"data":{"repository":null}})", R"({"data":{}})"}) {
    const Outcome out = TransformPage("github_prs", body);
    ASSERT_TRUE(out.transformed.page_problem) << body;
    EXPECT_THAT(out.rows.records(), IsEmpty());
  }
}

TEST(TransformPrs, TakesTheRepositoryFromTheAnswerWhenTheRequestNamesNone) {
  auto page = nlohmann::json::parse(GraphqlPage({GraphqlPr()}));
  page["data"]["repository"]["databaseId"] = 5;
  page["data"]["repository"]["nameWithOwner"] = "octo/cat";
  const auto rows = TransformPage("github_prs", page.dump(), "{}").Of(model::kPrs);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].at("repository_external_id"), "5");
  EXPECT_EQ(rows[0].at("repository_name"), "octo/cat");
}

TEST(TransformPrs, ReportsAListThatGoesOnBeyondItsPage) {
  for (const char* field : {"labels", "assignees", "reviewRequests"}) {
    const Outcome out = TransformPage(
        "github_prs", GraphqlPage({GraphqlPr({{field, {{"pageInfo", {{"hasNextPage", true}}}}}})})
    );
    EXPECT_THAT(out.Of(model::kPrs), SizeIs(1)) << field;
    ASSERT_THAT(out.transformed.problems, SizeIs(1)) << field;
    EXPECT_EQ(
        out.transformed.problems[0].code, "github_pr." + std::string(field) + ".more_than_a_page"
    );
    EXPECT_FALSE(out.transformed.problems[0].counts_as_record);
  }
}

}  // namespace
}  // namespace pulse::source::github
