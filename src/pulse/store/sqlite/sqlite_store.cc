#include "pulse/store/sqlite/sqlite_store.h"

#include "pulse/store/sqlite/catalog.h"
#include "pulse/store/sqlite/changes.h"
#include "pulse/store/sqlite/dispatch.h"
#include "pulse/store/sqlite/jobs.h"
#include "pulse/store/sqlite/ledger.h"
#include "pulse/store/sqlite/migrations.h"
#include "pulse/store/sqlite/raw_pages.h"
#include "pulse/store/sqlite/schedules.h"
#include "pulse/store/sqlite/tables.h"
#include "pulse/store/sqlite/windows.h"

namespace pulse::store::sqlite {
namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(
      std::unique_ptr<SystemClock> own_clock,
      std::unique_ptr<Database> database,
      std::chrono::milliseconds select_limit
  )
      : own_clock_(std::move(own_clock)),
        database_(std::move(database)),
        tables_(*database_, select_limit) {}

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
  Result<std::string> Probe() override { return std::string("SQLite"); }

 private:
  std::unique_ptr<SystemClock> own_clock_;  ///< Used when the caller brought none.
  DomainSql sql_;  // The connections' prepared statements are keyed by its texts: it goes last.
  std::unique_ptr<Database> database_;
  SqliteLedger ledger_{*database_, sql_};
  SqliteDispatch dispatch_{*database_};
  SqliteJobs jobs_{*database_};
  SqliteSyncWindows sync_windows_{*database_};
  SqliteSchedules schedules_{*database_};
  SqliteCatalog catalog_{*database_, sql_};
  SqliteRawPages raw_pages_{*database_};
  SqliteDeadLetters dead_letters_{*database_};
  SqliteTables tables_;
  SqliteChanges changes_;
};

}  // namespace

Result<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options) {
  PULSE_CHECK(CheckSchema(options.path));
  auto own_clock = std::make_unique<SystemClock>();
  const Clock& clock = options.clock != nullptr ? *options.clock : *own_clock;
  const ConnectionOptions connection{
      .path = options.path,
      .access = Access::kWrite,
      .busy_timeout = options.busy_timeout,
      .before_statement = options.before_statement,
  };
  PULSE_TRY(auto database, Database::Open(connection, options.readers, clock));
  return std::make_unique<SqliteStore>(
      std::move(own_clock), std::move(database), options.select_limit
  );
}

}  // namespace pulse::store::sqlite
