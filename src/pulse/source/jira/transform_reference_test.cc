#include "pulse/source/jira/transform_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/jira/transform_probe.h"

namespace pulse::source::jira {
namespace {

using ::testing::ElementsAre;
using testing::Probe;

TEST(TransformReference, ReadsFieldsWithTheirRole) {
  const Probe probe(
      "jira_fields",
      R"([{"id":"summary","name":"Summary","custom":false,"schema":{"type":"string","system":"summary"}},)"
      R"({"id":"customfield_5","name":"Sprint","custom":true,"schema":{"type":"array","items":"json",)"
      R"("custom":"com.pyxis.greenhopper.jira:gh-sprint"}}])"
  );

  EXPECT_THAT(probe.Column(model::kFields, "external_id"), ElementsAre("summary", "customfield_5"));
  EXPECT_THAT(probe.Column(model::kFields, "role"), ElementsAre("(absent)", "sprint"));
  EXPECT_THAT(probe.Column(model::kFields, "items"), ElementsAre("(absent)", "json"));
}

TEST(TransformReference, ReadsProjectsWithTheirLead) {
  const Probe probe(
      "jira_projects",
      R"({"values":[{"id":"1","key":"PAY","name":"Payments","projectTypeKey":"product_discovery",)"
      R"("style":"next-gen","isPrivate":true,"archived":false,"lead":{"accountId":"a1","displayName":"Ada"},)"
      R"("projectCategory":{"name":"Core"},"description":""}]})",
      R"({"site":"https://acme.example"})"
  );

  EXPECT_THAT(probe.Column(model::kProjects, "type"), ElementsAre("product_discovery"));
  EXPECT_THAT(probe.Column(model::kProjects, "lead_external_id"), ElementsAre("a1"));
  EXPECT_THAT(probe.Column(model::kProjects, "category"), ElementsAre("Core"));
  EXPECT_THAT(
      probe.Column(model::kProjects, "url"), ElementsAre("https://acme.example/browse/PAY")
  );
  EXPECT_THAT(probe.Column(model::kPeople, "display_name"), ElementsAre("Ada"));
}

TEST(TransformReference, StatusesOfOneNameStayApartByProject) {
  const Probe probe(
      "jira_statuses",
      R"([{"id":"1","name":"Done","untranslatedName":"Done","statusCategory":{"key":"done"}},)"
      R"({"id":"2","name":"Done","statusCategory":{"key":"done"},"scope":{"type":"PROJECT","project":{"id":"77"}}}])"
  );

  EXPECT_THAT(probe.Column(model::kStatuses, "external_id"), ElementsAre("1", "2"));
  EXPECT_THAT(probe.Column(model::kStatuses, "project_external_id"), ElementsAre("(absent)", "77"));
}

TEST(TransformReference, SetsAsideARecordWithoutAnId) {
  const Probe probe(
      "jira_issue_types", R"([{"name":"Bug"},{"id":"2","name":"Task","hierarchyLevel":0}])"
  );

  EXPECT_THAT(probe.Column(model::kIssueTypes, "name"), ElementsAre("Task"));
  ASSERT_EQ(probe.result.problems.size(), 1U);
  EXPECT_EQ(probe.result.problems[0].code, "jira_issue_type.id.missing");
  EXPECT_EQ(probe.result.record_count, 2);
}

TEST(TransformReference, ReadsSprintsOfABoard) {
  const Probe probe(
      "jira_sprints",
      R"({"values":[{"id":7,"name":"Seven","state":"closed","goal":"ship","originBoardId":8,)"
      R"("startDate":"2024-01-01T00:00:00.000Z","completeDate":"2024-01-15T00:00:00.000+0100"}]})"
  );

  EXPECT_THAT(probe.Column(model::kSprints, "board_external_id"), ElementsAre("8"));
  EXPECT_THAT(probe.Column(model::kSprints, "completed_at"), ElementsAre("1705273200000"));
}

}  // namespace
}  // namespace pulse::source::jira
