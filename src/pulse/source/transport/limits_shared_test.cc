// Two processes, as far as limits are concerned: two registries, each with a cache of its own in
// one Redis.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/cache/redis/redis_cache.h"
#include "pulse/cache/redis/testing/test_redis.h"
#include "pulse/source/transport/limits.h"

namespace pulse::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TenantId kTenant{1};
constexpr IntegrationId kJira{7};
constexpr IntegrationId kOtherIntegration{8};

struct Process {
  Process(const std::string& url, const LimitsPolicy& policy)
      // Ample, so that a busy machine does not make the fallback out of a slow answer.
      : cache(std::move(*cache::redis::NewRedisCache({.url = url, .budget = seconds(20)}))),
        limits(*cache, clock, policy, [this] { return steady; }) {}

  Limits& jira() { return limits.For(kTenant, kJira); }
  /// How many calls the budget lets through at once.
  int TakeAll() {
    int taken = 0;
    while (jira().budget().Acquire(1, {}, {})) ++taken;
    return taken;
  }

  SystemClock clock;
  std::chrono::steady_clock::time_point steady{};
  std::unique_ptr<cache::Cache> cache;
  LimitsRegistry limits;
};

class SharedLimits : public testing::Test {
 protected:
  static LimitsPolicy Policy() {
    LimitsPolicy policy;
    policy.calls_per_second = 1e-3;  // Nothing comes back while the test runs.
    policy.burst = 40;
    policy.budget = {.max_in_flight = 100, .first_in_flight = 100};
    return policy;
  }
  cache::redis::TestRedis redis_;
  Process one_{redis_.url(), Policy()};
  Process two_{redis_.url(), Policy()};
};

TEST_F(SharedLimits, TwoProcessesSpendOneBudget) {
  int taken = 0;
  for (int i = 0; i < 15; ++i) {
    taken += one_.jira().budget().Acquire(1, {}, {}) ? 1 : 0;
    taken += two_.jira().budget().Acquire(1, {}, {}) ? 1 : 0;
  }
  ASSERT_EQ(taken, 30);

  EXPECT_EQ(one_.TakeAll() + two_.TakeAll(), 10);
  EXPECT_TRUE(two_.limits.For(kTenant, kOtherIntegration).budget().Acquire(1, {}, {}));
}

TEST_F(SharedLimits, WithoutRedisTheTwoTogetherKeepTheBudget) {
  ASSERT_TRUE(one_.cache->Probe());
  redis_.Kill();

  EXPECT_EQ(one_.TakeAll(), 20);
  EXPECT_EQ(two_.TakeAll(), 20);
}

TEST_F(SharedLimits, AWindowThatOneOpensKeepsTheOtherOut) {
  ASSERT_TRUE(two_.jira().RefuseWhilePaused());

  one_.jira().PauseFor(seconds(30));

  const auto refused = two_.jira().RefuseWhilePaused();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kRateLimited);
  EXPECT_GT(refused.error().retry_after(), seconds(20));
  EXPECT_TRUE(two_.limits.For(kTenant, kOtherIntegration).RefuseWhilePaused());
}

TEST_F(SharedLimits, ABreakerThatOpensInOneStopsTheOtherUntilAProbeSucceeds) {
  for (int i = 0; i < 10; ++i) one_.jira().Broke(*one_.jira().Admit());
  ASSERT_EQ(one_.jira().breaker().state(), resilience::BreakerState::kOpen);

  const auto refused = two_.jira().Admit();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_GT(refused.error().retry_after(), seconds(30));
  EXPECT_TRUE(two_.limits.For(kTenant, kOtherIntegration).Admit());

  one_.steady += seconds(60);
  for (int i = 0; i < 3; ++i) {
    auto probe = one_.jira().Admit();
    ASSERT_TRUE(probe) << probe.error().message();
    one_.jira().Worked(*std::move(probe));
  }
  EXPECT_TRUE(two_.jira().Admit());
}

TEST_F(SharedLimits, ABreakerThatOneSharesDiesWithRedisAndNotWithTheSync) {
  for (int i = 0; i < 10; ++i) one_.jira().Broke(*one_.jira().Admit());
  ASSERT_FALSE(two_.jira().Admit()) << "it is shared";

  redis_.Kill();

  EXPECT_FALSE(one_.jira().Admit()) << "who saw it fail, remembers";
  EXPECT_TRUE(two_.jira().Admit()) << "who did not, finds out";
}

}  // namespace
}  // namespace pulse::source
