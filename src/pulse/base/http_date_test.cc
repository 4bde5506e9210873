#include "pulse/base/http_date.h"

#include <gtest/gtest.h>

namespace pulse {
namespace {

TEST(ParseHttpDate, ReadsWhatServersWriteAndNothingElse) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), ParseInstant("1994-11-06T08:49:37Z"));
  EXPECT_EQ(ParseHttpDate("Tue, 03 Jan 2023 00:00:00 GMT"), ParseInstant("2023-01-03T00:00:00Z"));
  EXPECT_EQ(ParseHttpDate("Mon, 23 Oct 2023 14:00:00 GMT"), ParseInstant("2023-10-23T14:00:00Z"));
  EXPECT_EQ(ParseHttpDate("Sun, 31 Dec 2023 23:59:59 GMT"), ParseInstant("2023-12-31T23:59:59Z"));
  for (const char* text : {
           "",
           "0",
           "2026-11-24T08:49:37Z",
           "Sunday, 06-Nov-94 08:49:37 GMT",
           "Sun, 06 Non 1994 08:49:37 GMT",
           "Sun, 06 anF 1994 08:49:37 GMT",
           "Sun, 31 Feb 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 CET",
       }) {
    EXPECT_FALSE(ParseHttpDate(text)) << text;
  }
}

}  // namespace
}  // namespace pulse
