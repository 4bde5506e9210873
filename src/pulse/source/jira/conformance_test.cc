#include "pulse/source/jira/jira.h"
#include "pulse/source/testing/connector_conformance.h"

namespace pulse::source::testing {
namespace {

std::string Issue(const std::string& id, const std::string& more_fields) {
  return R"({"id":")" + id + R"(","key":"PAY-)" + id + R"(","fields":{)" +
         R"("created":"2024-01-01T10:00:00.000+0000","updated":"2024-02-01T10:00:00.000+0000")" +
         more_fields + "}}";
}

ConnectorUnderTest JiraUnderTest() {
  const auto page_of = [](const std::string& issue) { return R"({"issues":[)" + issue + "]}"; };
  const std::string rich =
      R"(,"summary":"Payments time out","status":{"id":"3","name":"Done"},)"
      R"("assignee":{"accountId":"a1","displayName":"Ada"},)"
      R"("description":{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"x"}]}]},)"
      R"("comment":{"total":1,"comments":[{"id":"9","body":"fine","created":"2024-01-02T10:00:00.000+0000"}]},)"
      R"("customfield_10020":[{"id":4,"name":"Sprint 4","state":"active","boardId":1}])";
  const std::string history =
      R"({"id":"1","created":1706781600000,"items":[{"field":"status","toString":"Done"}]})";
  return {
      .make = [] { return jira::NewJiraConnector(); },
      .pages =
          {
              {"jira_issues", page_of(Issue("1", rich) + "," + Issue("2", rich)), 2},
              {"jira_issues", "[" + Issue("1", "") + "]", 1},
              {"jira_issues", Issue("1", rich), 1},
              {"jira_issues", R"({"payload":)" + Issue("1", rich) + "}", 1},
              {"jira_changes",
               R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[)" + history + "]}]}",
               0},
              {"jira_changes", history, 0, R"({"issue_id":"1"})"},
              {"jira_issue_details",
               R"({"parts":[{"issue_id":"1","kind":"worklog","pages":[{"worklogs":[{"id":"5"}]}]}]})",
               0},
              {"jira_fields", R"([{"id":"summary","name":"Summary"},{"id":"x","name":"X"}])", 2},
              {"jira_projects", R"({"values":[{"id":"1","key":"PAY"},{"id":"2","key":"OPS"}]})", 2},
              {"jira_statuses", R"([{"id":"1","name":"To Do"},{"id":"2","name":"Done"}])", 2},
              {"jira_issue_types", R"([{"id":"1","name":"Bug"},{"id":"2","name":"Task"}])", 2},
              {"jira_sprints", R"({"values":[{"id":1,"name":"A"},{"id":2,"name":"B"}]})", 2},
              {"people", R"([{"accountId":"a1","displayName":"Ada"}])", 1},
          },
      .presence =
          {
              {"jira_issues",
               Issue("1", ""),
               Issue("1", R"(,"summary":null)"),
               Issue("1", R"(,"summary":"x")"),
               &model::kWorkItems,
               "title"},
              {"jira_issues",
               Issue("1", ""),
               Issue("1", R"(,"description":null)"),
               Issue("1", R"(,"description":"x")"),
               &model::kWorkItems,
               "description"},
              {"jira_issues",
               Issue("1", ""),
               Issue("1", R"(,"assignee":null)"),
               Issue("1", R"(,"assignee":{"accountId":"x"})"),
               &model::kWorkItems,
               "assignee_external_id"},
              {"jira_issues",
               Issue("1", ""),
               Issue("1", R"(,"labels":null)"),
               Issue("1", R"(,"labels":["x"])"),
               &model::kWorkItems,
               "labels"},
          },
  };
}

INSTANTIATE_TEST_SUITE_P(Jira, ConnectorConformance, ::testing::Values(JiraUnderTest()));

}  // namespace
}  // namespace pulse::source::testing
