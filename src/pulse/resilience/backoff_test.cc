#include "pulse/resilience/backoff.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace pulse::resilience {
namespace {

using std::chrono::milliseconds;

constexpr BackoffPolicy kPolicy{.base = milliseconds(100), .cap = milliseconds(1000)};

/// The shortest and the longest of many waits.
std::pair<milliseconds, milliseconds> Range(int failures, std::optional<milliseconds> retry_after) {
  std::mt19937_64 random(1);
  milliseconds least = milliseconds::max();
  milliseconds most = milliseconds::min();
  for (int i = 0; i < 2000; ++i) {
    const milliseconds wait = BackoffFor(kPolicy, failures, retry_after, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  return {least, most};
}

TEST(BackoffFor, UsesTheWholeOfADoublingRangeUpToTheCap) {
  const int expected[] = {100, 200, 400, 800, 1000, 1000};
  for (int failures = 1; failures <= 6; ++failures) {
    const auto [least, most] = Range(failures, std::nullopt);
    EXPECT_LE(least, milliseconds(expected[failures - 1] / 50)) << failures;
    EXPECT_LE(most, milliseconds(expected[failures - 1])) << failures;
    EXPECT_GE(most, milliseconds(expected[failures - 1] * 49 / 50)) << failures;
  }
}

TEST(BackoffFor, NeverOverflows) {
  EXPECT_LE(Range(1'000'000, std::nullopt).second, kPolicy.cap);
  EXPECT_GE(Range(0, std::nullopt).first, milliseconds(0));
}

TEST(BackoffFor, NeverComesBackBeforeTheOtherSideSaid) {
  const auto [least, most] = Range(1, milliseconds(30'000));
  EXPECT_GE(least, milliseconds(30'000));
  EXPECT_LE(most, milliseconds(30'100)) << "the cap is ours, retry-after is theirs";
  EXPECT_GT(most, least) << "not all clients in the same instant";
}

TEST(BackoffFor, GivesTheSameWaitsForTheSameSeed) {
  std::mt19937_64 one(42);
  std::mt19937_64 other(42);
  for (int failures = 1; failures < 20; ++failures) {
    EXPECT_EQ(
        BackoffFor(kPolicy, failures, std::nullopt, one),
        BackoffFor(kPolicy, failures, std::nullopt, other)
    );
  }
}

}  // namespace
}  // namespace pulse::resilience
