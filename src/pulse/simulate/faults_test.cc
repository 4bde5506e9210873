#include "pulse/simulate/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/simulator.h"

namespace pulse::simulate {
namespace {

using ::testing::HasSubstr;

std::vector<bool> Sequence(const FaultPlan& plan, Fault fault, int calls) {
  std::vector<bool> struck;
  for (int i = 0; i < calls; ++i) struck.push_back(plan.Strikes(fault));
  return struck;
}

TEST(FaultPlan, StrikesExactlyThePercentOfCallsAndNeverTwiceRunning) {
  const auto plan = FaultPlan::Make(1, {{"502", 20}}).value();

  const std::vector<bool> struck = Sequence(*plan, Fault::k502, 1000);

  EXPECT_EQ(std::count(struck.begin(), struck.end(), true), 200);
  for (std::size_t i = 1; i < struck.size(); ++i) EXPECT_FALSE(struck[i] && struck[i - 1]) << i;
  EXPECT_EQ(plan->CountsJson(), R"({"502":200})");
}

TEST(FaultPlan, StrikesTheSameCallsInEveryRun) {
  const std::vector<FaultOption> options{{"502", 3}, {"cut", 3}};
  const auto one = FaultPlan::Make(9, options).value();
  const auto two = FaultPlan::Make(9, options).value();

  const auto first = Sequence(*one, Fault::k502, 500);
  EXPECT_EQ(first, Sequence(*two, Fault::k502, 500));
  EXPECT_NE(first, Sequence(*one, Fault::kCut, 500)) << "two faults strike the same calls";
}

TEST(FaultPlan, NeverStrikesWhatWasNotAskedFor) {
  const auto plan = FaultPlan::Make(1, {{"502", 100}}).value();

  for (const bool struck : Sequence(*plan, Fault::k502, 10)) EXPECT_TRUE(struck);
  for (const bool struck : Sequence(*plan, Fault::kCut, 10)) EXPECT_FALSE(struck);
}

TEST(FaultPlan, MarksTheSameRecordsForOneSeedAndOthersForAnother) {
  const auto one = FaultPlan::Make(1, {{"bad-record", 5}}).value();
  const auto again = FaultPlan::Make(1, {{"bad-record", 5}}).value();
  const auto other = FaultPlan::Make(2, {{"bad-record", 5}}).value();

  int marked = 0;
  int differing = 0;
  for (std::uint64_t id = 0; id < 10000; ++id) {
    const bool bad = one->Marks(Fault::kBadRecord, id);
    EXPECT_EQ(bad, again->Marks(Fault::kBadRecord, id));
    marked += bad ? 1 : 0;
    differing += bad != other->Marks(Fault::kBadRecord, id) ? 1 : 0;
  }
  EXPECT_NEAR(marked, 500, 100);
  EXPECT_GT(differing, 500);
}

TEST(FaultPlan, RefusesUnknownNamesAndImpossiblePercents) {
  EXPECT_THAT(FaultPlan::Make(1, {{"gremlins", 1}}).error().message(), HasSubstr("known are 429"));
  EXPECT_EQ(FaultPlan::Make(1, {{"502", 101}}).error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(FaultPlan::Make(1, {{"502", -1}}).error().kind(), ErrorKind::kInvalid);
}

TEST(FaultName, NamesEveryFaultAsTheOptionDoes) {
  EXPECT_EQ(FaultName(Fault::k429), "429");
  EXPECT_EQ(FaultName(Fault::kSecondaryLimit), "secondary-limit");
  EXPECT_EQ(FaultName(Fault::kIndexLag), "index-lag");
}

}  // namespace
}  // namespace pulse::simulate
