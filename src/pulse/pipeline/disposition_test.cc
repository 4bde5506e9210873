#include "pulse/pipeline/disposition.h"

#include <gtest/gtest.h>

namespace pulse::pipeline {
namespace {

using Action = Disposition::Action;

model::Step StepWith(int attempts, model::Stage stage = model::Stage::kExtract) {
  model::Step step;
  step.attempts = attempts;
  step.stage = stage;
  return step;
}

TEST(DispositionOf, ARateLimitWaitsAsLongAsTheSourceSaidAndCostsNoAttempt) {
  std::mt19937_64 random(7);
  const Error error =
      Error{ErrorKind::kRateLimited, "slow down"}.RetryAfter(std::chrono::seconds(7));

  const Disposition next = DispositionOf(error, StepWith(100), random);

  EXPECT_EQ(next.action, Action::kRetry);
  EXPECT_EQ(next.wait, std::chrono::seconds(7));
  EXPECT_FALSE(next.attempted);
}

TEST(DispositionOf, AShutdownCostsNoAttempt) {
  std::mt19937_64 random(7);
  const Disposition next = DispositionOf({ErrorKind::kCancelled, "stop"}, StepWith(0), random);
  EXPECT_EQ(next.action, Action::kRetry);
  EXPECT_FALSE(next.attempted);
}

TEST(DispositionOf, UnavailableIsTriedTwelveTimesWithBoundedWaits) {
  std::mt19937_64 random(7);
  const Error error{ErrorKind::kUnavailable, "connection refused"};
  auto most = std::chrono::milliseconds(250);
  for (int attempts = 0; attempts < 11; ++attempts) {
    const Disposition next = DispositionOf(error, StepWith(attempts), random);
    ASSERT_EQ(next.action, Action::kRetry) << attempts;
    EXPECT_TRUE(next.attempted);
    EXPECT_LE(next.wait, most);
    most = std::min(most * 2, std::chrono::milliseconds(60000));
  }
  EXPECT_EQ(DispositionOf(error, StepWith(11), random).action, Action::kFail);
}

TEST(DispositionOf, RefusedCredentialsPauseTheIntegrationAndFailTheJob) {
  std::mt19937_64 random(7);
  const Disposition next = DispositionOf({ErrorKind::kUnauthorized, "401"}, StepWith(0), random);
  EXPECT_EQ(next.action, Action::kFail);
  EXPECT_TRUE(next.fatal);
  EXPECT_TRUE(next.pause_integration);
}

TEST(DispositionOf, AnUndecodablePageIsFetchedTwiceMoreAndDecodedOnce) {
  std::mt19937_64 random(7);
  const Error error{ErrorKind::kInvalid, "not JSON"};
  EXPECT_EQ(DispositionOf(error, StepWith(0), random).action, Action::kRetry);
  EXPECT_EQ(DispositionOf(error, StepWith(1), random).action, Action::kRetry);
  EXPECT_EQ(DispositionOf(error, StepWith(2), random).action, Action::kFail);
  EXPECT_EQ(
      DispositionOf(error, StepWith(0, model::Stage::kTransform), random).action, Action::kFail
  );
}

}  // namespace
}  // namespace pulse::pipeline
