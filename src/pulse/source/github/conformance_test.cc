#include "pulse/source/github/github.h"
#include "pulse/source/testing/connector_conformance.h"

namespace pulse::source::testing {
namespace {

constexpr const char* kRequest = R"({"repository":{"id":"77","full_name":"acme/shop"}})";

std::string RestPr(int id, const std::string& body) {
  return R"({"id":)" + std::to_string(id) + R"(,"number":)" + std::to_string(id) +
         R"(,"state":"open","user":{"login":"ada","id":1,"type":"User"},)" + body +
         R"("created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",)"
         R"("base":{"ref":"main","repo":{"id":77,"full_name":"acme/shop"}},"title":"PAY-1 x"})";
}

std::string GraphqlPr(int id) {
  return R"({"id":"PR_x","fullDatabaseId":")" + std::to_string(id) + R"(","number":)" +
         std::to_string(id) +
         R"(,"state":"OPEN","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z",)"
         R"("commits":{"pageInfo":{"hasNextPage":false},"nodes":[{"commit":{"oid":"c","message":"PAY-2"}}]},)"
         R"("reviews":{"pageInfo":{"hasNextPage":false},"nodes":[{"fullDatabaseId":"5","state":"APPROVED"}]},)"
         R"("author":{"__typename":"User","login":"ada","databaseId":1},"title":"PAY-1 x"})";
}

std::string Comment(int id) {
  return R"({"id":)" + std::to_string(id) +
         R"(,"created_at":"2026-01-01T00:00:00Z","user":{"login":"ada","id":1,"type":"User"},)"
         R"("pull_request_url":"https://x/repos/acme/shop/pulls/7","issue_url":"https://x/issues/7",)"
         R"("state":"APPROVED","body":"why?"})";
}

std::string ListOf(const std::string& first, const std::string& second) {
  return '[' + first + ',' + second + ']';
}

ConnectorUnderTest GithubUnderTest() {
  ConnectorUnderTest github;
  github.make = [] { return github::NewGithubConnector(); };
  github.pages = {
      {"github_prs", ListOf(RestPr(1, ""), RestPr(2, "")), 2, kRequest},
      {"github_prs",
       R"({"data":{"repository":{"pullRequests":{"nodes":)" + ListOf(GraphqlPr(1), GraphqlPr(2)) +
           "}}}}",
       2,
       kRequest},
      {"github_pr_nested",
       R"({"parts":[{"data":{"c0":{"number":7,"title":"PAY-1","commits":{"pageInfo":{"hasNextPage":false},)"
       R"("nodes":[{"commit":{"oid":"c","message":"PAY-2"}}]}}}}]})",
       0,
       kRequest},
      {"github_review_comments", ListOf(Comment(1), Comment(2)), 0, kRequest},
      {"github_issue_comments", ListOf(Comment(1), Comment(2)), 0, kRequest},
      {"github_pr_reviews", ListOf(Comment(1), Comment(2)), 0, kRequest},
      {"github_pr_commits",
       R"({"parts":[{"number":7,"items":[[{"sha":"a","commit":{"message":"PAY-1"}}]]}]})",
       0,
       kRequest},
      {"github_repositories", R"([{"id":1,"name":"a"},{"id":2,"name":"b"}])", 2, kRequest},
      {"github_deployments", ListOf(Comment(1), Comment(2)), 2, kRequest},
      {"github_releases", ListOf(Comment(1), Comment(2)), 2, kRequest},
  };
  github.presence = {
      {"github_prs",
       RestPr(1, ""),
       RestPr(1, R"("body":null,)"),
       RestPr(1, R"("body":"x",)"),
       &model::kPrs,
       "body"},
      {"github_prs",
       RestPr(1, ""),
       RestPr(1, R"("milestone":null,)"),
       RestPr(1, R"("milestone":{"title":"x"},)"),
       &model::kPrs,
       "milestone"},
  };
  return github;
}

INSTANTIATE_TEST_SUITE_P(Github, ConnectorConformance, ::testing::Values(GithubUnderTest()));

}  // namespace
}  // namespace pulse::source::testing
