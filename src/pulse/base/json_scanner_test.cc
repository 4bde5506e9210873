#include "pulse/base/json_scanner.h"

#include <gtest/gtest.h>

namespace pulse {
namespace {

TEST(JsonScanner, CutsValuesByStructureAndLeavesTheirBytes) {
  JsonScanner in(R"( [ 1.50 ,"a,\"]b", {"x":["}",2]} ,[],tru e ] )");

  EXPECT_TRUE(in.Take('['));
  EXPECT_EQ(in.Value(), "1.50");
  EXPECT_TRUE(in.Take(','));
  EXPECT_EQ(in.Value(), R"("a,\"]b")");
  EXPECT_TRUE(in.Take(','));
  EXPECT_EQ(in.Value(), R"({"x":["}",2]})");
  EXPECT_TRUE(in.Take(','));
  EXPECT_EQ(in.Value(), "[]");
  EXPECT_TRUE(in.Take(','));
  EXPECT_EQ(in.Value(), "tru e");
  EXPECT_FALSE(in.Take(','));
  EXPECT_TRUE(in.Take(']'));
  EXPECT_TRUE(in.AtEnd());
}

TEST(JsonScanner, ReadsANameOnlyBeforeItsColon) {
  EXPECT_EQ(JsonScanner(R"( "a\"b" : 1)").Name(), R"(a\"b)");
  EXPECT_EQ(JsonScanner(R"("":1)").Name(), "");
  EXPECT_EQ(JsonScanner(R"("a")").Name(), std::nullopt);
  EXPECT_EQ(JsonScanner("a:1").Name(), std::nullopt);
  EXPECT_EQ(JsonScanner(R"("a)").Name(), std::nullopt);
  EXPECT_EQ(JsonScanner("").Name(), std::nullopt);
}

TEST(JsonScanner, GivesNoValueWhereTheTextEndsInsideIt) {
  for (const char* text : {"", " ", "]", ",", "[1", "{\"a\":{}", "\"open", "\"open\\", "[\"]"}) {
    EXPECT_EQ(JsonScanner(text).Value(), "") << text;
  }
  EXPECT_EQ(JsonScanner("1").Value(), "1");
}

}  // namespace
}  // namespace pulse
