#include "text_table.h"

#include <gtest/gtest.h>

namespace pulse::app {
namespace {

TEST(DisplayWidth, CountsCellsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("é"), 1u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
  EXPECT_EQ(DisplayWidth("\xFF"), 1u);
}

TEST(FitWidth, CutsWithDotsAtTheWidth) {
  EXPECT_EQ(FitWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(FitWidth("abcdefg", 6), "abcde…");
  EXPECT_EQ(FitWidth("日本語", 5), "日本…");
  EXPECT_EQ(FitWidth("日本語", 4), "日…");
  EXPECT_EQ(FitWidth("abc", 0), "");
}

TEST(FitWidth, LetsNoDataSteerTheTerminal) {
  EXPECT_EQ(FitWidth("a\x1b[2Jb\nc", 20), "a [2Jb c");
  EXPECT_EQ(FitWidth("a\u202Eb", 20), "a b");
}

TEST(WithThousands, GroupsByThree) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(-1234567), "-1,234,567");
}

TEST(HumanSeconds, ChangesUnitsWhereAReaderWould) {
  EXPECT_EQ(HumanSeconds(0), "0 s");
  EXPECT_EQ(HumanSeconds(0.85), "850 ms");
  EXPECT_EQ(HumanSeconds(41.26), "41.2 s");
  EXPECT_EQ(HumanSeconds(59.99), "59.9 s");
  EXPECT_EQ(HumanSeconds(185), "3 m 05 s");
  EXPECT_EQ(HumanSeconds(7800), "2 h 10 m");
}

TEST(RenderTable, AlignsColumnsAndNumbers) {
  const std::string table = RenderTable(
      {{"NAME"}, {"ROWS", Align::kRight}, {"ABOUT"}},
      {{"prs", "12", "x"}, {"work_items", "3", "y"}},
      0
  );
  EXPECT_EQ(
      table,
      "NAME        ROWS  ABOUT\n"
      "prs           12  x\n"
      "work_items     3  y\n"
  );
}

TEST(RenderTable, GivesWayWhereTheWidestColumnIs) {
  const std::string table = RenderTable({{"A"}, {"TITLE"}}, {{"1", std::string(60, 'x')}}, 20);
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = table.find('\n', at);
    EXPECT_LE(DisplayWidth(table.substr(at, end - at)), 20u);
    at = end + 1;
  }
  EXPECT_NE(table.find("…"), std::string::npos);
}

TEST(RenderCsv, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(
      RenderCsv({"a", "b"}, {{"plain", "with \"quotes\", comma"}, {"", "two\nlines"}}),
      "a,b\nplain,\"with \"\"quotes\"\", comma\"\n,\"two\nlines\"\n"
  );
}

}  // namespace
}  // namespace pulse::app
