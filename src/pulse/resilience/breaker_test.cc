#include "pulse/resilience/breaker.h"

#include <atomic>
#include <optional>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace pulse::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BreakerPolicy kPolicy{
    .window = 20,
    .minimum = 10,
    .open_for = seconds(60),
    .probes = 3,
    .probe_timeout = seconds(30),
};

class BreakerTest : public testing::Test {
 protected:
  void Call(bool succeeds) {
    auto pass = breaker_.Admit();
    ASSERT_TRUE(pass) << pass.error().message();
    succeeds ? pass->Succeeded() : pass->Failed();
  }
  void Open() {
    for (int i = 0; i < kPolicy.minimum; ++i) Call(false);
    ASSERT_EQ(breaker_.state(), BreakerState::kOpen);
  }

  std::atomic<std::chrono::steady_clock::time_point> now_{};
  void Pass(milliseconds time) { now_ = now_.load() + time; }
  Breaker breaker_{kPolicy, [this] { return now_.load(); }};
};

TEST_F(BreakerTest, StaysClosedOnFewFailuresAndOnAMinorityOfThem) {
  for (int i = 0; i < 9; ++i) Call(false);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed) << "nine are too few to judge";

  for (int i = 0; i < 11; ++i) Call(true);
  for (int i = 0; i < 200; ++i) Call(i % 5 < 3);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed) << "two failures in five";
}

TEST_F(BreakerTest, OpensAtHalfOfTheWindowAndSaysWhenToComeBack) {
  for (int i = 0; i < 100; ++i) Call(true);
  for (int i = 0; i < 9; ++i) Call(false);
  ASSERT_EQ(breaker_.state(), BreakerState::kClosed);
  Call(false);

  Pass(seconds(20));
  const auto refused = breaker_.Admit();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.error().retry_after(), seconds(40));
}

TEST_F(BreakerTest, LetsThreeProbesThroughAndClosesWhenAllSucceed) {
  Open();
  Pass(seconds(60));
  auto one = breaker_.Admit();
  auto two = breaker_.Admit();
  auto three = breaker_.Admit();
  ASSERT_TRUE(one && two && three);
  EXPECT_FALSE(breaker_.Admit()) << "a fourth probe";

  one->Succeeded();
  two->Succeeded();
  EXPECT_FALSE(breaker_.Admit()) << "the round has no fourth probe";
  three->Succeeded();

  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  for (int i = 0; i < 9; ++i) Call(false);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed) << "old failures were forgotten";
}

TEST_F(BreakerTest, OpensAgainWhenOneProbeFails) {
  Open();
  Pass(seconds(60));
  Call(true);

  Call(false);

  ASSERT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_EQ(breaker_.Admit().error().retry_after(), seconds(60));
}

TEST_F(BreakerTest, DoesNotStickOnAProbeThatNeverReturns) {
  Open();
  Pass(seconds(60));
  auto lost = breaker_.Admit();
  ASSERT_TRUE(lost);

  Pass(seconds(30));
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen) << "a late probe is a failed one";
  Pass(seconds(60));
  ASSERT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  for (int i = 0; i < 3; ++i) Call(true);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);

  lost->Failed();
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed) << "what a past round says does not count";
}

TEST_F(BreakerTest, GivesAProbeBackThatWasDroppedWithoutAReport) {
  Open();
  Pass(seconds(60));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(breaker_.Admit());

  for (int i = 0; i < 3; ++i) Call(true);

  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, AsksABrokenServiceAtMostOneRoundOfProbesPerMinute) {
  Open();
  std::mt19937 random(7);
  int asked = 0;
  std::vector<Breaker::Pass> never_returned;
  for (int second = 0; second < 3600; ++second) {
    Pass(seconds(1));
    for (int i = 0; i < 5; ++i) {
      auto pass = breaker_.Admit();
      if (!pass) continue;
      ++asked;
      random() % 2 == 0 ? pass->Failed() : never_returned.push_back(std::move(*pass));
    }
  }
  EXPECT_GE(asked, 30) << "it goes on asking";
  EXPECT_LE(asked, 60 * kPolicy.probes);
  never_returned.clear();
}

TEST_F(BreakerTest, CountsTogetherWhatManyThreadsReport) {
  std::atomic<int> admitted = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) {
          if (auto pass = breaker_.Admit()) {
            ++admitted;
            pass->Failed();
          }
        }
      });
    }
  }
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_GE(admitted, kPolicy.minimum);
  EXPECT_LT(admitted, kPolicy.minimum + 8) << "at most the calls in flight when it opened";
}

}  // namespace
}  // namespace pulse::resilience
