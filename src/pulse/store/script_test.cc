#include "pulse/store/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::store {
namespace {

std::vector<std::string> Texts(std::string_view script) {
  std::vector<std::string> texts;
  for (const ScriptStatement& statement : SplitScript(script)) {
    texts.push_back((statement.concurrent ? "*" : "") + statement.text);
  }
  return texts;
}

TEST(SplitScript, LeavesSemicolonsInQuotesAndCommentsAlone) {
  using ::testing::ElementsAre;
  EXPECT_THAT(Texts("SELECT 1; SELECT 2"), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_THAT(Texts("SELECT ';' ; SELECT \";\";"), ElementsAre("SELECT ';'", "SELECT \";\""));
  EXPECT_THAT(Texts("SELECT 'it''s;'"), ElementsAre("SELECT 'it''s;'"));
  EXPECT_THAT(Texts("-- a; b\nSELECT 1 -- c; d\n;"), ElementsAre("SELECT 1 -- c; d"));
  EXPECT_THAT(Texts("/* ; */ SELECT 1;;\n ; "), ElementsAre("SELECT 1"));
  EXPECT_THAT(
      Texts("DO $$ a; $x$ b; $$; SELECT $1"), ElementsAre("DO $$ a; $x$ b; $$", "SELECT $1")
  );
  EXPECT_THAT(Texts("DO $x$ a; $$ b; $x$; c"), ElementsAre("DO $x$ a; $$ b; $x$", "c"));
}

TEST(SplitScript, MarksWhatRunsOutsideOfATransaction) {
  EXPECT_THAT(
      Texts("-- why\n-- concurrently\nCREATE INDEX CONCURRENTLY a ON b (c);\nSELECT 1;"),
      ::testing::ElementsAre("*CREATE INDEX CONCURRENTLY a ON b (c)", "SELECT 1")
  );
}

TEST(ConcurrentIndexName, IsTheNameOfAnIndexBuiltConcurrently) {
  EXPECT_EQ(ConcurrentIndexName("CREATE INDEX CONCURRENTLY a ON b (c)"), "a");
  EXPECT_EQ(ConcurrentIndexName("create unique index concurrently if not exists a\n ON b"), "a");
  EXPECT_EQ(ConcurrentIndexName("CREATE INDEX a ON b (c)"), "");
  EXPECT_EQ(ConcurrentIndexName("DROP INDEX CONCURRENTLY a"), "");
}

}  // namespace
}  // namespace pulse::store
