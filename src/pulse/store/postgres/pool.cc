#include "pulse/store/postgres/pool.h"

#include <utility>

namespace pulse::store::postgres {
namespace {

constexpr Query kBegin{"tx.begin", "BEGIN"};
constexpr Query kBeginReadOnly{"tx.begin_read_only", "BEGIN READ ONLY"};
constexpr Query kCommit{"tx.commit", "COMMIT"};
constexpr Query kRollBack{"tx.rollback", "ROLLBACK"};
// The first column is what an earlier user left behind, which must be nothing.
constexpr Query kEnter{
    "tx.enter",
    "SELECT coalesce(current_setting('app.tenant_id', true), '') <> '',"
    " set_config('app.tenant_id', $1, true)"
};
constexpr Query kEnterLazily{
    "tx.enter_lazily",
    "SELECT coalesce(current_setting('app.tenant_id', true), '') <> '',"
    " set_config('app.tenant_id', $1, true), set_config('synchronous_commit', 'off', true)"
};
constexpr Query kLazily{"tx.lazily", "SELECT set_config('synchronous_commit', 'off', true)"};
constexpr Query kReplan{"tx.replan", "DISCARD PLANS"};
constexpr Query kLimit{"tx.limit", "SELECT set_config('statement_timeout', $1, true)"};
constexpr Query kAsDispatch{"tx.as_dispatch", "SET LOCAL ROLE pulse_dispatch"};
constexpr Query kAsQuery{"tx.as_query", "SET LOCAL ROLE pulse_query"};

}  // namespace

Transaction::Transaction(Pool& pool, std::unique_ptr<Connection> connection)
    : pool_(&pool), connection_(std::move(connection)) {}

Transaction::Transaction(Transaction&& other) noexcept
    : pool_(other.pool_),
      connection_(std::move(other.connection_)),
      results_(std::move(other.results_)),
      queued_(other.queued_),
      entered_(other.entered_),
      sqlstate_(std::move(other.sqlstate_)),
      checked_(other.checked_),
      outcome_unknown_(other.outcome_unknown_) {}

Transaction::~Transaction() {
  if (connection_ != nullptr) RollBack();
}

void Transaction::Begin(const Query& begin, std::string_view tenant, Durability durability) {
  Queue(begin);
  entered_ = Queue(durability == Durability::kLazy ? kEnterLazily : kEnter, tenant);
}

Transaction::Slot Transaction::QueueText(std::string_view name, const std::string& text) {
  connection_->QueueText(name, text);
  return Slot{queued_++};
}

void Transaction::ReplanAfter(std::int64_t rows_written) {
  constexpr std::int64_t kTooFewToMatter = 200;
  if (connection_ == nullptr) return;
  if (rows_written < 2 * connection_->planned_at + kTooFewToMatter) return;
  connection_->planned_at = rows_written;
  Queue(kReplan);
}

void Transaction::BeLazy() {
  if (connection_ != nullptr) Queue(kLazily);
}

Result<> Transaction::Flush() {
  if (connection_ == nullptr) return Error{ErrorKind::kInternal, "the transaction is over"};
  auto sent = connection_->Sync(results_);
  if (!sent) {
    sqlstate_ = connection_->last_sqlstate();
    return sent;
  }
  if (checked_) return {};
  checked_ = true;
  if (!results_[entered_.index][0].Bool(0)) return {};
  connection_->Abandon();  // Whoever set it did so for the session.
  return Error{ErrorKind::kInternal, "a pooled connection came with another's tenant"};
}

Result<> Transaction::Commit() {
  if (connection_ == nullptr) return Error{ErrorKind::kInternal, "the transaction is over"};
  const Slot end = Queue(kCommit);
  if (auto sent = Flush(); !sent) {
    outcome_unknown_ = !connection_->IsConnected() && sqlstate_.empty();
    return sent;
  }
  // COMMIT of a transaction that failed before says ROLLBACK and calls that success.
  const bool committed = results_[end.index].command_tag() == "COMMIT";
  GiveBack();
  if (!committed) return Error{ErrorKind::kInternal, "commit of a failed transaction"};
  pool_->CountCommit();
  return {};
}

void Transaction::RollBack() {
  if (connection_->IsConnected()) {
    Queue(kRollBack);
    // A rollback that fails leaves an unclean connection, which the pool throws away.
    static_cast<void>(connection_->Sync(results_));
  }
  GiveBack();
}

void Transaction::GiveBack() { pool_->CheckIn(std::move(connection_)); }

Pool::Pool(PoolOptions options) : options_(std::move(options)) {}

Result<std::unique_ptr<Connection>> Pool::CheckOut() {
  {
    std::unique_lock lock(mutex_);
    const bool granted =
        free_.wait_for(lock, options_.checkout_timeout, [&] { return on_loan_ < options_.size; });
    if (!granted) {
      return Error{
          ErrorKind::kUnavailable,
          "none of " + std::to_string(options_.size) + " database connections came free within " +
              std::to_string(options_.checkout_timeout.count()) + " ms"
      };
    }
    ++on_loan_;
    while (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      if (!connection->IsStale()) return connection;
    }
  }
  auto opened = Connection::Open(options_.connection);
  if (!opened) CheckIn(nullptr);
  return opened;
}

void Pool::CheckIn(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --on_loan_;
    if (connection != nullptr && connection->IsClean()) idle_.push_back(std::move(connection));
  }
  free_.notify_one();
}

void Pool::CountCommit() {
  Traffic* traffic = options_.connection.traffic;
  if (traffic != nullptr) traffic->commits.fetch_add(1, std::memory_order_relaxed);
}

Result<Transaction> Pool::Begin(TenantId tenant, Durability durability) {
  PULSE_TRY(auto connection, CheckOut());
  Transaction transaction(*this, std::move(connection));
  transaction.Begin(kBegin, std::to_string(tenant.value()), durability);
  return transaction;
}

Result<Transaction> Pool::BeginPlatform(Durability durability) {
  PULSE_TRY(auto connection, CheckOut());
  Transaction transaction(*this, std::move(connection));
  transaction.Begin(kBegin, "", durability);
  transaction.Queue(kAsDispatch);
  return transaction;
}

Result<Transaction> Pool::BeginQuery(TenantId tenant, std::chrono::milliseconds limit) {
  PULSE_TRY(auto connection, CheckOut());
  Transaction transaction(*this, std::move(connection));
  transaction.Begin(kBeginReadOnly, std::to_string(tenant.value()), Durability::kDurable);
  // In this order: pulse_query may not set anything, the tenant above all.
  transaction.Queue(kLimit, std::to_string(limit.count()));
  transaction.Queue(kAsQuery);
  return transaction;
}

}  // namespace pulse::store::postgres
