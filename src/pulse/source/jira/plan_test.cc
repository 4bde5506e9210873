#include "pulse/source/jira/plan.h"

#include <gtest/gtest.h>

namespace pulse::source::jira {

bool operator==(const PlanCost& a, const PlanCost& b) {
  return a.calls == b.calls && a.round_trips == b.round_trips;
}

namespace {

TEST(ChoosePlan, ReadsPagesUpToTwoThousandIssuesAndFetchesInBulkBeyond) {
  for (const int issues : {0, 1, 100, 1999, 2000}) {
    EXPECT_EQ(ChoosePlan(issues), Plan::kPages) << issues;
  }
  for (const int issues : {2001, 2100, 3999, 4000, 4001, 10'000, 1'000'000}) {
    EXPECT_EQ(ChoosePlan(issues), Plan::kBulk) << issues;
  }
}

TEST(ChoosePlan, TakesANonsensicalEstimateForNone) { EXPECT_EQ(ChoosePlan(-5), Plan::kPages); }

TEST(PlanCost, IsWhatTheTableSays) {
  EXPECT_EQ(CostOfPages(2000), (PlanCost{.calls = 21, .round_trips = 21}));
  EXPECT_EQ(CostOfBulk(2000), (PlanCost{.calls = 22, .round_trips = 22}));
  EXPECT_EQ(CostOfPages(2001), (PlanCost{.calls = 22, .round_trips = 22}));
  EXPECT_EQ(CostOfBulk(2001), (PlanCost{.calls = 24, .round_trips = 13}));
  EXPECT_EQ(CostOfBulk(10'000), (PlanCost{.calls = 107, .round_trips = 23}));
  EXPECT_DOUBLE_EQ(Price(CostOfPages(10'000)), 126.25);
  EXPECT_DOUBLE_EQ(Price(CostOfBulk(10'000)), 112.75);
}

TEST(PlanCost, StaysWithinElevenAndAHalfCallsPerThousandIssues) {
  for (std::int64_t issues = 2000; issues <= 1'000'000; issues += 2000) {
    const PlanCost cost =
        ChoosePlan(issues) == Plan::kPages ? CostOfPages(issues) : CostOfBulk(issues);
    EXPECT_LE(static_cast<double>(cost.calls) * 1000, 11.5 * static_cast<double>(issues)) << issues;
  }
}

}  // namespace
}  // namespace pulse::source::jira
