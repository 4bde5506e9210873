#pragma once

/// \file
/// What every part of the store works with, and how its transactions are run.

#include <atomic>
#include <cstdint>
#include <random>
#include <thread>

#include "pulse/base/clock.h"
#include "pulse/store/postgres/domain_sql.h"
#include "pulse/store/postgres/pool.h"
#include "pulse/store/postgres/sqlstate.h"

namespace pulse::store::postgres {

/// Shared by the parts of one store; outlives them. What it points at outlives it.
struct Engine {
  Pool& pool;
  const DomainSql& sql;
  const Clock& clock;
  /// Rows and steps written by commits so far.
  std::atomic<std::int64_t> rows_written{0};
  /// Transactions that lost a race for a lock and were run again.
  std::atomic<std::int64_t> retried{0};
};

/// How often a transaction that loses a race (deadlock, serialization failure, lock timeout) is run
/// before its error is the caller's: kUnavailable.
inline constexpr int kRaces = 5;

/// Waits before race number `race` (from 1) is run again: 4 ms, doubling, half of it by chance so
/// that two losers do not meet again.
inline void WaitAfterRace(int race) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int full = 4000 << (race - 1);
  std::uniform_int_distribution<int> wait(full / 2, full);
  std::this_thread::sleep_for(std::chrono::microseconds(wait(random)));
}

/// Runs `body(Transaction&)`, which must Commit, in a transaction of the tenant. `body` may run
/// several times: it starts anew each time.
template <class Body>
auto InTransaction(
    Engine& engine, TenantId tenant, Body body, Durability durability = Durability::kDurable
) -> decltype(body(std::declval<Transaction&>())) {
  for (int race = 1;; ++race) {
    {
      PULSE_TRY(Transaction tx, engine.pool.Begin(tenant, durability));
      auto result = body(tx);
      if (result || race == kRaces || !IsLostRace(tx.sqlstate())) return result;
    }
    engine.retried.fetch_add(1, std::memory_order_relaxed);
    WaitAfterRace(race);
  }
}

/// Advisory locks of transactions, one number space: the kind in the high byte.
enum class LockKind : std::uint8_t {
  kRows = 1,     ///< An integration's domain rows: its writers come one after the other.
  kWindows = 2,  ///< An integration's proven windows.
  kLinks = 3,    ///< A tenant's links between issues and pull requests.
  kKey = 4,      ///< A record that has or may have children, by a hash of its key or link.
};
constexpr std::int64_t LockKey(LockKind kind, std::int64_t id) {
  return (std::int64_t{static_cast<std::uint8_t>(kind)} << 56) | id;
}
/// The class of the session locks that workers hold while their process lives.
inline constexpr std::int64_t kWorkerLockClass = 0x7075;

}  // namespace pulse::store::postgres
