#include "planted_fault.h"

#include <gtest/gtest.h>

#include "pulse/simulate/github_breakage.h"
#include "pulse/simulate/simulator.h"

namespace pulse::app {
namespace {

namespace github = simulate::github;

std::unique_ptr<simulate::FaultPlan> Plan() {
  return *simulate::FaultPlan::Make(1, {{"bad-record", 2}});
}

bool Marks(const simulate::FaultPlan& plan, std::int64_t id, std::uint64_t salt) {
  return plan.Marks(simulate::Fault::kBadRecord, static_cast<std::uint64_t>(id), salt);
}

/// The first issue id that the plan marks, or does not.
std::int64_t Issue(const simulate::FaultPlan& plan, bool marked) {
  std::int64_t id = 10'000;
  while (Marks(plan, id, 0) != marked) ++id;
  return id;
}

/// The first pull request of the first repository that the plan breaks, by leaving its id out or
/// otherwise.
std::int64_t PullNumber(const simulate::FaultPlan& plan, bool without_id) {
  std::int64_t number = 1;
  const auto wanted = [&] {
    const std::int64_t id = github::PullIdOf(0, number);
    const bool no_id = github::BreakageOf(id) == github::Breakage::kNoId;
    return Marks(plan, id, github::kPullSalt) && no_id == without_id;
  };
  while (!wanted()) ++number;
  return number;
}

/// A number that the plan breaks in no repository.
std::int64_t SoundNumber(const simulate::FaultPlan& plan) {
  std::int64_t number = 1;
  const auto broken = [&] {
    for (int index = 0; index < github::kRepositorySlots; ++index) {
      if (Marks(plan, github::PullIdOf(index, number), github::kPullSalt)) return true;
    }
    return false;
  };
  while (broken()) ++number;
  return number;
}

store::NewDeadLetter Letter(std::string external_id, std::string sample) {
  store::NewDeadLetter letter;
  letter.raw = RawId(1);
  letter.external_id = std::move(external_id);
  letter.sample = std::move(sample);
  return letter;
}

TEST(IsPlantedFault, IsToldByTheIdOfTheRecord) {
  const auto plan = Plan();
  const std::string broken = std::to_string(Issue(*plan, true));
  EXPECT_TRUE(IsPlantedFault(*plan, false, Letter(broken, "{}")));
  EXPECT_FALSE(IsPlantedFault(*plan, false, Letter(std::to_string(Issue(*plan, false)), "{}")));
  EXPECT_FALSE(IsPlantedFault(*plan, false, Letter("PAY-1", "{}")));
}

TEST(IsPlantedFault, IsOfATransformAndOfAStoredPage) {
  const auto plan = Plan();
  store::NewDeadLetter letter = Letter(std::to_string(Issue(*plan, true)), "{}");
  letter.raw = RawId{};
  EXPECT_FALSE(IsPlantedFault(*plan, false, letter));
  letter.raw = RawId(1);
  letter.stage = model::Stage::kLoad;
  EXPECT_FALSE(IsPlantedFault(*plan, false, letter));
}

TEST(IsPlantedFault, FindsTheIdInATextThatIsNoJson) {
  const auto plan = Plan();
  const auto sample = [](std::int64_t id) {
    return R"({"expand":"","id":")" + std::to_string(id) + R"(","fields":{"customfield_1":9e999)";
  };
  EXPECT_TRUE(IsPlantedFault(*plan, false, Letter("", sample(Issue(*plan, true)))));
  EXPECT_FALSE(IsPlantedFault(*plan, false, Letter("", sample(Issue(*plan, false)))));

  const auto pull = [](std::int64_t number) {
    return R"({"id":"PR_x","fullDatabaseId":")" + std::to_string(github::PullIdOf(0, number)) +
           R"(","number":1e999)";
  };
  EXPECT_TRUE(IsPlantedFault(*plan, true, Letter("", pull(PullNumber(*plan, false)))));
  EXPECT_FALSE(IsPlantedFault(*plan, true, Letter("", pull(SoundNumber(*plan)))));
}

TEST(IsPlantedFault, KnowsAPullRequestWithoutAnIdByItsNumber) {
  const auto plan = Plan();
  const auto sample = [](std::int64_t number) {
    return R"({"number":)" + std::to_string(number) + R"(,"url":"https://github.example/")";
  };
  EXPECT_TRUE(IsPlantedFault(*plan, true, Letter("", sample(PullNumber(*plan, true)))));
  EXPECT_FALSE(IsPlantedFault(*plan, true, Letter("", sample(SoundNumber(*plan)))));
  EXPECT_FALSE(IsPlantedFault(*plan, false, Letter("", sample(PullNumber(*plan, true)))));
}

TEST(IsPlantedFault, IsNothingThatSaysNothingOfItself) {
  const auto plan = Plan();
  for (const bool of_github : {true, false}) {
    EXPECT_FALSE(IsPlantedFault(*plan, of_github, Letter("", "")));
    EXPECT_FALSE(IsPlantedFault(*plan, of_github, Letter("", R"({"title":"x"})")));
  }
}

}  // namespace
}  // namespace pulse::app
