#include "pulse/control/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::control {
namespace {

using store::Window;

std::vector<std::pair<EpochMs, EpochMs>> Spans(const std::vector<TimeRange>& ranges) {
  std::vector<std::pair<EpochMs, EpochMs>> spans;
  for (const TimeRange& range : ranges) spans.emplace_back(range.from, range.to);
  return spans;
}

model::Job JobWith(model::JobOptions options) {
  model::Job job;
  job.options = std::move(options);
  return job;
}

TEST(Coverage, FindsHolesBetweenWindowsOfOneScopeOnly) {
  const std::vector<Window> windows = {
      {"jira_issues", "", 0, 100},
      {"jira_issues", "", 200, 300},
      {"jira_issues", "project=PAY", 500, 600},
      {"jira_issues", "project=PAY", 700, 800},
  };

  const auto holes = HolesIn(windows);

  ASSERT_EQ(holes.size(), 2U);
  EXPECT_EQ(holes[0].from, 100);
  EXPECT_EQ(holes[0].to, 200);
  EXPECT_EQ(holes[1].scope, "project=PAY");
  EXPECT_EQ(holes[1].from, 600);
  EXPECT_TRUE(HolesIn({}).empty());
}

TEST(Coverage, CoversHolesThatOverlapWithOneRange) {
  const std::vector<Window> holes = {
      {"github_prs", "1", 500, 700},
      {"github_prs", "2", 100, 200},
      {"github_prs", "3", 600, 900},
      {"github_prs", "4", 200, 250},
  };

  EXPECT_THAT(
      Spans(RangesOf(holes)),
      ::testing::ElementsAre(
          std::pair<EpochMs, EpochMs>(100, 250), std::pair<EpochMs, EpochMs>(500, 900)
      )
  );
}

TEST(Coverage, KnowsWhichJobMakesUpForWhich) {
  const model::Job plain = JobWith({});
  const model::Job full = JobWith({.full = true});
  const model::Job issues = JobWith({.entities = {"jira_issues"}});
  const model::Job month = JobWith({.since = 1000});
  const model::Job longer = JobWith({.since = 500});
  const model::Job backfill = JobWith({.since = 100, .until = 200});
  const model::Job wider = JobWith({.since = 50, .until = 300});
  const model::Job query = JobWith({.query = "project = PAY"});

  EXPECT_TRUE(MakesUpFor(plain, plain));
  EXPECT_TRUE(MakesUpFor(full, plain));
  EXPECT_FALSE(MakesUpFor(plain, full)) << "a full sync takes a census too";
  EXPECT_TRUE(MakesUpFor(plain, issues));
  EXPECT_FALSE(MakesUpFor(issues, plain));
  EXPECT_TRUE(MakesUpFor(longer, month));
  EXPECT_FALSE(MakesUpFor(month, longer));
  EXPECT_FALSE(MakesUpFor(month, plain));
  EXPECT_TRUE(MakesUpFor(plain, month));
  EXPECT_TRUE(MakesUpFor(wider, backfill));
  EXPECT_FALSE(MakesUpFor(backfill, wider));
  EXPECT_FALSE(MakesUpFor(plain, backfill)) << "it began later";
  EXPECT_TRUE(MakesUpFor(full, backfill));
  EXPECT_FALSE(MakesUpFor(plain, query));
  EXPECT_FALSE(MakesUpFor(query, plain));
  EXPECT_TRUE(MakesUpFor(query, query));
}

}  // namespace
}  // namespace pulse::control
