#include "pulse/store/compatibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::store {
namespace {

int Marked(const char* up) { return OldestCode({.number = 8, .name = "x", .up = up}); }

TEST(OldestCode, IsWhatTheHeadOfTheScriptSays) {
  EXPECT_EQ(Marked("-- oldest code: 7\nSELECT 1;"), 7);
  EXPECT_EQ(Marked("-- Drops a column.\n\n-- oldest code: 8\nSELECT 1;"), 8);
}

TEST(OldestCode, LeavesEarlierProgramsAloneWithoutAMark) {
  EXPECT_EQ(Marked("-- Adds a column.\nSELECT 1;"), 0);
  EXPECT_EQ(Marked(""), 0);
  EXPECT_EQ(Marked("SELECT 1;\n-- oldest code: 7\nSELECT 2;"), 0) << "it is not at the head";
}

TEST(OldestCode, RefusesEveryEarlierProgramWhenTheMarkMakesNoSense) {
  for (const char* up :
       {"-- oldest code:", "-- oldest code: seven", "-- oldest code: 9", "-- oldest code: 7 or 6"
       }) {
    EXPECT_EQ(Marked(up), 8) << up;
  }
}

TEST(CheckMayRun, LetsAProgramWorkAheadOfItsOwnSchemaAndNeverBehindIt) {
  EXPECT_TRUE(CheckMayRun(7, 7, 7));
  EXPECT_TRUE(CheckMayRun(7, 9, 6));
  const auto behind = CheckMayRun(7, 6, 1);
  ASSERT_FALSE(behind);
  EXPECT_THAT(behind.error().message(), ::testing::HasSubstr("pulse db migrate"));
  const auto contracted = CheckMayRun(7, 9, 8);
  ASSERT_FALSE(contracted);
  EXPECT_EQ(contracted.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(
      contracted.error().message(),
      ::testing::AllOf(
          ::testing::HasSubstr("version is 9"),
          ::testing::HasSubstr("schema 8 and later"),
          ::testing::HasSubstr("this one is of 7"),
          ::testing::HasSubstr("use the newer pulse")
      )
  );
  // A contracting migration that has begun and not ended.
  EXPECT_FALSE(CheckMayRun(7, 7, 8));
}

}  // namespace
}  // namespace pulse::store
