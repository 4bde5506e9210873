#include "pulse/simulate/rate_limit.h"

#include <gtest/gtest.h>

namespace pulse::simulate {
namespace {

using std::chrono::milliseconds;

TEST(RateLimit, AllowsASecondsWorthAtOnceAndThenAsksToWait) {
  RateLimit limit(3);
  const auto start = RateLimit::Clock::now();

  EXPECT_EQ(limit.Take("a", start).remaining, 2);
  EXPECT_TRUE(limit.Take("a", start).allowed);
  EXPECT_TRUE(limit.Take("a", start).allowed);
  const RateDecision refused = limit.Take("a", start);

  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.limit, 3);
  EXPECT_EQ(refused.retry_after_seconds, 1);
}

TEST(RateLimit, RefillsContinuously) {
  RateLimit limit(10);
  const auto start = RateLimit::Clock::now();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(limit.Take("a", start).allowed);
  ASSERT_FALSE(limit.Take("a", start).allowed);

  EXPECT_FALSE(limit.Take("a", start + milliseconds(90)).allowed);
  EXPECT_TRUE(limit.Take("a", start + milliseconds(110)).allowed);
}

TEST(RateLimit, CountsEachCallerApart) {
  RateLimit limit(1);
  const auto start = RateLimit::Clock::now();

  EXPECT_TRUE(limit.Take("a", start).allowed);
  EXPECT_FALSE(limit.Take("a", start).allowed);
  EXPECT_TRUE(limit.Take("b", start).allowed);
}

TEST(RateLimit, IsOffWhenZero) {
  RateLimit limit(0);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(limit.Take("a", RateLimit::Clock::now()).allowed);
}

}  // namespace
}  // namespace pulse::simulate
