#pragma once

/// \file
/// Pool: the store's connections, and Transaction: the only way to use one. A tenant's transaction
/// runs as pulse_app with app.tenant_id set for its length; row-level security does the rest. A
/// platform transaction runs as pulse_dispatch with no tenant.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/store/postgres/connection.h"

namespace pulse::store::postgres {

/// What a crash of the database server may take back. A process of ours that dies takes nothing.
enum class Durability : unsigned char {
  kDurable,  ///< Nothing: the commit waits for the disk.
  /// The last commits of about half a second, as if they had never been. Only for what nobody acts
  /// on before it is proven another way (who holds a step, what was rung), or by a durable commit
  /// of later, which brings every earlier one with it: it costs no wait.
  kLazy,
};

class Pool;

/// One transaction on a connection on loan. Statements are queued; Flush, Run and Commit send all
/// that is queued (BEGIN and the tenant with the first) in one round trip. Rolls back when it goes
/// without Commit. Move-only; used by one thread.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Where the rows of a queued statement will be.
  struct Slot {
    std::size_t index = 0;
  };
  template <class... Values>
  Slot Queue(const Query& query, const Values&... values) {
    connection_->Queue(query, values...);
    return Slot{queued_++};
  }
  /// A statement somebody typed: no parameters, not prepared, its rows in text form. The extended
  /// protocol, so it is exactly one statement.
  Slot QueueText(std::string_view name, const std::string& text);
  /// Lets go of rows that were read.
  void Forget(Slot slot) { results_[slot.index] = Rows(); }
  /// Plans are kept from a statement's first use on, and one made for an empty table takes any
  /// index for as good as the right one. Queues a fresh start for the session's plans when
  /// `rows_written` by this process has doubled since they were made: a dozen times on the way to a
  /// million rows.
  void ReplanAfter(std::int64_t rows_written);
  /// Sends what is queued. After an error only the destructor is of use.
  Result<> Flush();
  /// Queue and Flush; the rows of this statement.
  template <class... Values>
  Result<Rows> Run(const Query& query, const Values&... values) {
    const Slot slot = Queue(query, values...);
    PULSE_CHECK(Flush());
    return std::move(results_[slot.index]);
  }
  /// Durability::kLazy from here on.
  void BeLazy();
  /// Sends what is queued with COMMIT behind it. The connection is free again; the rows stay.
  /// Errors: as the statements'; see also outcome_unknown().
  Result<> Commit();

  /// The rows of a statement that was flushed.
  const Rows& operator[](Slot slot) const { return results_[slot.index]; }
  /// Commit failed because the connection broke after COMMIT was sent: it may have happened.
  bool outcome_unknown() const { return outcome_unknown_; }
  /// SQLSTATE of the failure, "" when the connection broke.
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  friend class Pool;
  Transaction(Pool& pool, std::unique_ptr<Connection> connection);
  void Begin(const Query& begin, std::string_view tenant, Durability durability);
  void GiveBack();
  void RollBack();

  Pool* pool_;
  std::unique_ptr<Connection> connection_;
  std::vector<Rows> results_;
  std::size_t queued_ = 0;
  Slot entered_;
  std::string sqlstate_;
  bool checked_ = false;  ///< That the connection came without a tenant.
  bool outcome_unknown_ = false;
};

struct PoolOptions {
  ConnectionOptions connection;
  int size = 8;
  /// How long to wait for a free connection before kUnavailable.
  std::chrono::milliseconds checkout_timeout{1'000};
};

/// Connections are made when they are first needed and again after they broke. Thread-safe.
class Pool {
 public:
  explicit Pool(PoolOptions options);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// As pulse_app: sees and writes this tenant's rows only. Costs no round trip by itself.
  /// Errors: kUnavailable (none free within the wait, or the server is away), and
  /// Connection::Open's.
  Result<Transaction> Begin(TenantId tenant, Durability durability = Durability::kDurable);
  /// As pulse_dispatch: every tenant's ledger rows, the columns it may see.
  Result<Transaction> BeginPlatform(Durability durability = Durability::kDurable);
  /// As pulse_query, READ ONLY: what a person may read of this tenant. `limit` is the statement
  /// timeout.
  Result<Transaction> BeginQuery(TenantId tenant, std::chrono::milliseconds limit);

  const PoolOptions& options() const { return options_; }

 private:
  friend class Transaction;
  Result<std::unique_ptr<Connection>> CheckOut();
  void CheckIn(std::unique_ptr<Connection> connection);
  void CountCommit();

  PoolOptions options_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;  ///< Newest last: the warm ones are used.
  int on_loan_ = 0;
};

}  // namespace pulse::store::postgres
