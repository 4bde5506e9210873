#pragma once

/// \file
/// Part of store_conformance.h: what a source listed against what the tables hold, and rows whose
/// records are gone.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

class CensusConformance : public StoreConformance {
 protected:
  /// Time passes between the load and the census: a row written since a job began is not missing.
  model::Step BeginCensus(const World& world) {
    clock_.Advance(1000);
    JobRequest request = Request(world);
    request.options.census = true;
    Value(store().jobs().Submit(world.tenant, request));
    return ClaimOnly(world);
  }
  /// Commits the ids and goes on with a step that may ask what is missing.
  model::Step List(const World& world, const model::Step& step, std::vector<std::string> ids) {
    Unit unit = Closing({step});
    unit.census_ids = {{"jira_issues", std::move(ids)}};
    unit.children = {{model::Stage::kExtract, "jira_issues", R"({"verify":true})"}};
    Commit(unit);
    return ClaimOnly(world);
  }
  Missing ReadMissing(const model::Step& step, int limit = 100) {
    return Value(store().ledger().ReadMissing(step.tenant, step.job, "jira_issues", limit));
  }
  Unit Vanish(const model::Step& step, std::vector<std::string> ids) {
    Unit unit = Closing({step});
    for (std::string& id : ids) unit.vanished.push_back({"jira_issues", std::move(id), "deleted"});
    return unit;
  }
  std::vector<std::string> Absent(const World& world, const std::vector<std::string>& ids) {
    return Value(store().ledger().ReadAbsent(world.tenant, world.integration, "jira_issues", ids));
  }
  using Ids = std::vector<std::string>;
  static Ids IdsOf(const Missing& missing) {
    Ids ids;
    for (const MissingRow& row : missing.rows) ids.push_back(row.external_id);
    return ids;
  }
};

TEST_P(CensusConformance, FindsTheRowsThatNobodyListed) {
  LoadIssues(acme_, {{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}});
  LoadIssues(globex_, {{.id = "8"}, {.id = "9"}});

  const Missing missing = ReadMissing(List(acme_, BeginCensus(acme_), {"1", "3", "77"}));

  EXPECT_EQ(missing.known, 4);
  EXPECT_EQ(missing.missing, 2);
  EXPECT_EQ(IdsOf(missing), (Ids{"2", "4"}));
}

TEST_P(CensusConformance, SaysWhereTheSourceKeepsWhatIsMissing) {
  model::RowBatch batch;
  AddIssue(batch, {.id = "1"});
  AddPr(batch, "9", 7, "PAY-1");
  Load(acme_, batch);
  const model::Step verify = List(acme_, BeginCensus(acme_), {});

  const Missing prs =
      Value(store().ledger().ReadMissing(acme_.tenant, verify.job, "github_prs", 10));

  ASSERT_EQ(prs.rows.size(), 1U);
  EXPECT_EQ(prs.rows[0].external_id, "9");
  EXPECT_EQ(prs.rows[0].locator, "acme/shop#7");
  ASSERT_EQ(ReadMissing(verify).rows.size(), 1U);
  EXPECT_EQ(ReadMissing(verify).rows[0].locator, "") << "the issue names no project";
}

TEST_P(CensusConformance, HandsOutNoMoreThanTheLimit) {
  LoadIssues(acme_, {{.id = "1"}, {.id = "2"}, {.id = "3"}});

  const Missing missing = ReadMissing(List(acme_, BeginCensus(acme_), {}), 2);

  EXPECT_EQ(missing.missing, 3);
  EXPECT_EQ(IdsOf(missing), (Ids{"1", "2"}));
}

TEST_P(CensusConformance, LeavesOutRowsWrittenSinceTheJobBegan) {
  LoadIssues(acme_, {{.id = "1"}, {.id = "2"}});
  const model::Step root = BeginCensus(acme_);
  clock_.Advance(1);
  Unit unit = Closing({root});
  model::RowBatch batch;
  AddIssue(batch, {.id = "2", .title = "changed meanwhile", .version = 2000});
  AddIssue(batch, {.id = "5"});
  unit.rows = &batch;
  unit.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
  Commit(unit);

  const model::Step verify = ClaimOnly(acme_);
  const Missing missing = ReadMissing(verify);

  EXPECT_EQ(missing.known, 2) << "one is new";
  EXPECT_EQ(IdsOf(missing), Ids{"1"});
  Commit(Vanish(verify, {"1", "2", "5"}));
  EXPECT_EQ(CountOf(acme_, "work_items WHERE deleted_at IS NOT NULL"), 1);
}

TEST_P(CensusConformance, MarksRowsDeletedWithTheReasonAndCountsThem) {
  LoadIssues(acme_, {{.id = "1", .comments = {"c1"}}, {.id = "2"}});
  LoadIssues(globex_, {{.id = "1"}});
  const model::Step verify = List(acme_, BeginCensus(acme_), {"2"});
  Unit unit = Closing({verify});
  unit.vanished = {{"jira_issues", "1", "access_lost"}, {"jira_issues", "404", "deleted"}};

  EXPECT_EQ(Commit(unit).finished(), model::JobStatus::kFinished);

  EXPECT_EQ(
      Select(
          acme_, "SELECT external_id, deleted_reason FROM work_items WHERE deleted_at IS NOT NULL"
      ),
      R"([{"external_id":"1","deleted_reason":"access_lost"}])"
  );
  EXPECT_EQ(CountOf(globex_, "work_items WHERE deleted_at IS NULL"), 1);
  EXPECT_EQ(CountOf(acme_, "comments"), 1) << "what belonged to it is kept";
  EXPECT_EQ(Counts(acme_, verify.job, "jira_issues").deleted, 1);
}

TEST_P(CensusConformance, CountsTheKnownAsOfTheBeginningOfTheJob) {
  LoadIssues(acme_, {{.id = "1"}, {.id = "2"}, {.id = "3"}});
  const model::Step verify = List(acme_, BeginCensus(acme_), {"3"});
  clock_.Advance(1);
  Unit unit = Vanish(verify, {"1"});
  unit.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
  Commit(unit);

  const Missing rest = ReadMissing(ClaimOnly(acme_));

  EXPECT_EQ(rest.known, 3);
  EXPECT_EQ(rest.missing, 1);
  EXPECT_EQ(IdsOf(rest), Ids{"2"});
}

TEST_P(CensusConformance, LeavesAMarkedRowAsItIs) {
  LoadIssues(acme_, {{.id = "1"}});
  Commit(Vanish(List(acme_, BeginCensus(acme_), {}), {"1"}));
  const std::string before = Select(acme_, "SELECT * FROM work_items");
  clock_.Advance(1000);

  const model::Step again = List(acme_, BeginCensus(acme_), {});
  EXPECT_EQ(ReadMissing(again).known, 0);
  EXPECT_EQ(ReadMissing(again).missing, 0);
  Commit(Vanish(again, {"1"}));

  EXPECT_EQ(Select(acme_, "SELECT * FROM work_items"), before);
  EXPECT_EQ(Counts(acme_, again.job, "jira_issues").deleted, 0);
}

TEST_P(CensusConformance, BringsAVanishedRecordBackToLife) {
  LoadIssues(acme_, {{.id = "1"}, {.id = "2"}});
  Commit(Vanish(List(acme_, BeginCensus(acme_), {"2"}), {"1"}));
  ASSERT_EQ(Absent(acme_, {"1", "2", "3"}), (Ids{"1", "3"}));
  clock_.Advance(1000);

  EXPECT_EQ(LoadIssues(acme_, {{.id = "1"}}).updated, 1) << "the same content";

  EXPECT_EQ(CountOf(acme_, "work_items WHERE deleted_at IS NULL AND deleted_reason IS NULL"), 2);
  EXPECT_EQ(Absent(acme_, {"3", "2", "1"}), Ids{"3"});
}

TEST_P(CensusConformance, KnowsAbsentIdsInTheOrderAskedAndOfTheTenantOnly) {
  LoadIssues(globex_, {{.id = "b"}});

  EXPECT_EQ(Absent(acme_, {"c", "b", "a"}), (Ids{"c", "b", "a"}));
  EXPECT_EQ(Absent(globex_, {"c", "b", "a"}), (Ids{"c", "a"}));
  EXPECT_TRUE(Absent(acme_, {}).empty());
  EXPECT_EQ(
      KindOf(store().ledger().ReadAbsent(acme_.tenant, acme_.integration, "no_such", {"a"})),
      ErrorKind::kInvalid
  );
}

TEST_P(CensusConformance, ForgetsTheIdsWithTheJob) {
  LoadIssues(acme_, {{.id = "1"}});
  const model::Step verify = List(acme_, BeginCensus(acme_), {"1"});
  ASSERT_EQ(ReadMissing(verify).missing, 0);
  Commit(Closing({verify}));

  // Asked for a job that is over: nothing is known to be listed any more.
  EXPECT_EQ(ReadMissing(verify).missing, 1);
}

TEST_P(CensusConformance, KeepsTheIdsWhileAFailedStepMayBeTriedAgain) {
  LoadIssues(acme_, {{.id = "1"}});
  const model::Step verify = List(acme_, BeginCensus(acme_), {"1"});
  Value(store().ledger().Fail(acme_.tenant, {verify}, Error{ErrorKind::kUnavailable, "away"}, false)
  );

  EXPECT_EQ(ReadMissing(verify).missing, 0);
  EXPECT_EQ(Value(store().jobs().RetryFailed(acme_.tenant, verify.job)), 1);
  EXPECT_EQ(Commit(Closing({ClaimOnly(acme_)})).finished(), model::JobStatus::kFinished);
  EXPECT_EQ(ReadMissing(verify).missing, 1);
}

TEST_P(CensusConformance, ShowsNoCensusToAnotherTenant) {
  LoadIssues(globex_, {{.id = "1"}});
  const model::Step verify = List(globex_, BeginCensus(globex_), {});
  ASSERT_EQ(ReadMissing(verify).missing, 1);

  EXPECT_EQ(
      KindOf(store().ledger().ReadMissing(acme_.tenant, verify.job, "jira_issues", 10)),
      ErrorKind::kNotFound
  );
}

TEST_P(CensusConformance, MakesVectorizeStepsForVanishedRowsAndTellsThatTheyAreDeleted) {
  LoadIssues(acme_, {{.id = "1"}, {.id = "2"}});
  Unit unit = Vanish(List(acme_, BeginCensus(acme_), {"2"}), {"1"});
  unit.vectorize_batch = 10;

  EXPECT_EQ(Commit(unit).new_steps, 1U);

  const model::Step step = ClaimOnly(acme_);
  EXPECT_EQ(step.stage, model::Stage::kVectorize);
  const auto living = Value(store().tables().RowsAfter(acme_.tenant, "work_items", RowId{}, 10));
  EXPECT_EQ(living.size(), 1U);
  for (std::int64_t id = 0; id < 100; ++id) {
    for (const auto& text :
         Value(store().tables().EmbeddingTexts(acme_.tenant, "work_items", {RowId{id}}))) {
      EXPECT_EQ(text.deleted, text.external_id == "1");
    }
  }
}

TEST_P(CensusConformance, KeepsAnEqualPageThatBringsAbsentRecords) {
  const auto fetch = [&](bool keep_equal) {
    Unit unit = Closing({SubmitAndClaim(acme_)});
    unit.raw_pages = {Page("body")};
    unit.raw_pages[0].keep_equal = keep_equal;
    const Committed committed = Commit(unit);
    if (committed.new_steps > 0) {
      Unit load = Closing({ClaimOnly(acme_)});
      load.settled = {
          {.id = committed.raw_ids.at(0),
           .record_count = 1,
           .transform_version = 1,
           .error_details = std::nullopt}
      };
      Commit(load);
    }
    return committed.new_steps;
  };
  ASSERT_EQ(fetch(false), 1U);
  ASSERT_EQ(fetch(false), 0U);

  EXPECT_EQ(fetch(true), 1U);
}

}  // namespace pulse::store::testing
