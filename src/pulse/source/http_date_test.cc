#include "pulse/source/http_date.h"

#include <gtest/gtest.h>

namespace pulse::source {
namespace {

TEST(ParseHttpDate, ReadsWhatServersWriteAndNothingElse) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), ParseInstant("1994-11-06T08:49:37Z"));
  EXPECT_EQ(ParseHttpDate("Mon, 23 Nov 2026 14:00:00 GMT"), ParseInstant("2026-11-23T14:00:00Z"));
  for (const char* text : {
           "",
           "0",
           "Sunday, 06-Nov-94 08:49:37 GMT",
           "Sun, 06 Non 1994 08:49:37 GMT",
           "Sun, 31 Feb 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 CET",
       }) {
    EXPECT_FALSE(ParseHttpDate(text)) << text;
  }
}

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
