#include <atomic>
#include <thread>

#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/test_store.h"

namespace pulse::store::sqlite {
namespace {

using testing::Done;
using testing::KindOf;
using testing::Value;

/// Fails the n-th statement of the writing connection.
struct Fault {
  int fail_at = 0;  ///< Counted from 1; 0: none.
  int seen = 0;
  std::string last;

  Result<> Gate(std::string_view query) {
    ++seen;
    if (seen != fail_at) return {};
    last = query;
    return Error{ErrorKind::kUnavailable, "injected at " + std::string(query)};
  }
};

/// A store whose writes can be made to fail.
class Atomicity : public testing::StoreConformance {
 protected:
  void SetUp() override {
    StoreConformance::SetUp();
    LoadIssues(acme_, {{.id = "1", .title = "old", .comments = {"c1", "c2"}}, {.id = "2"}});
  }

  /// Everything a unit can do at once.
  Unit FullUnit(const model::Step& step, const model::RowBatch& batch) {
    Unit unit = Closing({step});
    unit.raw_pages = {Page("one"), Page("two", R"({"page":2})")};
    unit.children = {{model::Stage::kExtract, "jira_issues", R"({"page":3})"}};
    unit.staged = {{.entity_type = "jira_issues", .rows = "", .row_count = 0, .raws = {}}};
    unit.rows = &batch;
    unit.vectorize_batch = 1;
    unit.dead_letters = {{.entity_type = "jira_issues", .fingerprint = "f", .message = "m"}};
    unit.census = {{"jira_issues", 3}};
    unit.api_calls = {{"search", 2}};
    unit.windows = {{"jira_issues", "", 0, 100}};
    unit.gaps = {{"jira_issues", "page 9", "gone"}};
    return unit;
  }
  static NewRawPage Page(const std::string& body, const std::string& request = R"({"page":1})") {
    return testing::Page(body, request);
  }
  static model::RowBatch Batch() {
    model::RowBatch batch;
    testing::AddIssue(
        batch, {.id = "1", .title = "new", .version = 2000, .comments = {"c2", "c3"}}
    );
    testing::AddIssue(batch, {.id = "3", .comments = {"c4"}});
    testing::AddChange(batch, "2", "h1", "Done");
    testing::AddPr(batch, "500", 7, "PAY-3");
    return batch;
  }
  /// All that a commit may touch, except the clock's marks.
  std::string Snapshot() {
    std::string all;
    for (const std::string table :
         {"work_items",
          "comments",
          "work_item_changes",
          "prs",
          "work_item_prs",
          "raw_extraction_data",
          "dead_letters",
          "etl_jobs"}) {
      all += Select(acme_, "SELECT * FROM " + table);
    }
    for (const auto& job : Value(store().jobs().List(acme_.tenant, std::nullopt, 10))) {
      const auto progress = Value(store().jobs().Progress(acme_.tenant, job.id));
      all += progress.receipt.ToJson();
      for (const auto& stage : progress.stages) {
        all += std::to_string(stage.ready) + "," + std::to_string(stage.running) + "," +
               std::to_string(stage.done) + ";";
      }
    }
    return all;
  }
};

struct FaultyDatabase {
  TemporaryDatabase database;
  Fault fault;
};

testing::Backend MakeFaultyBackend(const Clock& clock) {
  auto faulty = std::make_shared<FaultyDatabase>();
  SqliteOptions options{.path = faulty->database.path(), .clock = &clock};
  options.before_statement = [fault = &faulty->fault](std::string_view query) {
    return fault->Gate(query);
  };
  auto store = Value(OpenSqliteStore(options));
  return {std::move(faulty), std::move(store)};
}

TEST_P(Atomicity, LeavesNothingHalfWrittenWhicheverStatementFails) {
  Fault& fault = std::static_pointer_cast<FaultyDatabase>(backend_.keep)->fault;
  const model::Step step = SubmitAndClaim(acme_);
  const model::RowBatch batch = Batch();
  const Unit unit = FullUnit(step, batch);
  const std::string before = Snapshot();

  int failures = 0;
  Result<Committed> committed = Error{ErrorKind::kInternal, "not tried"};
  for (int nth = 1; nth < 1000; ++nth) {
    fault.seen = 0;
    fault.fail_at = nth;
    committed = store().ledger().Commit(unit);
    fault.fail_at = 0;
    if (committed) break;
    ++failures;
    ASSERT_EQ(committed.error().kind(), ErrorKind::kUnavailable) << fault.last;
    ASSERT_EQ(Snapshot(), before) << "after failing statement " << nth << ": " << fault.last;
  }

  ASSERT_TRUE(committed) << "it succeeds once nothing fails";
  EXPECT_GT(failures, 50) << "a unit is many statements; did the gate see them?";
  EXPECT_NE(Snapshot(), before);
  EXPECT_EQ(committed->inserted, 2);
  EXPECT_EQ(committed->updated, 2);
  EXPECT_EQ(CountOf(acme_, "comments"), 3);
}

TEST_P(Atomicity, KeepsAStepClaimableWhicheverStatementOfAClaimFails) {
  Fault& fault = std::static_pointer_cast<FaultyDatabase>(backend_.keep)->fault;
  Submit(acme_);
  const StepId step = ReadySteps(acme_).at(0);
  int failures = 0;
  for (int nth = 1; nth < 100; ++nth) {
    fault.seen = 0;
    fault.fail_at = nth;
    const auto claimed = store().ledger().Claim(acme_.tenant, step, worker_, 8);
    fault.fail_at = 0;
    if (claimed) {
      EXPECT_EQ(claimed->size(), 1U);
      EXPECT_EQ(claimed->at(0).epoch, 1) << "failed claims left no trace";
      break;
    }
    ++failures;
  }
  EXPECT_GE(failures, 4);
}

TEST_P(Atomicity, LosesNoStepWhichFailureOrRetryStatementFails) {
  Fault& fault = std::static_pointer_cast<FaultyDatabase>(backend_.keep)->fault;
  const model::Step step = SubmitAndClaim(acme_);
  const std::string before = Snapshot();
  for (int nth = 1; nth < 100; ++nth) {
    fault.seen = 0;
    fault.fail_at = nth;
    const auto failed =
        store().ledger().Fail(acme_.tenant, {step}, Error{ErrorKind::kInternal, "x"}, false);
    fault.fail_at = 0;
    if (failed) break;
    ASSERT_EQ(Snapshot(), before) << fault.last;
  }
  EXPECT_NE(Snapshot(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Sqlite,
    Atomicity,
    ::testing::Values(testing::BackendFactory{"faulty", MakeFaultyBackend}),
    testing::BackendName
);

/// Several stores on one file stand for several processes: each has connections of its own.
TEST(SqliteStore, LetsTwoProcessesShareOneFile) {
  const testing::ManualClock clock;
  const TemporaryDatabase database;
  const auto one = Value(OpenSqliteStore({.path = database.path(), .clock = &clock}));
  const auto two = Value(OpenSqliteStore({.path = database.path(), .clock = &clock}));

  const auto tenant = Value(one->catalog().CreateTenant("acme"));

  EXPECT_EQ(Value(two->catalog().FindTenant("acme")).id, tenant.id);
  EXPECT_EQ(KindOf(two->catalog().CreateTenant("acme")), ErrorKind::kConflict);
}

TEST(SqliteStore, GivesOneStepToOneOfManyThreads) {
  const testing::ManualClock clock;
  const TemporaryDatabase database;
  const auto store = Value(OpenSqliteStore({.path = database.path(), .clock = &clock}));
  const auto other = Value(OpenSqliteStore({.path = database.path(), .clock = &clock}));
  const auto tenant = Value(store->catalog().CreateTenant("acme"));
  model::Integration integration;
  integration.tenant = tenant.id;
  integration.name = "jira-main";
  integration.provider = "jira";
  integration = Value(store->catalog().PutIntegration(integration));
  JobRequest request;
  request.integration = integration.id;
  request.job_type = "jira_sync";
  Value(store->jobs().Submit(tenant.id, request));
  const EpochMs now = clock.Now();
  Dispatch& dispatch = store->dispatch();
  const WorkerId leader = Value(dispatch.NewWorker(std::chrono::minutes(1)));
  const Term term = Value(dispatch.Lead(leader, std::chrono::minutes(1))).value();
  const StepId step = Value(dispatch.TakeReady(term, now, now, 1)).at(0).step;

  std::atomic<int> claims{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        Ledger& ledger = (i % 2 == 0 ? store : other)->ledger();
        const auto claimed = ledger.Claim(tenant.id, step, WorkerId{i + 1}, 1);
        if (claimed) claims += static_cast<int>(claimed->size());
      });
    }
  }

  EXPECT_EQ(claims.load(), 1);
}

TEST(SqliteStore, SaysUnavailableWhenAnotherProcessHoldsTheFile) {
  const testing::ManualClock clock;
  const TemporaryDatabase database;
  const auto store = Value(OpenSqliteStore(
      {.path = database.path(), .clock = &clock, .busy_timeout = std::chrono::milliseconds(20)}
  ));
  const auto holder = Value(Connection::Open({.path = database.path()}));
  Done(holder->Execute("BEGIN IMMEDIATE", "test"));

  EXPECT_EQ(KindOf(store->catalog().CreateTenant("acme")), ErrorKind::kUnavailable);

  Done(holder->Execute("ROLLBACK", "test"));
  EXPECT_TRUE(store->catalog().CreateTenant("acme"));
}

}  // namespace
}  // namespace pulse::store::sqlite
