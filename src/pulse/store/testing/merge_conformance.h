#pragma once

/// \file
/// Part of store_conformance.h: what the domain tables hold after a unit, and what is counted.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

TEST_P(StoreConformance, InsertsANewRecordWithItsChildren) {
  const auto committed = LoadIssues(acme_, {{.comments = {"c1", "c2"}}});

  EXPECT_EQ(committed.inserted, 1);
  EXPECT_EQ(committed.loaded, (std::map<std::string, std::int64_t>{{"jira_issues", 1}}));
  EXPECT_EQ(
      Select(acme_, "SELECT key, title, status, source_updated_at FROM work_items"),
      R"([{"key":"PAY-1001","title":"Pay later","status":"Open",)"
      R"("source_updated_at":"1970-01-01T00:00:01.000Z"}])"
  );
  EXPECT_EQ(
      CountOf(
          acme_,
          "comments c JOIN work_items w ON w.id = c.work_item_id WHERE c.body = c.external_id"
      ),
      2
  );
}

TEST_P(StoreConformance, WritesNothingForAnEqualRecord) {
  LoadIssues(acme_, {{.comments = {"c1"}}});
  const std::string before = Select(acme_, "SELECT * FROM work_items, comments");
  clock_.Advance(1000);

  const auto committed = LoadIssues(acme_, {{.comments = {"c1"}}});

  EXPECT_EQ(committed.unchanged, 1);
  EXPECT_EQ(committed.updated, 0);
  EXPECT_EQ(Select(acme_, "SELECT * FROM work_items, comments"), before);
}

TEST_P(StoreConformance, UpdatesARecordThatChanged) {
  LoadIssues(acme_, {{.title = "old"}});

  const auto committed = LoadIssues(acme_, {{.title = "new", .version = 2000}});

  EXPECT_EQ(committed.updated, 1);
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"new"}])");
}

TEST_P(StoreConformance, NeverOverwritesANewerVersion) {
  LoadIssues(acme_, {{.title = "new", .version = 2000}});

  const auto committed = LoadIssues(acme_, {{.title = "old", .version = 1000, .comments = {"c1"}}});

  EXPECT_EQ(committed.unchanged, 1);
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"new"}])");
  EXPECT_EQ(CountOf(acme_, "comments"), 0);
}

TEST_P(StoreConformance, LetsTheLaterFetchWinAmongEqualVersions) {
  LoadIssues(acme_, {{.title = "second fetch"}}, RawId{20});

  EXPECT_EQ(LoadIssues(acme_, {{.title = "first fetch"}}, RawId{10}).unchanged, 1);
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"second fetch"}])");
  EXPECT_EQ(LoadIssues(acme_, {{.title = "corrected mapping"}}, RawId{20}).updated, 1);
  EXPECT_EQ(LoadIssues(acme_, {{.title = "third fetch"}}, RawId{30}).updated, 1);
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"third fetch"}])");
}

TEST_P(StoreConformance, RemembersThatANewerPageSaidTheSame) {
  const auto person = [](std::string_view name, EpochMs version) {
    model::RowBatch batch;
    batch.BeginRecord("people", "p1", version, 0);
    batch.AddRow(model::kPeople)
        .Text(model::kPeople["external_id"], "p1")
        .Text(model::kPeople["display_name"], name);
    batch.EndRecord();
    return batch;
  };
  Load(acme_, person("Mia", 1000));
  EXPECT_EQ(Load(acme_, person("Mia", 3000)).unchanged, 1);

  EXPECT_EQ(Load(acme_, person("Old Mia", 2000)).unchanged, 1) << "older than what was confirmed";

  EXPECT_EQ(Select(acme_, "SELECT display_name FROM people"), R"([{"display_name":"Mia"}])");
}

TEST_P(StoreConformance, KeepsTheNewestOfSeveralInOneBatchWhateverTheirOrder) {
  const auto committed = LoadIssues(
      acme_,
      {{.id = "1", .title = "new", .version = 2000},
       {.id = "1", .title = "old", .version = 1000},
       {.id = "2", .title = "old", .version = 1000},
       {.id = "2", .title = "new", .version = 2000}}
  );

  EXPECT_EQ(committed.inserted, 2);
  EXPECT_EQ(committed.updated, 0) << "a record counts once";
  EXPECT_EQ(CountOf(acme_, "work_items WHERE title = 'new'"), 2);
}

TEST_P(StoreConformance, TellsAbsentFromNull) {
  LoadIssues(
      acme_, {{.id = "1", .with_description = true}, {.id = "2", .with_description = false}}
  );

  EXPECT_EQ(CountOf(acme_, "work_items WHERE description IS NULL"), 2);
  const std::string absent = " WHERE CAST(absent_fields AS TEXT) LIKE '%\"description\"%'";
  EXPECT_EQ(
      Select(acme_, "SELECT external_id FROM work_items" + absent), R"([{"external_id":"2"}])"
  );
}

TEST_P(StoreConformance, RemovesChildrenThatACompleteSetNoLongerHas) {
  LoadIssues(acme_, {{.comments = {"c1", "c2"}}, {.id = "2", .comments = {"c3"}}});
  ASSERT_EQ(CountOf(acme_, "comments"), 3);

  const auto committed = LoadIssues(acme_, {{.version = 2000, .comments = {"c2", "c4"}}});

  EXPECT_EQ(committed.updated, 1);
  EXPECT_EQ(
      Select(acme_, "SELECT external_id AS c FROM comments ORDER BY 1"),
      R"([{"c":"c2"},{"c":"c3"},{"c":"c4"}])"
  );
}

TEST_P(StoreConformance, KeepsChildrenThatAnIncompleteSetDoesNotName) {
  LoadIssues(acme_, {{.comments = {"c1", "c2"}}});

  LoadIssues(acme_, {{.version = 2000, .comments = {"c3"}, .comments_complete = false}});

  EXPECT_EQ(CountOf(acme_, "comments"), 3);
}

TEST_P(StoreConformance, KeepsChildrenOfOtherSetsWhenTheParentChanges) {
  LoadIssues(acme_, {{}});
  model::RowBatch changes;
  AddChange(changes, "1001", "h1", "Done");
  Load(acme_, changes);

  LoadIssues(acme_, {{.title = "renamed", .version = 2000}});
  LoadIssues(acme_, {{.title = "renamed", .version = 2000}});

  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 1);
}

TEST_P(StoreConformance, RemovesNoChildThatALaterPageBrought) {
  LoadIssues(acme_, {{.comments = {"c1"}}}, RawId{10});
  LoadIssues(acme_, {{.comments = {"c2"}, .comments_complete = false}}, RawId{30});
  ASSERT_EQ(CountOf(acme_, "comments"), 2);

  LoadIssues(acme_, {{.title = "x", .version = 5000, .comments = {}}}, RawId{20});

  EXPECT_EQ(Select(acme_, "SELECT external_id FROM comments"), R"([{"external_id":"c2"}])");
}

TEST_P(StoreConformance, MakesAParentUpdatedWhenAChildChanges) {
  LoadIssues(acme_, {{}, {.id = "2"}});
  model::RowBatch changes;
  AddChange(changes, "1001", "h1", "Done");
  AddChange(changes, "1001", "h2", "Open");

  const auto first = Load(acme_, changes);
  const auto again = Load(acme_, changes);

  EXPECT_EQ(first.updated, 1) << "one issue, however many changes";
  EXPECT_EQ(again.updated, 0);
  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 2);
}

TEST_P(StoreConformance, MovesAParentFromUnchangedToUpdatedWithinAJob) {
  LoadIssues(acme_, {{}, {.id = "2"}});
  const JobId id = Submit(acme_);
  model::RowBatch issues;
  AddIssue(issues, {});
  AddIssue(issues, {.id = "2"});
  Unit first = Closing({ClaimOnly(acme_)});
  first.rows = &issues;
  first.children = {{model::Stage::kTransform, "a", "{}"}};
  Commit(first);
  EXPECT_EQ(Counts(acme_, id, "jira_issues").unchanged, 2);
  model::RowBatch changes;
  AddChange(changes, "1001", "h1", "Done");
  Unit second = Closing({ClaimOnly(acme_)});
  second.rows = &changes;
  second.children = {{model::Stage::kTransform, "a", "{}"}};
  Commit(second);
  Unit third = Closing({ClaimOnly(acme_)});  // The same page once more: drift.
  third.rows = &issues;
  Commit(third);

  const auto counts = Counts(acme_, id, "jira_issues");
  EXPECT_EQ(counts.records, 2);
  EXPECT_EQ(counts.updated, 1);
  EXPECT_EQ(counts.unchanged, 1);
}

TEST_P(StoreConformance, CountsARecordThatComesTwiceInAJobOnce) {
  const JobId id = Submit(acme_);
  model::RowBatch issues;
  AddIssue(issues, {});
  AddIssue(issues, {});
  Unit first = Closing({ClaimOnly(acme_)});
  first.rows = &issues;
  first.children = {{model::Stage::kTransform, "a", "{}"}};
  Commit(first);
  Unit second = Closing({ClaimOnly(acme_)});
  second.rows = &issues;
  Commit(second);

  const auto counts = Counts(acme_, id, "jira_issues");
  EXPECT_EQ(counts.records, 1);
  EXPECT_EQ(counts.inserted, 1);
  EXPECT_EQ(counts.unchanged, 0);
}

TEST_P(StoreConformance, GivesEarlyChildrenTheirParentWhenItComes) {
  model::RowBatch changes;
  AddChange(changes, "1001", "h1", "Done");
  Load(acme_, changes);
  ASSERT_EQ(CountOf(acme_, "work_item_changes WHERE work_item_id IS NULL"), 1);

  LoadIssues(acme_, {{.id = "2"}, {}});

  EXPECT_EQ(
      CountOf(
          acme_,
          "work_item_changes c JOIN work_items w ON w.id = c.work_item_id WHERE w.external_id = "
          "'1001'"
      ),
      1
  );
}

TEST_P(StoreConformance, GivesEarlyChildrenTheirParentWithinOneBatch) {
  model::RowBatch batch;
  AddChange(batch, "1001", "h1", "Done");
  AddIssue(batch, {});
  Load(acme_, batch);

  EXPECT_EQ(CountOf(acme_, "work_item_changes WHERE work_item_id IS NULL"), 0);
  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 1);
}

TEST_P(StoreConformance, RemovesWhatACompleteChildPageNoLongerHas) {
  LoadIssues(acme_, {{}});
  const auto page = [](const std::vector<std::string>& histories) {
    model::RowBatch batch;
    batch.BeginRecord("jira_issues", "1001", 0, 0);
    for (const std::string& history : histories) {
      batch.AddRow(model::kWorkItemChanges)
          .Text(model::kWorkItemChanges["work_item_external_id"], "1001")
          .Text(model::kWorkItemChanges["history_id"], history)
          .Integer(model::kWorkItemChanges["item_position"], 0);
    }
    batch.EndRecord(model::SetOf(model::kWorkItemChanges));
    return batch;
  };
  Load(acme_, page({"h1", "h2", "h3"}));
  ASSERT_EQ(CountOf(acme_, "work_item_changes"), 3);

  EXPECT_EQ(Load(acme_, page({"h2", "h3"})).updated, 1);
  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 2);
  EXPECT_EQ(Load(acme_, page({"h2", "h3"})).updated, 0);
  EXPECT_EQ(Load(acme_, page({})).updated, 1);
  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 0);
}

TEST_P(StoreConformance, KeepsTenantsWithEqualIdsApart) {
  LoadIssues(acme_, {{.title = "acme's", .comments = {"c1"}}});
  LoadIssues(globex_, {{.title = "globex's", .comments = {"c1"}}});
  model::RowBatch change;
  AddChange(change, "1001", "h1", "Done");
  Load(globex_, change);

  LoadIssues(acme_, {{.title = "acme's new", .version = 2000, .comments = {}}});

  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"acme's new"}])");
  EXPECT_EQ(CountOf(acme_, "comments"), 0);
  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 0);
  EXPECT_EQ(Select(globex_, "SELECT title FROM work_items"), R"([{"title":"globex's"}])");
  EXPECT_EQ(CountOf(globex_, "comments"), 1);
  EXPECT_EQ(CountOf(globex_, "work_item_changes WHERE work_item_id IS NOT NULL"), 1);
}

TEST_P(StoreConformance, LinksPullRequestsToIssuesByKeyWithinTheTenant) {
  LoadIssues(globex_, {{.key = "PAY-1"}});
  model::RowBatch prs;
  AddPr(prs, "500", 7, "PAY-1");
  Load(acme_, prs);
  ASSERT_EQ(CountOf(acme_, "work_item_prs WHERE pr_id IS NOT NULL"), 1);
  EXPECT_EQ(CountOf(acme_, "work_item_prs WHERE work_item_id IS NULL"), 1)
      << "globex's is not ours";

  LoadIssues(acme_, {{.key = "PAY-1"}});

  EXPECT_EQ(
      CountOf(
          acme_, "work_item_prs l JOIN work_items w ON w.id = l.work_item_id WHERE w.key = 'PAY-1'"
      ),
      1
  );
}

TEST_P(StoreConformance, MovesALinkWhenTheIssueMovesToAnotherKey) {
  LoadIssues(acme_, {{.id = "1", .key = "PAY-1"}});
  model::RowBatch prs;
  AddPr(prs, "500", 7, "PAY-1");
  Load(acme_, prs);
  ASSERT_EQ(CountOf(acme_, "work_item_prs WHERE work_item_id IS NOT NULL"), 1);

  LoadIssues(acme_, {{.id = "1", .version = 2000, .key = "OPS-9"}});

  EXPECT_EQ(CountOf(acme_, "work_item_prs WHERE work_item_id IS NULL"), 1);
}

TEST_P(StoreConformance, AsksForVectorsOfChangedRowsInBatches) {
  model::RowBatch batch;
  for (int i = 1; i <= 5; ++i) AddIssue(batch, {.id = std::to_string(i)});
  AddPr(batch, "500", 7, "PAY-1");

  const auto committed = Load(acme_, batch, 2);

  EXPECT_EQ(committed.new_steps, 4U) << "5 issues in three steps of two, one pull request";
  std::string params;
  for (const StepId step : ReadySteps(acme_)) {
    const auto claimed = Claim(acme_, step).at(0);
    EXPECT_EQ(claimed.stage, model::Stage::kVectorize);
    params += claimed.entity_type + claimed.params;
    Commit(Closing({claimed}));
  }
  EXPECT_THAT(params, ::testing::HasSubstr(R"("table":"work_items")"));
  EXPECT_THAT(params, ::testing::HasSubstr(R"("table":"prs")"));
  EXPECT_EQ(Load(acme_, batch, 2).new_steps, 0U) << "nothing changed";
}

TEST_P(StoreConformance, GivesTextsForEmbedding) {
  model::RowBatch batch;
  AddIssue(batch, {.id = "1", .title = "Pay"});
  AddPr(batch, "500", 7, "PAY-1");
  Load(acme_, batch);
  const auto issues = Value(store().tables().RowsAfter(acme_.tenant, "work_items", RowId{}, 10));
  const auto prs = Value(store().tables().RowsAfter(acme_.tenant, "prs", RowId{}, 10));
  ASSERT_EQ(issues.size(), 1U);
  ASSERT_EQ(prs.size(), 1U);

  const auto issue = Value(store().tables().EmbeddingTexts(acme_.tenant, "work_items", issues));
  const auto pr = Value(store().tables().EmbeddingTexts(acme_.tenant, "prs", prs));

  ASSERT_EQ(issue.size(), 1U);
  EXPECT_EQ(issue[0].text, "Pay\n");
  EXPECT_EQ(issue[0].reference, "PAY-1");
  EXPECT_EQ(issue[0].entity_type, "jira_issues");
  ASSERT_EQ(pr.size(), 1U);
  EXPECT_EQ(pr[0].text, "PAY-1 fix\nwhy");
  EXPECT_EQ(pr[0].reference, "acme/shop#7");
  EXPECT_TRUE(Value(store().tables().EmbeddingTexts(globex_.tenant, "prs", prs)).empty());
  EXPECT_TRUE(Value(store().tables().RowsAfter(globex_.tenant, "prs", RowId{}, 10)).empty());
  EXPECT_EQ(
      KindOf(store().tables().EmbeddingTexts(acme_.tenant, "secrets", prs)), ErrorKind::kInvalid
  );
}

TEST_P(StoreConformance, WritesEveryTypeOfColumnAsItIsRead) {
  model::RowBatch batch;
  batch.BeginRecord("jira_issues", "1", 1000, 0);
  batch.AddRow(model::kWorkItems)
      .Text(model::kWorkItems["external_id"], "1")
      .Real(model::kWorkItems["story_points"], 2.5)
      .Boolean(model::kWorkItems["is_subtask"], true)
      .Text(model::kWorkItems["labels"], R"(["a","\"b"])")
      .Text(model::kWorkItems["due_date"], "2024-02-29")
      .Text(model::kWorkItems["title"], "naïve 'quoted' 🙂")
      .Integer(model::kWorkItems["comment_count"], 9'007'199'254'740'993);
  batch.EndRecord();
  Load(acme_, batch);

  EXPECT_EQ(
      Select(
          acme_,
          "SELECT story_points, is_subtask, labels, due_date, title, comment_count, key FROM "
          "work_items"
      ),
      R"([{"story_points":2.5,"is_subtask":1,"labels":"[\"a\",\"\\\"b\"]","due_date":"2024-02-29",)"
      R"("title":"naïve 'quoted' 🙂","comment_count":9007199254740993,"key":null}])"
  );
}

}  // namespace pulse::store::testing
