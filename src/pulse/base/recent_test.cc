#include "pulse/base/recent.h"

#include <gtest/gtest.h>

namespace pulse {
namespace {

TEST(Recent, KeepsAValueForItsTimeAndNoLonger) {
  auto now = std::chrono::steady_clock::now();
  Recent<int, int> recent(std::chrono::seconds(1), 8, [&] { return now; });
  recent.Keep(1, 10);
  EXPECT_EQ(recent.Find(1), 10);
  EXPECT_EQ(recent.Find(2), std::nullopt);
  now += std::chrono::seconds(1);
  EXPECT_EQ(recent.Find(1), std::nullopt);
}

TEST(Recent, ForgetsWhatItIsToldToAndNeverGrowsBeyondItsBound) {
  Recent<int, int> recent(std::chrono::hours(1), 2);
  recent.Keep(1, 10);
  recent.Keep(2, 20);
  recent.Forget(1);
  EXPECT_EQ(recent.Find(1), std::nullopt);
  recent.Keep(3, 30);
  recent.Keep(4, 40);
  EXPECT_EQ(recent.Find(4), 40);
  EXPECT_EQ(recent.Find(2), std::nullopt);
}

}  // namespace
}  // namespace pulse
