#include "pulse/source/jira/sprint_facts.h"

#include <gtest/gtest.h>

namespace pulse::source::jira {
namespace {

TEST(ParseSprintText, ReadsWhatToStringMadeOfASprint) {
  const auto sprint = ParseSprintText(
      "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,rapidViewId=8,state=CLOSED,"
      "name=Sprint 7, with [brackets], and = signs,startDate=2020-06-12T00:38:51.882Z,"
      "endDate=2020-06-26T00:38:00.000Z,completeDate=<null>,activatedDate=<null>,sequence=7,goal=]"
  );

  ASSERT_TRUE(sprint);
  EXPECT_EQ(sprint->id, "7");
  EXPECT_EQ(sprint->board, "8");
  EXPECT_EQ(sprint->name, "Sprint 7, with [brackets], and = signs");
  EXPECT_EQ(sprint->starts, "2020-06-12T00:38:51.882Z");
  EXPECT_FALSE(sprint->completed);
  EXPECT_EQ(sprint->goal, "");
  EXPECT_FALSE(sprint->is_active());
}

TEST(ParseSprintText, RefusesWhatIsNone) {
  EXPECT_FALSE(ParseSprintText(""));
  EXPECT_FALSE(ParseSprintText("Sprint 7"));
  EXPECT_FALSE(ParseSprintText("com.atlassian.greenhopper.service.sprint.Sprint@1["));
  EXPECT_FALSE(ParseSprintText("com.atlassian.greenhopper.service.sprint.Sprint@1]["));
  EXPECT_FALSE(ParseSprintText("com.atlassian.greenhopper.service.sprint.Sprint@1[name=x]"));
}

TEST(LooksLikeSprints, GoesByShapeNotByName) {
  const auto looks = [](std::string_view json) {
    const auto page = JsonPage::Parse(json);
    return LooksLikeSprints((*page)->root());
  };

  EXPECT_TRUE(looks(R"([{"id":1,"name":"A","state":"closed","boardId":3}])"));
  EXPECT_TRUE(looks(R"(["com.atlassian.greenhopper.service.sprint.Sprint@1[id=1]"])"));
  EXPECT_FALSE(looks(R"([{"id":1,"name":"A"}])")) << "any option list looks like that";
  EXPECT_FALSE(looks(R"("text")"));
  EXPECT_FALSE(looks("[]"));
}

}  // namespace
}  // namespace pulse::source::jira
