#include "pulse/store/postgres/pool.h"

#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using testing::Done;
using testing::KindOf;
using testing::Value;

constexpr Query kParameters{
    "test.parameters",
    "SELECT $1, $2, $3, $4, $5, $6, array_to_string($7::bigint[], ',', 'null'),"
    " array_to_string($8::text[], ','), cardinality($9::timestamptz[]), $10::date[]::text,"
    " $11::json[]::text, $12 IS NULL"
};
constexpr Query kTenant{
    "test.tenant", "SELECT current_setting('app.tenant_id', true), current_user::text"
};
constexpr Query kInsert{
    "test.insert",
    "INSERT INTO audit_log (tenant_id, at, actor, action, detail) VALUES ($1, now(), 'a', 'b', 'c')"
};
constexpr Query kTenantsSeen{
    "test.tenants_seen", "SELECT tenant_id, count(*) FROM audit_log GROUP BY tenant_id"
};
constexpr Query kFails{"test.fails", "SELECT 1 / 0"};
constexpr Query kNoSuch{"test.no_such", "SELECT no_such_column"};
constexpr Query kPid{"test.pid", "SELECT pg_backend_pid()"};
constexpr Query kOne{"test.one", "SELECT 1"};

PoolOptions Options(const TestDatabase& database, int size = 4) {
  return {.connection = {.url = database.url()}, .size = size};
}

TEST(Parameters, ComeBackAsTheyWent) {
  const TestDatabase database;
  Pool pool(Options(database));
  auto tx = Value(pool.Begin(TenantId{1}));
  Array numbers(Element::kInteger);
  numbers.AddInteger(-5);
  numbers.AddNull();
  numbers.AddInteger(7);
  Array days(Element::kDate);
  days.AddText("1999-12-31");
  days.AddText("2024-02-29");
  days.AddText("2023-02-30");
  Array jsons(Element::kJson);
  jsons.AddText(R"({"b":1,"a":"\u0000"})");

  const Rows rows = Value(tx.Run(
      kParameters,
      -42,
      true,
      0.25,
      "gr\xC3\xBC\xC3\x9F",
      Bytes{std::string_view("\0\xFF", 2)},
      Instant{1'700'000'000'123},
      numbers,
      Array::Of(std::vector<std::string>{"a", "b\xFFz"}),
      Array(Element::kInstant),
      days,
      jsons,
      std::optional<std::int64_t>()
  ));

  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0].Int(0), -42);
  EXPECT_TRUE(rows[0].Bool(1));
  EXPECT_EQ(rows[0].Real(2), 0.25);
  EXPECT_EQ(rows[0].Text(3), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(rows[0].Text(4), std::string_view("\0\xFF", 2));
  EXPECT_EQ(rows[0].Time(5), 1'700'000'000'123);
  EXPECT_EQ(rows[0].Text(6), "-5,null,7");
  EXPECT_EQ(rows[0].Text(7), "a,b\xEF\xBF\xBDz");
  EXPECT_EQ(rows[0].Int(8), 0);
  EXPECT_EQ(rows[0].Text(9), "{1999-12-31,2024-02-29,NULL}");
  EXPECT_EQ(rows[0].Text(10), R"({"{\"b\":1,\"a\":\"\\u0000\"}"})");
  EXPECT_TRUE(rows[0].Bool(11));
}

TEST(Parameters, ReplaceWhatTheServerWouldRefuse) {
  EXPECT_TRUE(IsStorable(""));
  EXPECT_TRUE(IsStorable("gr\xC3\xBC\xC3\x9F"));
  EXPECT_FALSE(IsStorable(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsStorable("\xC3"));
  EXPECT_EQ(
      Storable(std::string_view("a\0b\xC3", 4)),
      "a\xEF\xBF\xBD"
      "b\xEF\xBF\xBD"
  );
}

TEST(Parameters, KeepInstantsToTheMillisecondOnBothSidesOfTheEpoch) {
  for (const EpochMs instant : {EpochMs{-1}, EpochMs{0}, EpochMs{1}, EpochMs{1'700'000'000'123}}) {
    EXPECT_EQ(FromMicros(ToMicros(instant)), instant);
  }
}

TEST(Transaction, ActsAsTheAppForOneTenantAndLeavesNothingBehind) {
  const TestDatabase database;
  Pool pool(Options(database, 1));
  {
    auto tx = Value(pool.Begin(TenantId{7}));
    const Rows rows = Value(tx.Run(kTenant));
    EXPECT_EQ(rows[0].Text(0), "7");
    EXPECT_EQ(rows[0].Text(1), "pulse_app");
    Done(tx.Commit());
  }
  auto tx = Value(pool.BeginPlatform());
  const Rows rows = Value(tx.Run(kTenant));
  EXPECT_EQ(rows[0].Text(0), "");
  EXPECT_EQ(rows[0].Text(1), "pulse_dispatch");
}

TEST(Transaction, SendsABatchInOneRoundTrip) {
  const TestDatabase database;
  Traffic traffic;
  PoolOptions options = Options(database, 1);
  options.connection.traffic = &traffic;
  Pool pool(options);
  Done(Value(pool.Begin(TenantId{1})).Commit());  // The connection itself.
  const std::int64_t before = traffic.round_trips;

  auto tx = Value(pool.Begin(TenantId{1}));
  tx.Queue(kInsert, TenantId{1});
  const auto seen = tx.Queue(kTenantsSeen);
  Done(tx.Commit());

  EXPECT_EQ(traffic.round_trips - before, 1);
  EXPECT_EQ(traffic.commits, 2);
  EXPECT_EQ(tx[seen][0].Int(1), 1);
}

TEST(Transaction, UndoesEverythingAfterAFailureAndGivesTheConnectionBackClean) {
  const TestDatabase database;
  Pool pool(Options(database, 1));
  {
    auto tx = Value(pool.Begin(TenantId{1}));
    tx.Queue(kInsert, TenantId{1});
    tx.Queue(kFails);
    tx.Queue(kInsert, TenantId{1});
    const auto failed = tx.Commit();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind(), ErrorKind::kInternal);
    EXPECT_EQ(tx.sqlstate(), "22012");
    EXPECT_FALSE(tx.outcome_unknown());
  }
  auto tx = Value(pool.Begin(TenantId{1}));
  EXPECT_TRUE(Value(tx.Run(kTenantsSeen)).empty());
  Value(tx.Run(kInsert, TenantId{1}));
  Done(tx.Commit());
}

TEST(Transaction, RollsBackWhenNobodyCommits) {
  const TestDatabase database;
  Pool pool(Options(database, 1));
  Value(Value(pool.Begin(TenantId{1})).Run(kInsert, TenantId{1}));

  auto tx = Value(pool.Begin(TenantId{1}));
  EXPECT_TRUE(Value(tx.Run(kTenantsSeen)).empty());
}

TEST(Transaction, ForgetsAStatementThatCouldNotBePrepared) {
  const TestDatabase database;
  Pool pool(Options(database, 1));
  for (int i = 0; i < 2; ++i) {
    auto tx = Value(pool.Begin(TenantId{1}));
    EXPECT_EQ(KindOf(tx.Run(kNoSuch)), ErrorKind::kInternal);
  }
  // Queued behind a failure, kOne was never prepared; the next use has to prepare it.
  {
    auto tx = Value(pool.Begin(TenantId{1}));
    tx.Queue(kFails);
    tx.Queue(kOne);
    ASSERT_FALSE(tx.Flush());
  }
  auto tx = Value(pool.Begin(TenantId{1}));
  EXPECT_EQ(Value(tx.Run(kOne))[0].Int(0), 1);
}

TEST(Transaction, ThrowsAwayAConnectionThatKeptATenant) {
  constexpr Query kKeep{"test.keep", "SELECT set_config('app.tenant_id', '9', false)"};
  const TestDatabase database;
  Pool pool(Options(database, 1));
  std::int64_t pid = 0;
  {
    auto tx = Value(pool.Begin(TenantId{1}));
    pid = Value(tx.Run(kPid))[0].Int(0);
    Value(tx.Run(kKeep));
    Done(tx.Commit());
  }
  EXPECT_EQ(KindOf(Value(pool.Begin(TenantId{1})).Run(kOne)), ErrorKind::kInternal);

  auto tx = Value(pool.Begin(TenantId{1}));
  EXPECT_NE(Value(tx.Run(kPid))[0].Int(0), pid);
}

TEST(Transaction, RefusesToWriteAnotherTenantsRow) {
  const TestDatabase database;
  Pool pool(Options(database));
  auto tx = Value(pool.Begin(TenantId{1}));
  ASSERT_FALSE(tx.Run(kInsert, TenantId{2}));
  EXPECT_EQ(tx.sqlstate(), "42501");
}

TEST(Pool, IsUnavailableWhenNoConnectionComesFree) {
  const TestDatabase database;
  PoolOptions options = Options(database, 1);
  options.checkout_timeout = std::chrono::milliseconds(50);
  Pool pool(options);
  auto held = Value(pool.Begin(TenantId{1}));

  const auto refused = pool.Begin(TenantId{1});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  Done(held.Commit());
  Value(pool.Begin(TenantId{1}));
}

TEST(Pool, ConnectsAgainAfterTheServerClosedItsConnections) {
  const TestDatabase database;
  Pool pool(Options(database, 1));
  Done(Value(pool.Begin(TenantId{1})).Commit());

  database.Execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> pg_backend_pid()"
  );

  auto tx = Value(pool.Begin(TenantId{1}));
  EXPECT_EQ(Value(tx.Run(kOne))[0].Int(0), 1);
}

TEST(Pool, CallsALostConnectionUnavailableAndTheCommitUnknown) {
  const TestDatabase database;
  Pool pool(Options(database, 2));
  auto tx = Value(pool.Begin(TenantId{1}));
  const std::int64_t pid = Value(tx.Run(kPid))[0].Int(0);
  database.Execute("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 5000)");

  const auto committed = tx.Commit();

  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind(), ErrorKind::kUnavailable);
}

// 1,000 tenants share four connections, half of their transactions abort at some point. Nobody may
// ever see a row of another, and everybody must see their own.
TEST(Pool, NeverLeaksATenantFromOneTransactionToTheNext) {
  constexpr int kTenants = 1000;
  constexpr int kThreads = 8;
  const TestDatabase database;
  database.Execute(
      "INSERT INTO audit_log (tenant_id, at, actor, action, detail)"
      " SELECT t, now(), 'a', 'b', 'c' FROM generate_series(1, 1000) AS t"
  );
  PoolOptions options = Options(database, 4);
  options.checkout_timeout = std::chrono::seconds(30);
  Pool pool(options);
  std::atomic<int> own = 0;
  std::atomic<int> foreign = 0;
  std::atomic<int> aborted = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::minstd_rand random(static_cast<unsigned>(t + 1));
        for (int tenant = 1 + t; tenant <= kTenants; tenant += kThreads) {
          auto tx = Value(pool.Begin(TenantId{tenant}));
          const Rows rows = Value(tx.Run(kTenantsSeen));
          for (const Row row : rows) ++(row.Int(0) == tenant ? own : foreign);
          if (random() % 2 == 0) {
            Done(tx.Commit());
          } else if (random() % 2 == 0) {
            ++aborted;
            EXPECT_FALSE(tx.Run(kFails));
          } else {
            ++aborted;  // Left to the destructor.
          }
        }
      });
    }
  }

  EXPECT_EQ(own, kTenants);
  EXPECT_EQ(foreign, 0);
  EXPECT_GT(aborted, kTenants / 4);
}

TEST(Connection, SaysWhatIsWrongWithAWrongDsnWithoutThePassword) {
  const auto refused =
      Connection::Open({.url = "postgresql://u:hunter2@127.0.0.1:1/x?connect_timeout=2"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("127.0.0.1"));
  EXPECT_THAT(refused.error().message(), ::testing::Not(::testing::HasSubstr("hunter2")));

  EXPECT_EQ(KindOf(Connection::Open({.url = "postgresql://h/d?nonsense=1"})), ErrorKind::kInvalid);
  EXPECT_EQ(
      KindOf(Connection::Open({.url = TestDatabase::server().LoginUrl("no_such_database")})),
      ErrorKind::kInvalid
  );
}

}  // namespace
}  // namespace pulse::store::postgres
