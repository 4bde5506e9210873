#include "pulse/cache/memory/memory_cache.h"

#include "pulse/cache/testing/cache_conformance.h"

namespace pulse::cache::memory {
namespace {

/// A steady clock that stands still until it is moved.
struct HandClock {
  std::atomic<std::int64_t> ms = 0;
  SteadyNow now() {
    return [this] { return std::chrono::steady_clock::time_point(milliseconds(ms)); };
  }
};

CacheUnderTest MakeMovable() {
  auto clock = std::make_shared<HandClock>();
  return {
      .cache = NewMemoryCache({.now = clock->now()}),
      .pass = [clock](milliseconds time) { clock->ms += time.count(); },
  };
}

INSTANTIATE_TEST_SUITE_P(
    Memory, CacheConformance, testing::Values(CacheBackend{.name = "memory", .make = MakeMovable})
);

TEST(MemoryCache, GivesAllThreadsTogetherExactlyWhatTheRateAllows) {
  constexpr int kThreads = 8;
  HandClock clock;
  const auto cache = NewMemoryCache({.now = clock.now()});
  std::atomic<int> taken = 0;
  const auto take_all = [&] {
    std::vector<std::jthread> takers;
    for (int i = 0; i < kThreads; ++i) {
      takers.emplace_back([&] {
        for (int n = 0; n < 200; ++n) {
          if (cache->TakeTokens("b", 1, 100, 50) == milliseconds(0)) ++taken;
        }
      });
    }
  };

  take_all();
  EXPECT_EQ(taken, 50) << "the burst";
  clock.ms += 250;
  take_all();
  EXPECT_EQ(taken, 50 + 25) << "a quarter of a second at 100 a second";
}

TEST(MemoryCache, SaysExactlyHowLongToWait) {
  HandClock clock;
  const auto cache = NewMemoryCache({.now = clock.now()});
  ASSERT_EQ(cache->TakeTokens("b", 10, 4, 10), milliseconds(0));

  EXPECT_EQ(cache->TakeTokens("b", 1, 4, 10), milliseconds(250));
  EXPECT_EQ(cache->TakeTokens("b", 1, 0, 10), std::chrono::hours(1)) << "it never refills";
}

TEST(MemoryCache, StaysWithinItsLimitByForgettingWhatIsOverFirst) {
  HandClock clock;
  const auto cache = NewMemoryCache({.max_entries = 2, .now = clock.now()});
  cache->Put("over", "1", milliseconds(10));
  cache->Put("kept", "2", seconds(60));
  clock.ms += 10;

  cache->Put("new", "3", seconds(60));
  EXPECT_EQ(cache->Get("kept"), "2");
  EXPECT_EQ(cache->Get("new"), "3");

  cache->Put("one too many", "4", seconds(60));
  EXPECT_EQ(cache->Get("kept"), std::nullopt);
  EXPECT_EQ(cache->Get("one too many"), "4");
}

}  // namespace
}  // namespace pulse::cache::memory
