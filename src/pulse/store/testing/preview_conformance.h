#pragma once

/// \file
/// Part of store_conformance.h: what a merge would change, without doing it.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

class PreviewConformance : public StoreConformance {
 protected:
  Preview PreviewOf(const World& world, const std::vector<Issue>& issues, int limit = 100) {
    model::RowBatch batch;
    for (const Issue& issue : issues) AddIssue(batch, issue);
    Unit unit;
    unit.tenant = world.tenant;
    unit.integration = world.integration;
    unit.rows = &batch;
    return Value(store().ledger().PreviewMerge(unit, limit));
  }
  /// Everything a merge could write, as one text.
  std::string Everything(const World& world) {
    std::string all;
    for (const model::Table* table : model::kTables) {
      all += Select(world, "SELECT * FROM " + std::string(table->name) + " ORDER BY id");
    }
    return all;
  }
  static std::vector<std::string> Lines(const Preview& preview) {
    std::vector<std::string> lines;
    for (const RowChange& change : preview.changes) {
      lines.push_back(
          change.table + " " + change.external_id + (change.is_new ? " new " : " ") +
          change.before + " -> " + change.after
      );
    }
    return lines;
  }
};

TEST_P(PreviewConformance, ShowsWhichColumnsOfARowWouldChange) {
  LoadIssues(acme_, {{.id = "1", .title = "old"}, {.id = "2"}});

  const Preview preview = PreviewOf(acme_, {{.id = "1", .title = "new"}, {.id = "2"}});

  EXPECT_EQ(preview.updated, 1);
  EXPECT_EQ(preview.unchanged, 1);
  EXPECT_EQ(preview.inserted, 0);
  EXPECT_THAT(
      Lines(preview), ::testing::ElementsAre(R"(work_items 1 {"title":"old"} -> {"title":"new"})")
  );
}

TEST_P(PreviewConformance, ShowsANewRowInFull) {
  const Preview preview = PreviewOf(acme_, {{.id = "1", .title = "a \"title\"", .version = 1000}});

  EXPECT_EQ(preview.inserted, 1);
  ASSERT_EQ(preview.changes.size(), 1U);
  EXPECT_TRUE(preview.changes[0].is_new);
  EXPECT_EQ(preview.changes[0].before, "{}");
  EXPECT_THAT(preview.changes[0].after, ::testing::HasSubstr(R"("title":"a \"title\"")"));
  EXPECT_THAT(
      preview.changes[0].after,
      ::testing::HasSubstr(R"("source_updated_at":"1970-01-01T00:00:01.000Z")")
  );
}

TEST_P(PreviewConformance, ShowsChildrenAfterTheirRecordsWithTheirKeys) {
  LoadIssues(acme_, {{.id = "1", .title = "old", .comments = {"c1", "c2"}}});

  const Preview preview =
      PreviewOf(acme_, {{.id = "1", .title = "new", .version = 2000, .comments = {"c2", "c3"}}});

  const auto lines = Lines(preview);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], ::testing::StartsWith("work_items 1 {"));
  EXPECT_THAT(
      lines,
      ::testing::Contains(::testing::AllOf(
          ::testing::StartsWith("comments 1 {"),
          ::testing::HasSubstr(R"("external_id":"c1")"),
          ::testing::EndsWith("-> {}")
      ))
  );
  EXPECT_THAT(
      lines,
      ::testing::Contains(::testing::AllOf(
          ::testing::StartsWith("comments 1 new {} -> "),
          ::testing::HasSubstr(R"("external_id":"c3")")
      ))
  );
}

TEST_P(PreviewConformance, CountsWhatCommitThenCounts) {
  LoadIssues(acme_, {{.id = "1", .title = "old"}, {.id = "2", .comments = {"c"}}, {.id = "3"}});
  const std::vector<Issue> issues = {
      {.id = "1", .title = "new"},
      {.id = "2", .version = 500, .comments = {}},
      {.id = "3"},
      {.id = "4"},
      {.id = "4", .title = "twice", .version = 2000},
  };

  const Preview preview = PreviewOf(acme_, issues);
  const Committed committed = LoadIssues(acme_, issues);

  EXPECT_EQ(preview.inserted, committed.inserted);
  EXPECT_EQ(preview.updated, committed.updated);
  EXPECT_EQ(preview.unchanged, committed.unchanged);
  EXPECT_TRUE(PreviewOf(acme_, issues).changes.empty()) << "it has happened";
}

TEST_P(PreviewConformance, WritesNothing) {
  LoadIssues(acme_, {{.id = "1", .title = "old", .comments = {"c1"}}});
  LoadIssues(globex_, {{.id = "1", .title = "theirs"}});
  const std::string before = Everything(acme_);
  const std::string theirs = Everything(globex_);

  const Preview preview = PreviewOf(
      acme_, {{.id = "1", .title = "new", .version = 2000, .comments = {"c2"}}, {.id = "2"}}
  );

  ASSERT_EQ(preview.inserted + preview.updated, 2) << "there was something to write";
  EXPECT_EQ(Everything(acme_), before);
  EXPECT_EQ(Everything(globex_), theirs);
  EXPECT_EQ(LoadIssues(acme_, {{.id = "2"}}).inserted, 1);
}

TEST_P(PreviewConformance, ShowsNoMoreThanTheLimitAndPrimaryRowsFirst) {
  const Preview preview =
      PreviewOf(acme_, {{.id = "1", .comments = {"c1"}}, {.id = "2", .comments = {"c2"}}}, 2);

  EXPECT_EQ(preview.inserted, 2);
  ASSERT_EQ(preview.changes.size(), 2U);
  EXPECT_EQ(preview.changes[0].table, "work_items");
  EXPECT_EQ(preview.changes[1].table, "work_items");
}

TEST_P(PreviewConformance, ShowsThatAVanishedRowWouldLiveAgain) {
  LoadIssues(acme_, {{.id = "1"}});
  clock_.Advance(1000);
  Unit unit = Closing({SubmitAndClaim(acme_)});
  unit.vanished = {{"jira_issues", "1", "deleted"}};
  Commit(unit);

  const Preview preview = PreviewOf(acme_, {{.id = "1"}});

  EXPECT_EQ(preview.updated, 1);
  ASSERT_EQ(preview.changes.size(), 1U);
  EXPECT_THAT(preview.changes[0].after, ::testing::HasSubstr(R"("deleted_at":null)"));
}

}  // namespace pulse::store::testing
