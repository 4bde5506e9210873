#include "pulse/base/time.h"

#include <gtest/gtest.h>

namespace pulse {
namespace {

TEST(ParseInstant, ReadsEveryFormTheSourcesWrite) {
  EXPECT_EQ(ParseInstant("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseInstant("2020-06-12T08:15:36.123+0800"), ParseInstant("2020-06-12T00:15:36.123Z"));
  EXPECT_EQ(ParseInstant("2020-06-12T05:45:00.000+05:45"), ParseInstant("2020-06-12T00:00:00Z"));
  EXPECT_EQ(ParseInstant("2020-06-11T14:00:00.000-1000"), ParseInstant("2020-06-12T00:00:00Z"));
  EXPECT_EQ(
      ParseInstant("2020-06-12T00:00:00.1234567Z"), *ParseInstant("2020-06-12T00:00:00Z") + 123
  );
}

TEST(ParseInstant, RefusesWhatNamesNoInstant) {
  for (const char* text :
       {"",
        "2020-06-12",
        "2020-06-12T00:00:00",
        "2020-02-30T00:00:00Z",
        "2020-13-01T00:00:00Z",
        "2020-06-12T24:00:00Z",
        "2020-06-12T00:00:00+99:00",
        "2020-06-12T00:00:00.Z",
        "x",
        "2020-06-12T00:00:00Zjunk"}) {
    EXPECT_FALSE(ParseInstant(text)) << text;
  }
}

TEST(FormatInstant, IsTheInverseOfParseInstant) {
  for (const EpochMs instant :
       {0LL, 1LL, -1LL, 951782400000LL, 1732877091123LL, -62135596800000LL}) {
    EXPECT_EQ(ParseInstant(FormatInstant(instant)), instant);
  }
  EXPECT_EQ(FormatInstant(1592000136123), "2020-06-12T22:15:36.123Z");
}

TEST(IsCalendarDate, KnowsLeapDays) {
  EXPECT_TRUE(IsCalendarDate("2024-02-29"));
  EXPECT_FALSE(IsCalendarDate("2023-02-29"));
  EXPECT_FALSE(IsCalendarDate("2023-2-9"));
}

}  // namespace
}  // namespace pulse
