#include "pulse/source/jira/field_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::source::jira {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FieldMapping, IsFoundByTypeHoweverTheFieldIsCalled) {
  const auto catalogue = JsonPage::Parse(
      R"([{"id":"summary","name":"Sprint"},)"
      R"({"id":"customfield_5","name":"Iteración","schema":{"custom":"com.pyxis.greenhopper.jira:gh-sprint"}},)"
      R"({"id":"customfield_6","name":"Sprint","schema":{"custom":"com.acme:number"}},)"
      R"({"id":"customfield_7","name":"x","schema":{"custom":"com.pyxis.greenhopper.jira:jsw-story-points"}},)"
      R"({"id":"customfield_8","name":"y","schema":{"custom":"com.pyxis.greenhopper.jira:gh-epic-link"}},)"
      R"({"id":"customfield_9","name":"z","schema":{"custom":"com.atlassian.jpo:jpo-custom-field-parent"}},)"
      R"({"id":"customfield_10","name":"Flagged","schema":{"custom":"com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"}},)"
      R"({"id":"customfield_11","name":"Colours","schema":{"custom":"com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"}}])"
  );
  const FieldMapping mapping = FieldMapping::FromCatalogue((*catalogue)->root());

  EXPECT_THAT(mapping.sprint, ElementsAre("customfield_5"));
  EXPECT_THAT(mapping.story_points, ElementsAre("customfield_7"));
  EXPECT_THAT(mapping.epic_link, ElementsAre("customfield_8"));
  EXPECT_THAT(mapping.parent_link, ElementsAre("customfield_9"));
  EXPECT_THAT(mapping.flagged, ElementsAre("customfield_10"));
}

TEST(FieldMapping, SurvivesTheTripThroughStepParams) {
  FieldMapping mapping;
  mapping.sprint = {"customfield_1", "customfield_2"};
  mapping.flagged = {"odd \"id\""};
  const auto json = JsonPage::Parse(mapping.ToJson());
  ASSERT_TRUE(json) << mapping.ToJson();
  const FieldMapping back = FieldMapping::FromJson((*json)->root());

  EXPECT_THAT(back.sprint, ElementsAre("customfield_1", "customfield_2"));
  EXPECT_THAT(back.flagged, ElementsAre("odd \"id\""));
  EXPECT_THAT(back.story_points, IsEmpty()) << "a site without the field has none, not the default";
}

TEST(FieldMapping, WithoutACatalogueAssumesACloudSite) {
  EXPECT_THAT(FieldMapping::FromJson(Value()).sprint, ElementsAre("customfield_10020"));
}

}  // namespace
}  // namespace pulse::source::jira
