// Many workers on one database: nothing deadlocks, nothing is lost between them, jobs end once.

#include <algorithm>
#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "pulse/store/postgres/engine.h"
#include "pulse/store/postgres/test_store.h"

namespace pulse::store::testing {

class PostgresConcurrency : public StoreConformance {
 protected:
  /// A job of `world` with `count` steps, all claimed by us.
  std::vector<model::Step> ClaimMany(const World& world, int count) {
    Unit root = Closing({SubmitAndClaim(world)});
    for (int i = 0; i < count; ++i) {
      root.children.push_back({model::Stage::kTransform, "t" + std::to_string(i), "{}"});
    }
    Commit(root);
    std::vector<model::Step> steps;
    for (const StepId step : ReadySteps(world)) {
      for (model::Step& one : Claim(world, step)) steps.push_back(std::move(one));
    }
    EXPECT_EQ(steps.size(), static_cast<std::size_t>(count));
    return steps;
  }
  static const model::Step& At(const std::vector<model::Step>& steps, int index) {
    return steps.at(static_cast<std::size_t>(index));
  }
  /// Runs `work(i)` in as many threads, all at once.
  template <class Work>
  static void InParallel(int threads, Work work) {
    std::barrier start(threads);
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        start.arrive_and_wait();
        work(i);
      });
    }
  }
  std::int64_t Deadlocks() {
    auto& backend = *static_cast<postgres::TestBackend*>(backend_.keep.get());
    auto connection =
        Value(postgres::Connection::Open({.url = backend.database.superuser_url(), .role = ""}));
    constexpr Query kDeadlocks{
        "test.deadlocks",
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    };
    return Value(connection->Run(kDeadlocks))[0].Int(0);
  }
};

TEST_P(PostgresConcurrency, MergesOverlappingShuffledBatchesWithoutADeadlock) {
  constexpr int kWriters = 4;
  constexpr int kRounds = 6;
  const auto steps = ClaimMany(acme_, kWriters * kRounds);

  InParallel(kWriters, [&](int writer) {
    std::mt19937 random(static_cast<unsigned>(writer));
    for (int round = 0; round < kRounds; ++round) {
      std::vector<int> ids(40);
      for (int i = 0; i < 40; ++i) ids[static_cast<std::size_t>(i)] = i;
      std::ranges::shuffle(ids, random);
      model::RowBatch batch;
      for (const int id : ids) {
        const std::string name = std::to_string(id);
        AddIssue(
            batch,
            {.id = name,
             .title = std::to_string(writer),
             .version = 1000 + round * kWriters + writer,
             .comments = {"a" + name, "b" + name}}
        );
      }
      Unit unit = Closing({At(steps, round * kWriters + writer)});
      unit.rows = &batch;
      Commit(unit);
    }
  });

  EXPECT_EQ(StatusOf(acme_, steps[0].job), model::JobStatus::kFinished);
  EXPECT_EQ(Deadlocks(), 0);
  EXPECT_EQ(CountOf(acme_, "work_items"), 40);
  EXPECT_EQ(CountOf(acme_, "work_items WHERE title = '3'"), 40) << "the newest version won";
  EXPECT_EQ(CountOf(acme_, "comments WHERE work_item_id IS NOT NULL"), 80);
  const auto counts = Counts(acme_, steps[0].job, "jira_issues");
  EXPECT_EQ(counts.records, 40);
  EXPECT_EQ(counts.inserted, 40) << "a record counts once";
}

TEST_P(PostgresConcurrency, GivesChildrenTheirParentThatIsCommittedAtTheSameTime) {
  constexpr int kPairs = 20;
  const auto steps = ClaimMany(acme_, 2 * kPairs);

  for (int pair = 0; pair < kPairs; ++pair) {
    InParallel(2, [&](int side) {
      const std::string id = std::to_string(pair);
      model::RowBatch batch;
      if (side == 0) {
        AddIssue(batch, {.id = id});
      } else {
        AddChange(batch, id, "h", "Done");
      }
      Unit unit = Closing({At(steps, 2 * pair + side)});
      unit.rows = &batch;
      Commit(unit);
    });
  }

  EXPECT_EQ(CountOf(acme_, "work_item_changes"), kPairs);
  EXPECT_EQ(CountOf(acme_, "work_item_changes WHERE work_item_id IS NULL"), 0);
}

TEST_P(PostgresConcurrency, LetsJobsOfOneRecordWriteBesideEachOtherAndCountsEachRecordOnce) {
  constexpr int kWriters = 4;
  constexpr int kEach = 15;
  std::vector<model::Step> steps;
  for (int i = 0; i < kWriters * kEach; ++i) {
    JobRequest request = Request(acme_);
    request.exclusive = false;
    request.options.query = "key = TEST-" + std::to_string(i);
    Value(store().jobs().Submit(acme_.tenant, request));
    steps.push_back(ClaimOnly(acme_));
  }

  InParallel(kWriters, [&](int writer) {
    for (int i = 0; i < kEach; ++i) {
      const int job = i * kWriters + writer;
      model::RowBatch batch;
      batch.SetRaw(RawId{1 + job});
      AddIssue(batch, {.id = std::to_string(job), .comments = {"c" + std::to_string(job)}});
      AddIssue(batch, {.id = "shared", .title = std::to_string(job), .version = 1000 + job});
      AddChange(batch, std::to_string((job + 1) % 60), "h", "Done");
      batch.BeginRecord("people", "p1", 1000 + job, 0);
      batch.AddRow(model::kPeople).Text(model::kPeople["external_id"], "p1");
      batch.EndRecord();
      Unit unit = Closing({At(steps, job)});
      unit.rows = &batch;
      EXPECT_EQ(Commit(unit).finished(), model::JobStatus::kFinished);
    }
  });

  EXPECT_EQ(Deadlocks(), 0);
  EXPECT_EQ(CountOf(acme_, "work_items"), 61);
  EXPECT_EQ(CountOf(acme_, "work_items WHERE external_id = 'shared' AND title = '59'"), 1);
  EXPECT_EQ(CountOf(acme_, "work_item_changes WHERE work_item_id IS NULL"), 0);
  EXPECT_EQ(CountOf(acme_, "work_item_changes"), 60);
  EXPECT_EQ(CountOf(acme_, "people WHERE source_version = 1059"), 1) << "the newest confirmed it";
  std::int64_t people = 0;
  std::int64_t issues = 0;
  for (const model::Step& step : steps) {
    people += Counts(acme_, step.job, "people").inserted;
    issues += Counts(acme_, step.job, "jira_issues").inserted;
  }
  EXPECT_EQ(people, 1);
  EXPECT_EQ(issues, 61);
}

TEST_P(PostgresConcurrency, LinksAnIssueAndAPullRequestThatAreCommittedAtTheSameTime) {
  constexpr int kPairs = 20;
  const auto issues = ClaimMany(acme_, kPairs);
  const World github{acme_.tenant, MakeIntegration(acme_.tenant, "github-main")};
  const auto prs = ClaimMany(github, kPairs);

  for (int pair = 0; pair < kPairs; ++pair) {
    InParallel(2, [&](int side) {
      const std::string id = std::to_string(pair);
      model::RowBatch batch;
      if (side == 0) {
        AddIssue(batch, {.id = id, .key = "PAY-" + id});
      } else {
        AddPr(batch, id, pair + 1, "PAY-" + id);
      }
      Unit unit = Closing({(side == 0 ? issues : prs)[static_cast<std::size_t>(pair)]});
      unit.rows = &batch;
      Commit(unit);
    });
  }

  EXPECT_EQ(CountOf(acme_, "work_item_prs"), kPairs);
  EXPECT_EQ(CountOf(acme_, "work_item_prs WHERE work_item_id IS NULL"), 0);
  EXPECT_EQ(Deadlocks(), 0);
}

TEST_P(PostgresConcurrency, EndsAJobInExactlyOneOfManyCommits) {
  constexpr int kThreads = 6;
  constexpr int kEach = 10;
  const auto steps = ClaimMany(acme_, kThreads * kEach);
  std::atomic<int> ends = 0;

  InParallel(kThreads, [&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      const Unit unit = Closing({At(steps, thread * kEach + i)});
      if (Commit(unit).finished()) ++ends;
    }
  });

  EXPECT_EQ(ends, 1);
  EXPECT_EQ(StatusOf(acme_, steps[0].job), model::JobStatus::kFinished);
}

TEST_P(PostgresConcurrency, LeavesNothingReadyInAJobCancelledWhileItsStepsMultiply) {
  constexpr int kThreads = 4;
  for (int trial = 0; trial < 5; ++trial) {
    auto steps = ClaimMany(acme_, kThreads);
    const JobId job = steps[0].job;

    InParallel(kThreads + 1, [&](int thread) {
      if (thread == kThreads) return Done(store().jobs().Cancel(acme_.tenant, job));
      Unit unit = Closing({At(steps, thread)});
      unit.children = {{model::Stage::kExtract, "a", "{}"}, {model::Stage::kExtract, "b", "{}"}};
      Commit(unit);
    });

    EXPECT_TRUE(ReadySteps(acme_).empty()) << trial;
    EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kCancelled) << trial;
    EXPECT_EQ(Value(store().jobs().Get(acme_.tenant, job)).open_steps, 0) << trial;
  }
}

TEST_P(PostgresConcurrency, ClaimsEveryStepOnceHoweverManyAskForIt) {
  Unit root = Closing({SubmitAndClaim(acme_)});
  for (int i = 0; i < 40; ++i) root.children.push_back({model::Stage::kTransform, "a", "{}"});
  Commit(root);
  const auto ready = ReadySteps(acme_);
  ASSERT_EQ(ready.size(), 40U);
  std::atomic<int> claimed = 0;

  InParallel(4, [&](int /*thread*/) {
    for (const StepId step : ready) claimed += static_cast<int>(Claim(acme_, step, 3).size());
  });

  EXPECT_EQ(claimed, 40);
}

TEST_P(PostgresConcurrency, MakesOneJobOfManyEqualRequests) {
  std::atomic<int> made = 0;

  InParallel(6, [&](int /*thread*/) {
    if (!Value(store().jobs().Submit(acme_.tenant, Request(acme_))).attached) ++made;
  });

  EXPECT_EQ(made, 1);
  EXPECT_EQ(Value(store().jobs().List(acme_.tenant, std::nullopt, 10)).size(), 1U);
}

TEST_P(PostgresConcurrency, RunsATransactionAgainThatLostADeadlock) {
  auto& backend = *static_cast<postgres::TestBackend*>(backend_.keep.get());
  postgres::Pool pool({.connection = {.url = backend.database.url()}});
  const postgres::DomainSql sql;
  postgres::Engine engine{pool, sql, clock_};
  constexpr Query kLock{"test.lock", "SELECT pg_advisory_xact_lock($1)"};
  std::barrier both_hold_one(2);
  std::atomic<int> met = 0;

  InParallel(2, [&](int side) {
    Done(postgres::InTransaction(engine, acme_.tenant, [&](postgres::Transaction& tx) -> Result<> {
      PULSE_TRY(const postgres::Rows first, tx.Run(kLock, 1000 + side));
      if (met.fetch_add(1) < 2) both_hold_one.arrive_and_wait();
      PULSE_TRY(const postgres::Rows second, tx.Run(kLock, 1001 - side));
      return tx.Commit();
    }));
  });

  EXPECT_EQ(engine.retried, 1);
  EXPECT_EQ(Deadlocks(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Store,
    PostgresConcurrency,
    ::testing::Values(BackendFactory{"postgres", postgres::MakePostgresBackend}),
    BackendName
);

}  // namespace pulse::store::testing
