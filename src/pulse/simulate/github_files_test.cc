#include "pulse/simulate/github_files.h"

#include <gmock/gmock.h>

#include "pulse/simulate/github_test_support.h"

namespace pulse::simulate::github {
namespace {

using testing::HasSubstr;

// A detail payload, an older list payload of the same pull request, and one of a second repository.
constexpr std::string_view kPulls =
    R"({"id": 9000000001, "number": 12, "title": "Fix  PAY-7", "state": "closed", "body": "Closes #3", "user": {"login": "ana", "id": 11, "type": "User"}, "created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-02-01T00:00:00Z", "merged_at": "2024-01-31T00:00:00Z", "merged": true, "additions": 4, "deletions": 1, "commits": 2, "comments": 1, "review_comments": 2, "draft": false, "head": {"ref": "fix", "sha": "aa", "repo": null}, "base": {"ref": "main", "sha": "bb", "repo": {"id": 501, "full_name": "zoo/ant", "name": "ant", "owner": {"login": "zoo", "id": 5, "type": "Organization"}, "private": false, "default_branch": "main"}}, "odd": 1.50}
{"id": 9000000001, "number": 12, "title": "older", "state": "open", "updated_at": "2024-01-05T00:00:00Z", "base": {"repo": {"id": 501, "full_name": "zoo/ant"}}}

{"payload": {"id": 77, "number": 1, "title": "list shape", "state": "open", "user": null, "created_at": "2023-01-01T00:00:00Z", "updated_at": "2023-01-01T00:00:00Z", "merged_at": null, "base": {"repo": null}}, "group": "zoo/bee#1"}
)";

constexpr std::string_view kComments =
    R"({"payload": {"id": 31, "body": "start", "path": "a.c", "line": 3, "pull_request_review_id": 21, "created_at": "2024-01-03T00:00:00Z", "updated_at": "2024-01-03T00:00:00Z", "user": {"login": "bo", "id": 12, "type": "User"}}, "group": "zoo/ant#12"}
{"id": 32, "body": "answer", "in_reply_to_id": 31, "path": "a.c", "created_at": "2024-01-04T00:00:00Z", "updated_at": "2024-01-04T00:00:00Z", "user": null, "pull_request_url": "https://api.github.com/repos/zoo/ant/pulls/12"}
)";

constexpr std::string_view kConversation =
    R"({"id": 41, "body": "hello", "created_at": "2024-01-03T00:00:00Z", "updated_at": "2024-01-03T00:00:00Z", "issue_url": "https://api.github.com/repos/zoo/ant/issues/12", "user": {"login": "bo", "id": 12}}
{"id": 42, "body": "on an issue", "created_at": "2024-01-05T00:00:00Z", "updated_at": "2024-01-05T00:00:00Z", "issue_url": "https://api.github.com/repos/zoo/ant/issues/99", "user": null}
)";

class ServedFiles : public testing::Test {
 protected:
  ServedFiles() {
    options_.github_pr_files = {pulls_.path()};
    options_.github_review_comment_files = {comments_.path()};
    options_.github_issue_comment_files = {conversation_.path()};
    options_.github_review_files = {reviews_.path()};
    options_.github_pr_commit_files = {commits_.path()};
  }

  TemporaryFile pulls_{"pulls", kPulls};
  TemporaryFile comments_{"comments", kComments};
  TemporaryFile conversation_{"conversation", kConversation};
  TemporaryFile reviews_{
      "reviews",
      R"({"id": 21, "state": "requested_changes", "body": "", "submitted_at": "2024-01-03T00:00:00Z", "user": {"login": "bo", "id": 12}, "pull_request_url": "https://api.github.com/repos/zoo/ant/pulls/12"})"
  };
  TemporaryFile commits_{
      "commits",
      R"({"payload": {"sha": "c1", "commit": {"message": "PAY-7 one\n\nmore", "author": {"name": "Ana", "email": "a@x", "date": "2024-01-01T00:00:00Z"}}, "author": null}, "group": "zoo/ant#12"})"
  };
  SimulateOptions options_;
};

TEST_F(ServedFiles, KeepsTheNewestPayloadByteForByte) {
  TestGithub github(options_);

  const std::string body = github.Get("/repos/zoo/ant/pulls/12").body;

  EXPECT_EQ(body, kPulls.substr(0, kPulls.find('\n')));
  EXPECT_EQ(github.Get("/repos/zoo/ant/pulls?state=all").body, "[" + body + "]");
  EXPECT_THAT(body, HasSubstr(R"("odd": 1.50)"));
}

TEST_F(ServedFiles, AnswersGraphqlFromTheSamePayload) {
  TestGithub github(options_);

  const Json pull = github.QueryJson(R"({ repository(owner: "zoo", name: "ant") { databaseId
    owner { __typename } pullRequest(number: 12) { fullDatabaseId databaseId bodyText state merged
      headRepository { id } additions changedFiles totalCommentsCount
      commits(first: 5) { totalCount nodes { commit { oid messageHeadline messageBody author { name user { login } } } } }
      reviews(first: 5) { totalCount nodes { state comments { totalCount } } }
      reviewThreads(first: 5) { nodes { path comments(first: 5) { nodes { fullDatabaseId author { login } replyTo { id } } } } }
  } } })")["data"]["repository"];

  EXPECT_EQ(pull["databaseId"], 501);
  EXPECT_EQ(pull["owner"]["__typename"], "Organization");
  const Json& twelve = pull["pullRequest"];
  EXPECT_EQ(twelve["fullDatabaseId"], "9000000001");
  EXPECT_TRUE(twelve["databaseId"].is_null());
  EXPECT_EQ(twelve["bodyText"], "Closes #3");
  EXPECT_EQ(twelve["state"], "MERGED");
  EXPECT_TRUE(twelve["headRepository"].is_null());
  EXPECT_EQ(twelve["additions"], 4);
  EXPECT_TRUE(twelve["changedFiles"].is_null());
  EXPECT_EQ(twelve["totalCommentsCount"], 3);
  EXPECT_EQ(twelve["commits"]["totalCount"], 2);
  const Json& commit = twelve["commits"]["nodes"][0]["commit"];
  EXPECT_EQ(commit["messageHeadline"], "PAY-7 one");
  EXPECT_EQ(commit["messageBody"], "more");
  EXPECT_TRUE(commit["author"]["user"].is_null());
  EXPECT_EQ(twelve["reviews"]["nodes"][0]["state"], "CHANGES_REQUESTED");
  EXPECT_EQ(twelve["reviews"]["nodes"][0]["comments"]["totalCount"], 1);
  const Json& answers = twelve["reviewThreads"]["nodes"][0]["comments"]["nodes"];
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1]["fullDatabaseId"], "32");
  EXPECT_TRUE(answers[1]["author"].is_null());
  EXPECT_FALSE(answers[1]["replyTo"].is_null());
}

TEST_F(ServedFiles, SaysNullWhereAPayloadIsSilent) {
  TestGithub github(options_);

  const Json pull =
      github.QueryJson(R"({ repository(owner: "zoo", name: "bee") { pullRequest(number: 1) {
    additions isDraft author { login } commits(first: 1) { totalCount } } } })"
      )["data"]["repository"]["pullRequest"];

  EXPECT_TRUE(pull["additions"].is_null());
  EXPECT_TRUE(pull["isDraft"].is_null());
  EXPECT_TRUE(pull["author"].is_null());
  EXPECT_TRUE(pull["commits"]["totalCount"].is_null());
}

TEST_F(ServedFiles, KeepsCommentsOfIssuesInTheRepositoryFeed) {
  TestGithub github(options_);

  const Json feed = github.GetJson("/repos/zoo/ant/issues/comments");

  ASSERT_EQ(feed.size(), 2U);
  EXPECT_EQ(feed[1]["body"], "on an issue");
  EXPECT_EQ(github.GetJson("/repos/zoo/ant/issues/12/comments").size(), 1U);
  EXPECT_EQ(github.Get("/repos/zoo/ant/pulls/99").status, 404);
}

TEST_F(ServedFiles, CountsItsRecords) {
  TestGithub github(options_);

  EXPECT_EQ(
      github.api().RecordsJson(), R"("github_repositories":2,"github_prs":2,"github_bad_prs":0)"
  );
  EXPECT_EQ(github.GetJson("/user/repos").size(), 2U);
}

TEST(NewFileData, RefusesAPayloadThatBelongsNowhere) {
  const TemporaryFile file("nowhere", R"({"id": 5, "title": "whose?"})");

  const auto data = NewFileData(
      {.prs = {file.path()},
       .reviews = {},
       .commits = {},
       .issue_comments = {},
       .review_comments = {}}
  );

  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(data.error().message(), HasSubstr("id 5"));
}

}  // namespace
}  // namespace pulse::simulate::github
