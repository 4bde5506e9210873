#include "pulse/store/postgres/postgres_store.h"

#include "pulse/store/postgres/catalog.h"
#include "pulse/store/postgres/changes.h"
#include "pulse/store/postgres/dispatch.h"
#include "pulse/store/postgres/engine.h"
#include "pulse/store/postgres/jobs.h"
#include "pulse/store/postgres/ledger.h"
#include "pulse/store/postgres/migrator.h"
#include "pulse/store/postgres/raw_pages.h"
#include "pulse/store/postgres/roles.h"
#include "pulse/store/postgres/schedules.h"
#include "pulse/store/postgres/tables.h"

namespace pulse::store::postgres {
namespace {

constexpr Query kVersion{"store.version", "SELECT current_setting('server_version')"};

ConnectionOptions ConnectionOf(const PostgresOptions& options) {
  ConnectionOptions connection;
  connection.url = options.url;
  connection.application_name = options.application_name;
  connection.statement_timeout = options.statement_timeout;
  connection.lock_timeout = options.lock_timeout;
  connection.traffic = options.traffic;
  return connection;
}

PoolOptions PoolOf(const PostgresOptions& options, int size) {
  return {ConnectionOf(options), size, options.checkout_timeout};
}

class PostgresStore final : public Store {
 public:
  PostgresStore(const PostgresOptions& options, int schema)
      : schema_(schema),
        pool_(PoolOf(options, options.pool_size)),
        query_pool_(PoolOf(options, options.query_pool_size)),
        engine_{pool_, sql_, options.clock != nullptr ? *options.clock : system_clock_},
        dispatch_(engine_, ConnectionOf(options)),
        tables_(query_pool_, options.select_limit),
        changes_(ConnectionOf(options)) {}

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

  Result<std::string> Probe() override {
    PULSE_TRY(Transaction tx, pool_.BeginPlatform());
    const auto slot = tx.Queue(kVersion);
    PULSE_CHECK(tx.Commit());
    return "PostgreSQL " + std::string(tx[slot][0].Text(0)) + ", schema " + std::to_string(schema_);
  }

 private:
  const int schema_;
  SystemClock system_clock_;
  DomainSql sql_;  // The connections' prepared statements are keyed by its texts: it goes last.
  Pool pool_;
  Pool query_pool_;
  Engine engine_;
  PostgresLedger ledger_{engine_};
  PostgresDispatch dispatch_;
  PostgresJobs jobs_{engine_};
  PostgresSyncWindows sync_windows_{engine_};
  PostgresSchedules schedules_{engine_};
  PostgresCatalog catalog_{pool_, engine_.clock};
  PostgresRawPages raw_pages_{engine_};
  PostgresDeadLetters dead_letters_{engine_};
  PostgresTables tables_;
  PostgresChanges changes_;
};

}  // namespace

Result<std::unique_ptr<Store>> OpenPostgresStore(const PostgresOptions& options) {
  ConnectionOptions as_login = ConnectionOf(options);
  as_login.role = "";
  PULSE_TRY(const auto login, Connection::Open(as_login));
  PULSE_CHECK(CheckRoles(*login));
  PULSE_TRY(const auto app, Connection::Open(ConnectionOf(options)));
  PULSE_TRY(const int schema, CheckSchema(*app));
  return std::make_unique<PostgresStore>(options, schema);
}

}  // namespace pulse::store::postgres
