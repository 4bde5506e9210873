#include "pulse/store/postgres/changes.h"

#include <condition_variable>

#include <gtest/gtest.h>

#include "pulse/store/postgres/test_server.h"

namespace pulse::store::postgres {
namespace {

/// Counts calls and waits for them.
class Calls {
 public:
  void Add() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }
  bool WaitFor(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

constexpr PostgresChanges::Timing kQuick{
    .gather = std::chrono::milliseconds(5), .reconnect = std::chrono::milliseconds(20)
};

TEST(PostgresChanges, ReachesEveryProcessOnTheDatabase) {
  const TestDatabase database;
  PostgresChanges one({.url = database.url()}, kQuick);
  PostgresChanges another({.url = database.url()}, kQuick);
  Calls here;
  Calls there;
  const auto first = one.Subscribe([&] { here.Add(); });
  const auto second = another.Subscribe([&] { there.Add(); });
  ASSERT_TRUE(here.WaitFor(1));  // Connected.
  ASSERT_TRUE(there.WaitFor(1));

  one.Announce();

  EXPECT_TRUE(here.WaitFor(2));
  EXPECT_TRUE(there.WaitFor(2));
}

TEST(PostgresChanges, SendsAnnouncementsCloseTogetherAsOne) {
  const TestDatabase database;
  PostgresChanges changes(
      {.url = database.url()},
      {.gather = std::chrono::milliseconds(200), .reconnect = std::chrono::milliseconds(20)}
  );
  Calls calls;
  const auto subscription = changes.Subscribe([&] { calls.Add(); });
  ASSERT_TRUE(calls.WaitFor(1));

  changes.Announce();
  ASSERT_TRUE(calls.WaitFor(2));  // The first at once …

  for (int i = 0; i < 1000; ++i) changes.Announce();

  ASSERT_TRUE(calls.WaitFor(3));  // … and the others together.
  EXPECT_LE(calls.count(), 4);
}

TEST(PostgresChanges, ListensAgainAndCallsAfterTheConnectionWasLost) {
  const TestDatabase database;
  PostgresChanges changes({.url = database.url()}, kQuick);
  Calls calls;
  const auto subscription = changes.Subscribe([&] { calls.Add(); });
  ASSERT_TRUE(calls.WaitFor(1));

  database.Execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> pg_backend_pid()"
  );

  ASSERT_TRUE(calls.WaitFor(2));
  const int before = calls.count();
  changes.Announce();
  EXPECT_TRUE(calls.WaitFor(before + 1));
}

TEST(PostgresChanges, MakesNoCallOnceTheSubscriptionIsGone) {
  const TestDatabase database;
  PostgresChanges changes({.url = database.url()}, kQuick);
  Calls gone;
  Calls stays;
  auto leaving = changes.Subscribe([&] { gone.Add(); });
  const auto staying = changes.Subscribe([&] { stays.Add(); });
  ASSERT_TRUE(stays.WaitFor(1));
  changes.Announce();
  ASSERT_TRUE(gone.WaitFor(1));
  leaving.reset();
  const int calls = gone.count();
  const int before = stays.count();

  changes.Announce();

  ASSERT_TRUE(stays.WaitFor(before + 1));
  EXPECT_EQ(gone.count(), calls);
}

TEST(PostgresChanges, GoesQuicklyWhileTheServerIsAway) {
  const auto began = std::chrono::steady_clock::now();
  {
    PostgresChanges changes({.url = "host=/nowhere dbname=x"}, kQuick);
    const auto subscription = changes.Subscribe([] {});
    changes.Announce();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace pulse::store::postgres
