#include "pulse/resilience/budget.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace pulse::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

milliseconds Always(double) { return milliseconds(0); }
SteadyClock::time_point In(milliseconds time) { return SteadyClock::now() + time; }

/// As many calls as fit in flight at once, one after the other reporting `report`.
void RunWindow(Budget& budget, void (Budget::Permit::*report)(), int calls = 1) {
  for (int i = 0; i < calls; ++i) {
    auto permit = budget.Acquire(1, In(seconds(5)), {});
    ASSERT_TRUE(permit);
    ((*permit).*report)();
  }
}

TEST(Budget, GrowsByOneForEveryWindowOfSuccesses) {
  Budget budget({.max_in_flight = 8, .first_in_flight = 2}, Always);

  RunWindow(budget, &Budget::Permit::Succeeded, 2);
  EXPECT_EQ(budget.limit(), 3);
  RunWindow(budget, &Budget::Permit::Succeeded, 2);
  EXPECT_EQ(budget.limit(), 3);
  RunWindow(budget, &Budget::Permit::Succeeded, 1);
  EXPECT_EQ(budget.limit(), 4);

  RunWindow(budget, &Budget::Permit::Succeeded, 100);
  EXPECT_EQ(budget.limit(), 8) << "never above its maximum";
}

TEST(Budget, HalvesWhenPushedBackButNeverBelowOne) {
  Budget budget({.max_in_flight = 8, .first_in_flight = 8}, Always);
  for (const int expected : {4, 2, 1, 1}) {
    RunWindow(budget, &Budget::Permit::PushedBack);
    EXPECT_EQ(budget.limit(), expected);
  }
}

TEST(Budget, HalvesOnceForCallsThatWereInFlightTogether) {
  Budget budget({.max_in_flight = 8, .first_in_flight = 8}, Always);
  std::vector<Budget::Permit> together;
  for (int i = 0; i < 8; ++i) together.push_back(*budget.Acquire(1, In(seconds(5)), {}));

  for (Budget::Permit& permit : together) permit.PushedBack();

  EXPECT_EQ(budget.limit(), 4);
}

TEST(Budget, RefusesAtTheDeadlineWhenEveryPlaceIsTaken) {
  Budget budget({.max_in_flight = 1, .first_in_flight = 1}, Always);
  auto held = budget.Acquire(1, In(seconds(5)), {});
  ASSERT_TRUE(held);

  const auto refused = budget.Acquire(1, In(milliseconds(5)), {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kRateLimited);
  EXPECT_TRUE(refused.error().retry_after());
  EXPECT_EQ(budget.in_flight(), 1);
}

TEST(Budget, StopEndsTheWaitForAPlace) {
  Budget budget({.max_in_flight = 1, .first_in_flight = 1}, Always);
  auto held = budget.Acquire(1, In(seconds(5)), {});
  ASSERT_TRUE(held);
  std::stop_source stop;

  std::optional<ErrorKind> ended;
  std::jthread waiter([&] {
    const auto refused = budget.Acquire(1, In(seconds(600)), stop.get_token());
    if (!refused) ended = refused.error().kind();
  });
  stop.request_stop();
  waiter.join();

  EXPECT_EQ(ended, ErrorKind::kCancelled);
}

TEST(Budget, NeverLetsMoreInThanItsLimit) {
  Budget budget({.max_in_flight = 3, .first_in_flight = 3}, Always);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> calls = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        for (int n = 0; n < 500; ++n) {
          auto permit = budget.Acquire(1, In(seconds(60)), {});
          ASSERT_TRUE(permit);
          const int now_inside = ++inside;
          int so_far = most;
          while (so_far < now_inside && !most.compare_exchange_weak(so_far, now_inside)) {
          }
          ++calls;
          --inside;
        }
      });
    }
  }
  EXPECT_EQ(calls, 8 * 500);
  EXPECT_LE(most, 3);
  EXPECT_EQ(budget.in_flight(), 0);
}

TEST(Budget, WaitsOutAShortLackOfTokensAndPassesTheCostOn) {
  std::vector<double> asked;
  Budget budget({}, [&](double tokens) {
    asked.push_back(tokens);
    return asked.size() < 3 ? milliseconds(1) : milliseconds(0);
  });

  EXPECT_TRUE(budget.Acquire(2.5, In(seconds(5)), {}));

  EXPECT_EQ(asked, (std::vector{2.5, 2.5, 2.5}));
}

TEST(Budget, SaysHowLongWhenTokensComeAfterTheDeadlineAndKeepsNoPlace) {
  Budget budget({}, [](double) { return milliseconds(90'000); });

  const auto refused = budget.Acquire(1, In(seconds(1)), {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(refused.error().retry_after(), seconds(90));
  EXPECT_EQ(budget.in_flight(), 0);
}

}  // namespace
}  // namespace pulse::resilience
