// What the ledger promises beyond conformance: few round trips, and nothing lost between
// connections that break, servers that forget and workers that die.

#include "pulse/store/ledger.h"

#include "pulse/store/postgres/commit_gate.h"
#include "pulse/store/postgres/test_store.h"

namespace pulse::store::testing {

class PostgresLedger : public StoreConformance {
 protected:
  postgres::TestBackend& backend() {
    return *static_cast<postgres::TestBackend*>(backend_.keep.get());
  }
  struct Cost {
    std::int64_t round_trips;
    std::int64_t commits;
  };
  template <class Work>
  Cost CostOf(Work work) {
    const postgres::Traffic& traffic = backend().traffic;
    const Cost before{traffic.round_trips, traffic.commits};
    work();
    return {traffic.round_trips - before.round_trips, traffic.commits - before.commits};
  }
  static model::RowBatch IssuesOf(int first, int count) {
    model::RowBatch batch;
    for (int i = first; i < first + count; ++i) {
      AddIssue(batch, {.id = std::to_string(i), .comments = {"c" + std::to_string(i)}});
    }
    return batch;
  }
  /// Prepares every statement on the connection, which is a round trip more the first time.
  void WarmUp() {
    for (int i = 0; i < 2; ++i) {
      Unit fetch = Closing({SubmitAndClaim(acme_)});
      fetch.raw_pages = {Page("warm" + std::to_string(i), R"({"warm":true})")};
      Commit(fetch);
      const model::RowBatch batch = IssuesOf(9000 + i, 1);
      Unit load = Closing({ClaimOnly(acme_)});
      load.rows = &batch;
      Commit(load);
    }
  }
};

TEST_P(PostgresLedger, ClaimsInOneRoundTripAndCommitsInThree) {
  WarmUp();
  Submit(acme_);
  StepId ready = ReadySteps(acme_).at(0);
  std::vector<model::Step> steps;

  const Cost claim = CostOf([&] { steps = Claim(acme_, ready); });
  EXPECT_EQ(claim.round_trips, 1);
  EXPECT_EQ(claim.commits, 1);

  Unit fetch = Closing(steps);
  fetch.raw_pages = {Page("body")};
  const Cost fetched = CostOf([&] { Commit(fetch); });
  EXPECT_EQ(fetched.round_trips, 2);
  EXPECT_EQ(fetched.commits, 1);

  const model::RowBatch batch = IssuesOf(1, 100);
  Unit load = Closing({ClaimOnly(acme_)});
  load.rows = &batch;
  const Cost loaded = CostOf([&] { EXPECT_TRUE(Commit(load).finished()); });
  EXPECT_EQ(loaded.round_trips, 3) << "reads; writes and the verdict; the end of the job";
  EXPECT_EQ(loaded.commits, 1);
  EXPECT_EQ(CountOf(acme_, "comments"), 102);
}

TEST_P(PostgresLedger, KnowsAfterABrokenConnectionWhetherItsCommitHappened) {
  using Cut = postgres::CommitGate::Cut;
  const std::string url = backend().database.url();
  const std::string server = url.substr(5, url.find(' ') - 5);
  postgres::CommitGate gate(server);
  const auto gated = Value(postgres::OpenPostgresStore({
      .url = "host=" + gate.folder() + url.substr(url.find(' ')),
      .clock = &clock_,
      .traffic = nullptr,
  }));
  for (const bool ends_job : {true, false}) {
    for (const Cut cut : {Cut::kBeforeCommit, Cut::kAfterCommit}) {
      const model::RowBatch batch = IssuesOf(100 * static_cast<int>(cut) + ends_job, 1);
      Unit unit = Closing({SubmitAndClaim(acme_)});
      unit.rows = &batch;
      if (!ends_job) unit.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
      gate.Arm(cut);

      const auto committed = gated->ledger().Commit(unit);

      EXPECT_FALSE(gate.is_armed()) << "the cut happened";
      if (cut == Cut::kAfterCommit) {
        ASSERT_TRUE(committed) << committed.error().message();
        EXPECT_EQ(committed->inserted, 1);
        EXPECT_EQ(committed->finished().has_value(), ends_job);
      } else {
        EXPECT_EQ(KindOf(committed), ErrorKind::kUnavailable);
        Commit(unit);  // The step is still ours.
      }
      if (!ends_job) Commit(Closing({ClaimOnly(acme_)}));
    }
  }
  EXPECT_EQ(CountOf(acme_, "work_items"), 4);
}

TEST_P(PostgresLedger, SaysHowManyRowsWereStagedWhenTheServerHasForgottenThem) {
  Unit fetch = Closing({SubmitAndClaim(acme_)});
  fetch.raw_pages = {Page("body")};
  const RawId raw = Commit(fetch).raw_ids.at(0);
  const model::RowBatch batch = IssuesOf(1, 3);
  Unit transform = Closing({ClaimOnly(acme_)});
  transform.staged = {{
      .entity_type = "jira_issues",
      .rows = batch.Serialize(),
      .row_count = static_cast<std::int64_t>(batch.row_count()),
      .raws = {{.id = raw, .record_count = 3, .transform_version = 4}},
  }};
  Commit(transform);
  const model::Step load = ClaimOnly(acme_);
  ASSERT_EQ(
      Value(store().ledger().ReadStaged(acme_.tenant, load.id)).at(0).rows, batch.Serialize()
  );

  backend().database.Execute("TRUNCATE staged_rows");  // What a crash does to an unlogged table.

  const auto staged = Value(store().ledger().ReadStaged(acme_.tenant, load.id));
  ASSERT_EQ(staged.size(), 1U);
  EXPECT_EQ(staged[0].row_count, 6);
  EXPECT_EQ(Value(model::RowBatch::Deserialize(staged[0].rows)).row_count(), 0U);
  ASSERT_EQ(staged[0].raws.size(), 1U);
  EXPECT_EQ(staged[0].raws[0].id, raw);
  EXPECT_EQ(staged[0].raws[0].transform_version, 4);
}

TEST_P(PostgresLedger, RecoversTheStepsOfAProcessThatDiedWithoutWaitingForItsLease) {
  const model::Step step = SubmitAndClaim(acme_);
  ASSERT_EQ(Value(store().dispatch().RecoverLost(term())), 0);
  const std::string class_of_lock = std::to_string(0x7075);

  backend().database.Execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND "
      "classid = " +
      class_of_lock +
      " AND database = (SELECT oid FROM pg_database WHERE datname = " + "current_database())"
  );

  EXPECT_EQ(Value(store().dispatch().RecoverLost(term())), 1);
  EXPECT_EQ(ClaimOnly(acme_).id, step.id);
  EXPECT_EQ(Value(store().dispatch().RecoverLost(term())), 1) << "its lock is gone still";
  Done(store().dispatch().RenewWorker(worker_, kLease));
  ClaimOnly(acme_);
  EXPECT_EQ(Value(store().dispatch().RecoverLost(term())), 0) << "it took the lock again";
}

INSTANTIATE_TEST_SUITE_P(
    Store,
    PostgresLedger,
    ::testing::Values(BackendFactory{"postgres", postgres::MakePostgresBackend}),
    BackendName
);

}  // namespace pulse::store::testing
