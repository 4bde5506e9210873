#include "pulse/store/postgres/postgres_store.h"

#include "pulse/store/compatibility.h"
#include "pulse/store/postgres/catalog.h"
#include "pulse/store/postgres/changes.h"
#include "pulse/store/postgres/dispatch.h"
#include "pulse/store/postgres/jobs.h"
#include "pulse/store/postgres/ledger.h"
#include "pulse/store/postgres/migrator.h"
#include "pulse/store/postgres/raw_pages.h"
#include "pulse/store/postgres/roles.h"
#include "pulse/store/postgres/schedules.h"
#include "pulse/store/postgres/tables.h"

namespace pulse::store::postgres {
namespace {

constexpr Query kProbe{
    "store.probe",
    "SELECT current_setting('server_version'),"
    " coalesce(max(number) FILTER (WHERE applied_at IS NOT NULL), 0),"
    " coalesce(max((to_jsonb(m) ->> 'oldest_code')::integer), 0) FROM schema_migrations m"
};

ConnectionOptions ConnectionsOf(const PostgresOptions& options) {
  return {
      .url = options.url,
      .application_name = options.application_name,
      .statement_timeout = options.statement_timeout,
      .lock_timeout = options.lock_timeout,
      .traffic = options.traffic,
  };
}

PoolOptions PoolOf(const PostgresOptions& options, int size, Plans plans) {
  PoolOptions pool{
      .connection = ConnectionsOf(options),
      .size = size,
      .checkout_timeout = options.checkout_timeout,
  };
  pool.connection.plans = plans;
  return pool;
}

class PostgresStore final : public Store {
 public:
  PostgresStore(
      std::unique_ptr<SystemClock> own_clock, const Clock& clock, const PostgresOptions& options
  )
      : own_clock_(std::move(own_clock)),
        pool_(PoolOf(options, options.pool_size, Plans::kByIndex)),
        query_pool_(PoolOf(options, options.query_pool_size, Plans::kAny)),
        engine_{.pool = pool_, .sql = sql_, .clock = clock},
        dispatch_(engine_, ConnectionsOf(options)),
        catalog_(pool_, clock),
        tables_(pool_, query_pool_, options.select_limit),
        changes_(ConnectionsOf(options)) {}

  Ledger& ledger() override { return ledger_; }
  Dispatch& dispatch() override { return dispatch_; }
  Jobs& jobs() override { return jobs_; }
  SyncWindows& sync_windows() override { return sync_windows_; }
  Schedules& schedules() override { return schedules_; }
  Catalog& catalog() override { return catalog_; }
  RawPages& raw_pages() override { return raw_pages_; }
  DeadLetters& dead_letters() override { return dead_letters_; }
  Tables& tables() override { return tables_; }
  Changes& changes() override { return changes_; }
  Result<std::string> Probe() override;

 private:
  std::unique_ptr<SystemClock> own_clock_;  ///< Used when the caller brought none.
  DomainSql sql_;  // The connections' prepared statements are keyed by its texts: it goes last.
  Pool pool_;
  Pool query_pool_;
  Engine engine_;
  PostgresLedger ledger_{engine_};
  PostgresDispatch dispatch_;
  PostgresJobs jobs_{engine_};
  PostgresSyncWindows sync_windows_{engine_};
  PostgresSchedules schedules_{engine_};
  PostgresCatalog catalog_;
  PostgresRawPages raw_pages_{engine_};
  PostgresDeadLetters dead_letters_{engine_};
  PostgresTables tables_;
  PostgresChanges changes_;
};

Result<std::string> PostgresStore::Probe() {
  PULSE_TRY(Transaction tx, pool_.Begin(TenantId{}));
  const auto slot = tx.Queue(kProbe);
  PULSE_CHECK(tx.Commit());
  const std::string version(tx[slot][0].Text(0));  // "15.8 (Debian 15.8-0+deb12u1)"
  const int schema = static_cast<int>(tx[slot][0].Int(1));
  const int oldest_code = static_cast<int>(tx[slot][0].Int(2));
  PULSE_CHECK(CheckMayRun(LatestSchemaVersion(), schema, oldest_code));
  return "PostgreSQL " + version.substr(0, version.find(' ')) + ", schema " +
         std::to_string(schema);
}

constexpr int kOldestServer = 150000;  // What is tested; unlogged tables and grants need no newer.

}  // namespace

Result<std::unique_ptr<Store>> OpenPostgresStore(const PostgresOptions& options) {
  {
    PULSE_TRY(const auto connection, Connection::Open(ConnectionsOf(options)));
    if (connection->server_version() < kOldestServer) {
      return Error{
          ErrorKind::kInvalid,
          "the server is PostgreSQL " + std::to_string(connection->server_version() / 10000) +
              ", this program needs 15 or newer"
      };
    }
    PULSE_CHECK(CheckRoles(*connection, RoleUse::kServe));
    if (auto schema = CheckSchema(*connection); !schema) return std::move(schema).error();
    PULSE_CHECK(CheckRights(*connection));
  }
  auto own_clock = std::make_unique<SystemClock>();
  const Clock& clock = options.clock != nullptr ? *options.clock : *own_clock;
  return std::make_unique<PostgresStore>(std::move(own_clock), clock, options);
}

}  // namespace pulse::store::postgres
