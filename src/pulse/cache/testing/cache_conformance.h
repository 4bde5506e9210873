#pragma once

/// \file
/// What every Cache does while it can be reached. A backend's test includes this file once and says
///
///   INSTANTIATE_TEST_SUITE_P(Memory, CacheConformance, testing::Values(CacheBackend{...}));

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pulse/cache/cache.h"

namespace pulse::cache {

/// One cache and the hand on its clock.
struct CacheUnderTest {
  std::unique_ptr<Cache> cache;
  /// Lets time pass for the cache: moves its clock, or really waits.
  std::function<void(std::chrono::milliseconds)> pass;
};

struct CacheBackend {
  std::string name;
  std::function<CacheUnderTest()> make;  ///< Empty, and used by no other test.
};

inline void PrintTo(const CacheBackend& backend, std::ostream* out) { *out << backend.name; }

class CacheConformance : public testing::TestWithParam<CacheBackend> {
 protected:
  void SetUp() override { under_test_ = GetParam().make(); }
  Cache& cache() { return *under_test_.cache; }
  void Pass(std::chrono::milliseconds time) { under_test_.pass(time); }

  /// A rate at which nothing comes back while a test runs.
  static constexpr double kNearlyNever = 1e-6;

 private:
  CacheUnderTest under_test_;
};

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_P(CacheConformance, KeepsBytesAsTheyAreUntilTheyAreReplaced) {
  const std::string bytes("a\0\xff\r\nb", 6);
  EXPECT_EQ(cache().Get("k"), std::nullopt);

  cache().Put("k", bytes, seconds(60));
  cache().Put("other", "", seconds(60));
  EXPECT_EQ(cache().Get("k"), bytes);
  EXPECT_EQ(cache().Get("other"), "");

  cache().Put("k", "new", seconds(60));
  EXPECT_EQ(cache().Get("k"), "new");
}

TEST_P(CacheConformance, ForgetsAValueWhenItsTimeIsOver) {
  cache().Put("short", "1", milliseconds(200));
  cache().Put("long", "2", seconds(60));
  ASSERT_EQ(cache().Get("short"), "1");

  Pass(milliseconds(250));

  EXPECT_EQ(cache().Get("short"), std::nullopt);
  EXPECT_EQ(cache().Get("long"), "2");
}

TEST_P(CacheConformance, AnUnknownBucketIsFull) {
  EXPECT_EQ(cache().TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0));
  EXPECT_GT(cache().TakeTokens("b", 1, kNearlyNever, 10), milliseconds(0));
  EXPECT_EQ(cache().TakeTokens("another", 10, kNearlyNever, 10), milliseconds(0));
}

TEST_P(CacheConformance, ARefusalTakesNothing) {
  ASSERT_EQ(cache().TakeTokens("b", 7, kNearlyNever, 10), milliseconds(0));

  EXPECT_GT(cache().TakeTokens("b", 4, kNearlyNever, 10), milliseconds(0));

  EXPECT_EQ(cache().TakeTokens("b", 3, kNearlyNever, 10), milliseconds(0));
}

TEST_P(CacheConformance, AskingAgainAfterTheStatedWaitSucceeds) {
  ASSERT_EQ(cache().TakeTokens("b", 5, 50, 5), milliseconds(0));
  const milliseconds wait = cache().TakeTokens("b", 5, 50, 5);
  ASSERT_GT(wait, milliseconds(0));
  ASSERT_LE(wait, milliseconds(100));

  Pass(wait);

  EXPECT_EQ(cache().TakeTokens("b", 5, 50, 5), milliseconds(0));
}

TEST_P(CacheConformance, ABucketNeverHoldsMoreThanItsBurst) {
  ASSERT_EQ(cache().TakeTokens("b", 5, 10, 5), milliseconds(0));

  Pass(seconds(1));

  EXPECT_EQ(cache().TakeTokens("b", 5, 10, 5), milliseconds(0));
  EXPECT_GT(cache().TakeTokens("b", 5, 10, 5), milliseconds(400)) << "ten came, five were kept";
}

TEST_P(CacheConformance, ACallThatCostsMoreThanTheBurstTakesAFullBucket) {
  EXPECT_EQ(cache().TakeTokens("b", 50, kNearlyNever, 10), milliseconds(0));
  EXPECT_GT(cache().TakeTokens("b", 1, kNearlyNever, 10), milliseconds(0));
}

TEST_P(CacheConformance, EightThreadsTakeExactlyWhatIsThere) {
  constexpr int kThreads = 8;
  constexpr int kBurst = 1000;
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> takers;
    for (int i = 0; i < kThreads; ++i) {
      takers.emplace_back([&] {
        for (int n = 0; n < kBurst / 2; ++n) {
          if (cache().TakeTokens("b", 1, kNearlyNever, kBurst) == milliseconds(0)) ++taken;
        }
      });
    }
  }
  EXPECT_EQ(taken, kBurst);
}

}  // namespace pulse::cache
