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
  const Error error =
      Error{ErrorKind::kRateLimited, "slow down"}.RetryAfter(std::chrono::seconds(7));

  const Disposition next = DispositionOf(error, StepWith(100), 0.5);

  EXPECT_EQ(next.action, Action::kRetry);
  EXPECT_EQ(next.wait, std::chrono::seconds(7));
  EXPECT_FALSE(next.attempted);
}

TEST(DispositionOf, AShutdownCostsNoAttempt) {
  const Disposition next = DispositionOf({ErrorKind::kCancelled, "stop"}, StepWith(0), 0.5);
  EXPECT_EQ(next.action, Action::kRetry);
  EXPECT_FALSE(next.attempted);
}

TEST(DispositionOf, UnavailableIsTriedEightTimesWithGrowingWaits) {
  const Error error{ErrorKind::kUnavailable, "connection refused"};
  std::chrono::milliseconds last{0};
  for (int attempts = 0; attempts < 7; ++attempts) {
    const Disposition next = DispositionOf(error, StepWith(attempts), 1.0);
    ASSERT_EQ(next.action, Action::kRetry) << attempts;
    EXPECT_TRUE(next.attempted);
    EXPECT_GT(next.wait, last);
    last = next.wait;
  }
  EXPECT_EQ(DispositionOf(error, StepWith(7), 1.0).action, Action::kFail);
}

TEST(DispositionOf, RefusedCredentialsPauseTheIntegrationAndFailTheJob) {
  const Disposition next = DispositionOf({ErrorKind::kUnauthorized, "401"}, StepWith(0), 0.5);
  EXPECT_EQ(next.action, Action::kFail);
  EXPECT_TRUE(next.fatal);
  EXPECT_TRUE(next.pause_integration);
}

TEST(DispositionOf, AnUndecodablePageIsFetchedTwiceMoreAndDecodedOnce) {
  const Error error{ErrorKind::kInvalid, "not JSON"};
  EXPECT_EQ(DispositionOf(error, StepWith(0), 0.5).action, Action::kRetry);
  EXPECT_EQ(DispositionOf(error, StepWith(1), 0.5).action, Action::kRetry);
  EXPECT_EQ(DispositionOf(error, StepWith(2), 0.5).action, Action::kFail);
  EXPECT_EQ(DispositionOf(error, StepWith(0, model::Stage::kTransform), 0.5).action, Action::kFail);
}

}  // namespace
}  // namespace pulse::pipeline
