#include "pulse/simulate/jira_jql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/jira_scan.h"
#include "pulse/simulate/jira_world_source.h"

namespace pulse::simulate {
namespace {

using ::testing::HasSubstr;

class Jql : public ::testing::Test {
 protected:
  Result<JqlQuery> Parse(std::string_view text) const {
    return JqlQuery::Parse(text, *source_, UnknownIssues::kRefuse);
  }
  std::string Refusal(std::string_view text) const {
    const auto query = Parse(text);
    return query ? "accepted" : query.error().message();
  }
  std::int64_t Count(std::string_view text) const {
    const auto query = Parse(text);
    EXPECT_TRUE(query.has_value()) << text << ": " << query.error().message();
    return IssueScan(*source_, *query, [](const IssueFacts&) { return false; }).Count();
  }
  IssueFacts FactsAt(std::int64_t position) const {
    IssueFacts facts;
    source_->Facts(position, Depth::kState, facts);
    return facts;
  }

  std::unique_ptr<JiraSource> source_ = NewWorldJiraSource({.seed = 3, .issues = 1600});
};

TEST_F(Jql, PartsTheWorldByProject) {
  EXPECT_EQ(Count("project = PAY"), 500);
  EXPECT_EQ(Count("project = 10001"), 500);
  EXPECT_EQ(Count("project = \"Payments\""), 500);
  EXPECT_EQ(Count("project in (PAY, 'OPS')"), 800);
  EXPECT_EQ(Count("project not in (PAY, OPS)"), 800);
  EXPECT_EQ(Count("project != PAY"), 1100);
}

TEST_F(Jql, BindsAndTighterThanOr) {
  EXPECT_EQ(Count("project = LAB OR project = PAY AND project = OPS"), 100);
  EXPECT_EQ(Count("(project = LAB OR project = PAY) AND project = PAY"), 500);
  EXPECT_EQ(Count("NOT project = PAY"), 1100);
}

TEST_F(Jql, ComparesTimesAsEpochMillisecondsWithoutAZone) {
  const EpochMs created = FactsAt(800).created;

  EXPECT_EQ(Count("created >= " + std::to_string(created)), 800);
  EXPECT_EQ(Count("created > " + std::to_string(created)), 799);
  EXPECT_EQ(Count("created < " + std::to_string(created)), 800);
  EXPECT_EQ(Count("updated >= 0"), 1600);
}

TEST_F(Jql, ReadsQuotedTimesInTheZoneOfTheAccount) {
  const EpochMs minute = FactsAt(800).created / kMinuteMs * kMinuteMs;
  std::string local = FormatInstant(minute + kAccountZoneMinutes * kMinuteMs).substr(0, 16);
  local[4] = local[7] = '/';
  local[10] = ' ';

  EXPECT_EQ(Count("created >= '" + local + "'"), 800);
  EXPECT_EQ(Count("created >= \"" + FormatInstant(minute).substr(0, 10) + "\"") > 790, true);
}

TEST_F(Jql, PartsTheWorldByStatusAndCategory) {
  const std::int64_t done = Count("statusCategory = Done");

  EXPECT_GT(done, 0);
  EXPECT_EQ(done, Count("status = Done OR status = Fertig"));
  EXPECT_EQ(done + Count("statusCategory in (new, indeterminate)"), 1600);
  EXPECT_EQ(Count("issuetype = Epic AND project = PAY"), 25);
}

TEST_F(Jql, FindsTheIssuesOfASprint) {
  IssueFacts planned;
  for (std::int64_t i = 0; planned.sprints.empty(); ++i) planned = FactsAt(i);
  const std::string sprint = std::to_string(planned.sprints.back());

  EXPECT_GE(Count("sprint = " + sprint), 1);
  EXPECT_EQ(Count("sprint = " + sprint + " AND id = " + std::to_string(planned.id)), 1);
}

TEST_F(Jql, LooksOnlyAtNamedIssues) {
  const auto query = Parse("id in (10003, 10001) AND project is_not_used");
  EXPECT_FALSE(query.has_value());

  const auto named = Parse("id in (10003, 10001, 10003)");
  ASSERT_TRUE(named.has_value());
  EXPECT_THAT(*named->named(), ::testing::ElementsAre(0, 2));
  EXPECT_EQ(Count("key = PAY-1"), 1);
  EXPECT_EQ(Count("key in (PAY-1, PAY-2) AND project = OPS"), 0);
}

TEST_F(Jql, TellsWhetherAQueryIsBounded) {
  EXPECT_FALSE(Parse("")->bounded());
  EXPECT_FALSE(Parse("ORDER BY created DESC")->bounded());
  EXPECT_TRUE(Parse("project = PAY ORDER BY created DESC")->bounded());
}

TEST_F(Jql, RefusesWhatItDoesNotKnowInTheVendorsWords) {
  EXPECT_EQ(
      Refusal("colour = red"),
      "Field 'colour' does not exist or you do not have permission to view it."
  );
  EXPECT_EQ(Refusal("project = NOPE"), "The value 'NOPE' does not exist for the field 'project'.");
  EXPECT_EQ(
      Refusal("key = PAY-99999"), "An issue with key 'PAY-99999' does not exist for field 'key'."
  );
  EXPECT_THAT(Refusal("project PAY"), HasSubstr("Expecting operator"));
  EXPECT_THAT(Refusal("project = PAY project = OPS"), HasSubstr("either 'OR' or 'AND'"));
  EXPECT_THAT(Refusal("project = 'PAY"), HasSubstr("has not been completed"));
  EXPECT_THAT(Refusal("(project = PAY"), HasSubstr("Expecting ')'"));
  EXPECT_THAT(Refusal("updated >= now()"), HasSubstr("Unable to find JQL function 'now()'"));
  EXPECT_THAT(Refusal("updated >= -30x"), HasSubstr("Date value '-30x'"));
  EXPECT_THAT(Refusal("project > PAY"), HasSubstr("operator '>' is not supported"));
  EXPECT_THAT(
      Refusal("project = PAY ORDER BY id,id,id,id,id,id,id,id"), HasSubstr("maximum number")
  );
  EXPECT_THAT(Refusal(std::string(200, '(')), HasSubstr("simpler query"));
}

TEST_F(Jql, MayBeToldToOverlookIssuesThatDoNotExist) {
  const auto query =
      JqlQuery::Parse("id in (10001, 99999999)", *source_, UnknownIssues::kMatchNothing);

  ASSERT_TRUE(query.has_value());
  EXPECT_THAT(*query->named(), ::testing::ElementsAre(0));
}

TEST_F(Jql, OrdersByWhatItIsAskedFor) {
  for (const std::string field : {"created", "updated", "id", "key"}) {
    const auto ascending = Parse("project = WEB ORDER BY " + field + " ASC");
    const auto descending = Parse("project = WEB ORDER BY " + field + " DESC");
    const auto everything = [](const IssueFacts&) { return false; };
    auto up = IssueScan(*source_, *ascending, everything).Page(0, 1000).positions;
    const auto down = IssueScan(*source_, *descending, everything).Page(0, 1000).positions;

    ASSERT_EQ(up.size(), 300U) << field;
    if (field == "updated") {
      EXPECT_LE(FactsAt(up.front()).updated, FactsAt(up.back()).updated);
    }
    std::reverse(up.begin(), up.end());
    EXPECT_EQ(up, down) << field;
  }
}

}  // namespace
}  // namespace pulse::simulate
