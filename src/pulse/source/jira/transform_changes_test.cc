#include "pulse/source/jira/transform_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/jira/transform_probe.h"

namespace pulse::source::jira {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Probe;

std::string Log(
    std::string_view issue, std::string_view history, std::string_view field = "status"
) {
  return R"({"issueId":")" + std::string(issue) + R"(","changeHistories":[{"id":")" +
         std::string(history) +
         R"(","created":1706781600000,"author":{"accountId":"a1"},"items":[{"field":")" +
         std::string(field) + R"(","toString":"x"}]}]})";
}

std::string Page(std::string_view logs) {
  return R"({"issueChangeLogs":[)" + std::string(logs) + "]}";
}

TEST(TransformChanges, JoinsOneIssuesHistoryAcrossPages) {
  const Probe probe(
      "jira_changes",
      "[" + Page(Log("1", "10") + "," + Log("2", "20")) + "," + Page(Log("2", "21")) + "]"
  );

  ASSERT_EQ(probe.rows.records().size(), 3U) << "two issues and a person";
  EXPECT_EQ(probe.rows.rows(probe.rows.records()[1]).size(), 2U);
  EXPECT_THAT(probe.Column(model::kWorkItemChanges, "history_id"), ElementsAre("10", "20", "21"));
  EXPECT_TRUE(probe.Completes(model::kWorkItemChanges));
  EXPECT_EQ(probe.rows.records()[0].entity_type, "jira_issues");
  EXPECT_EQ(probe.result.record_count, 0) << "histories are no primary records";
}

TEST(TransformChanges, ADamagedPageKeepsWhatCanBeToldApartAndClaimsNothing) {
  const Probe probe(
      "jira_changes", Page(Log("1", "10") + "," + Log("2", "20", "\xFF") + "," + Log("3", "30"))
  );

  EXPECT_FALSE(probe.result.page_problem);
  EXPECT_THAT(
      probe.Column(model::kWorkItemChanges, "work_item_external_id"), ElementsAre("1", "3")
  );
  EXPECT_FALSE(probe.Completes(model::kWorkItemChanges));
  ASSERT_EQ(probe.result.problems.size(), 1U);
  EXPECT_FALSE(probe.result.problems[0].counts_as_record);
}

TEST(TransformChanges, ADamagedPageAmongPagesIsDamagedAlone) {
  const Probe probe(
      "jira_changes",
      "[" + Page(Log("1", "10")) + "," + Page(Log("2", "20", "\xFF") + "," + Log("3", "30")) + "]"
  );

  EXPECT_THAT(
      probe.Column(model::kWorkItemChanges, "work_item_external_id"), ElementsAre("1", "3")
  );
  EXPECT_EQ(probe.result.problems.size(), 1U);
}

TEST(TransformChanges, AnUnreadableHistoryIsSetAsideAlone) {
  const std::string body =
      R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[{"id":"1","created":"x","items":[]},)"
      R"({"id":"2","created":1706781600000,"items":[{"field":"a"}]}]}]})";
  const Probe probe("jira_changes", body);

  EXPECT_THAT(probe.Column(model::kWorkItemChanges, "history_id"), ElementsAre("2"));
  EXPECT_FALSE(probe.Completes(model::kWorkItemChanges));
  EXPECT_EQ(probe.result.problems.size(), 1U);
}

TEST(TransformDetails, PutsTheCommentsOfSeveralPagesIntoOneCompleteSet) {
  const Probe probe(
      "jira_issue_details",
      R"({"parts":[{"issue_id":"1","kind":"comment","pages":[{"comments":[{"id":"1","body":"a"}]},)"
      R"({"comments":[{"id":"2","body":{"type":"doc","content":[]}}]}]},{"issue_id":"1","kind":"poem"}]})"
  );

  EXPECT_THAT(probe.Column(model::kComments, "external_id"), ElementsAre("1", "2"));
  EXPECT_THAT(probe.Column(model::kComments, "body_format"), ElementsAre("wiki", "adf"));
  EXPECT_TRUE(probe.Completes(model::kComments));
  ASSERT_EQ(probe.result.problems.size(), 1U) << "a kind nobody knows";
  EXPECT_EQ(probe.result.problems[0].position, 1);
}

TEST(TransformDetails, AnEmptyListIsACompleteSetToo) {
  const Probe probe(
      "jira_issue_details",
      R"({"parts":[{"issue_id":"1","kind":"worklog","pages":[{"worklogs":[]}]}]})"
  );

  EXPECT_THAT(probe.Column(model::kWorklogs, "external_id"), IsEmpty());
  EXPECT_TRUE(probe.Completes(model::kWorklogs)) << "so that load removes what was deleted";
}

}  // namespace
}  // namespace pulse::source::jira
