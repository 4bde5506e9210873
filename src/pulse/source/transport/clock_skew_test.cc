#include "pulse/source/transport/clock_skew.h"

#include <gtest/gtest.h>

namespace pulse::source {
namespace {

TEST(ClockSkew, IsZeroWhileTheClocksAgreeToTheSecond) {
  EXPECT_EQ(ClockSkew(10'000, 10'000, 10'050), 0);
  EXPECT_EQ(ClockSkew(10'000, 10'900, 10'950), 0) << "10.9 is written as 10";
  EXPECT_EQ(ClockSkew(10'000, 9'900, 10'100), 0);
}

TEST(ClockSkew, IsTheLowestValueThatExplainsADifference) {
  EXPECT_EQ(ClockSkew(70'000, 10'000, 10'050), 59'950) << "a minute ahead";
  EXPECT_EQ(ClockSkew(10'000, 70'000, 70'050), -60'050) << "a minute behind";
}

}  // namespace
}  // namespace pulse::source
