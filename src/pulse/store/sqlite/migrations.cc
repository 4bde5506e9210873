#include "pulse/store/sqlite/migrations.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "pulse/base/clock.h"
#include "pulse/base/failpoint.h"
#include "pulse/base/hash.h"
#include "pulse/model/tables.h"
#include "pulse/store/compatibility.h"
#include "pulse/store/script.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/schema.h"
#include "pulse/store/sqlite/sql/migrations.h"

namespace pulse::store::sqlite {
namespace {

// `version` counts the scripts; `description` says which model/tables.h the domain tables follow.
constexpr const char* kCreateState =
    "CREATE TABLE IF NOT EXISTS schema_state (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " version INTEGER NOT NULL, description INTEGER NOT NULL) STRICT;"
    "INSERT OR IGNORE INTO schema_state VALUES (1, 0, 0);"
    "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " checksum INTEGER NOT NULL, applied_at INTEGER NOT NULL,"
    " oldest_code INTEGER NOT NULL DEFAULT 0) STRICT;";
// A journal from before the column does not have it.
constexpr const char* kAddOldestCode =
    "ALTER TABLE schema_migrations ADD COLUMN oldest_code INTEGER NOT NULL DEFAULT 0";
constexpr Query kHasOldestCode{
    "schema.has_oldest_code",
    "SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'oldest_code'"
};
constexpr Query kOldestCode{
    "schema.oldest_code", "SELECT coalesce(max(oldest_code), 0) FROM schema_migrations"
};
constexpr Query kHasState{
    "schema.has_state", "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_state'"
};
constexpr Query kReadState{"schema.read_state", "SELECT version, description FROM schema_state"};
constexpr Query kWriteState{
    "schema.write_state", "UPDATE schema_state SET version = ?1, description = ?2"
};
constexpr Query kHasJournal{
    "schema.has_journal",
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
};
constexpr Query kReadJournal{
    "schema.read_journal", "SELECT number, name, checksum, applied_at FROM schema_migrations"
};
// A database that is older than the journal gets its lines when it is next migrated.
constexpr Query kRecord{
    "schema.record", "INSERT OR IGNORE INTO schema_migrations VALUES (?1, ?2, ?3, ?4, ?5)"
};
constexpr Query kForget{"schema.forget", "DELETE FROM schema_migrations WHERE number > ?1"};
constexpr Query kIndexes{
    "schema.indexes", "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1"
};
constexpr Query kColumns{"schema.columns", "SELECT name FROM pragma_table_info(?1)"};

// Programs before this schema know no `oldest code` and refuse whatever is newer than they are.
constexpr int kFirstThatReadsOldestCode = 3;

constexpr int Latest() { return static_cast<int>(std::size(sql::kMigrations)); }

/// Whether a query for existence finds anything.
Result<bool> Finds(Connection& db, const Query& query) {
  PULSE_TRY(Statement row, db.Select(query));
  return row.Next();
}

Result<int> ReadOldestCode(Connection& db) {
  PULSE_TRY(const bool known, Finds(db, kHasOldestCode));
  if (!known) return 0;
  PULSE_TRY(Statement row, db.Select(kOldestCode));
  PULSE_TRY(const bool found, row.Next());
  return found ? static_cast<int>(row.Int(0)) : 0;
}

Result<SchemaState> ReadState(Connection& db) {
  SchemaState state{.version = 0, .latest = Latest(), .domain_current = false};
  PULSE_TRY(const bool exists, Finds(db, kHasState));
  if (!exists) return state;
  PULSE_TRY(Statement row, db.Select(kReadState));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return state;
  state.version = static_cast<int>(row.Int(0));
  state.domain_current = row.Int(1) == DescriptionHash();
  if (state.version == 0) return state;
  PULSE_TRY(const int oldest_code, ReadOldestCode(db));
  const int from_then_on = std::min(state.version, kFirstThatReadsOldestCode);
  state.oldest_supported = std::max(oldest_code, from_then_on);
  return state;
}

struct Recorded {
  std::string name;
  std::int64_t checksum = 0;
  EpochMs applied_at = 0;
};
/// By number; empty where there is no journal yet.
Result<std::map<int, Recorded>> ReadJournal(Connection& db) {
  std::map<int, Recorded> journal;
  PULSE_TRY(const bool exists, Finds(db, kHasJournal));
  if (!exists) return journal;
  PULSE_TRY(Statement row, db.Select(kReadJournal));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    journal[static_cast<int>(row.Int(0))] = {std::string(row.Text(1)), row.Int(2), row.Int(3)};
    PULSE_TRY(more, row.Next());
  }
  return journal;
}

Result<std::set<std::string>> NamesOf(Connection& db, const Query& query, std::string_view table) {
  std::set<std::string> names;
  PULSE_TRY(Statement row, db.Select(query, table));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    names.emplace(row.Text(0));
    PULSE_TRY(more, row.Next());
  }
  return names;
}

/// "CREATE INDEX IF NOT EXISTS name ON …" → name
std::string IndexName(std::string_view statement) {
  statement.remove_prefix(std::string_view("CREATE INDEX IF NOT EXISTS ").size());
  return std::string(statement.substr(0, statement.find(' ')));
}

/// What separates the domain tables from model/tables.h.
Result<std::vector<std::string>> PlanDomain(Connection& db) {
  std::vector<std::string> plan;
  for (const model::Table* table : model::kTables) {
    PULSE_TRY(const std::set<std::string> columns, NamesOf(db, kColumns, table->name));
    PULSE_TRY(const std::set<std::string> indexes, NamesOf(db, kIndexes, table->name));
    if (columns.empty()) plan.push_back(CreateTable(*table));
    for (const StoredColumn& column : StoredColumns(*table)) {
      if (columns.empty() || columns.contains(std::string(column.name))) continue;
      plan.push_back(AddColumn(*table, column));
    }
    for (std::string& index : CreateIndexes(*table)) {
      if (!indexes.contains(IndexName(index))) plan.push_back(std::move(index));
    }
  }
  return plan;
}

/// Whether this program's scripts are to be left alone: the database is ahead of them, and admits
/// us. Errors: it does not.
Result<bool> IsAhead(const SchemaState& found) {
  if (!found.ahead()) return false;
  PULSE_CHECK(CheckMayRun(found.latest, found.version, found.oldest_supported));
  return true;
}

Result<> CheckUnchanged(Connection& db, std::span<const Migration> scripts) {
  PULSE_TRY(const auto journal, ReadJournal(db));
  for (const Migration& migration : scripts) {
    const auto found = journal.find(migration.number);
    if (found == journal.end() || found->second.checksum == ContentHash(migration.up)) continue;
    return Error{
        ErrorKind::kInvalid,
        "migration " + std::to_string(migration.number) + " (" + std::string(migration.name) +
            ") was changed after it ran on this database; restore it and write a new one"
    };
  }
  return {};
}

Result<> CreateState(Connection& db) {
  PULSE_CHECK(db.Execute(kCreateState, "schema.create_state"));
  PULSE_TRY(const bool known, Finds(db, kHasOldestCode));
  if (known) return {};
  return db.Execute(kAddOldestCode, "schema.add_oldest_code");
}

Result<SchemaState> BringUp(Connection& db, std::span<const Migration> scripts) {
  PULSE_TRY(SchemaState found, ReadState(db));
  found.latest = scripts.back().number;
  PULSE_TRY(const bool ahead, IsAhead(found));
  if (ahead) return found;
  PULSE_CHECK(CheckUnchanged(db, scripts));
  if (found.current()) return found;
  PULSE_CHECK(CreateState(db));
  for (const Migration& migration : scripts) {
    if (migration.number > found.version) {
      PULSE_CHECK(db.Execute(migration.up, migration.name));
      PULSE_FAILPOINT("m1_between_statements");
    }
    const std::int64_t checksum = ContentHash(migration.up);
    PULSE_CHECK(db.Do(
        kRecord,
        migration.number,
        migration.name,
        checksum,
        SystemClock().Now(),
        OldestCode(migration)
    ));
  }
  PULSE_TRY(const std::vector<std::string> domain, PlanDomain(db));
  for (const std::string& statement : domain) {
    PULSE_CHECK(db.Execute(statement.c_str(), "schema.domain"));
  }
  PULSE_FAILPOINT("m2_before_record");
  PULSE_CHECK(db.Do(kWriteState, found.latest, DescriptionHash()));
  return found;
}

Result<> TakeDown(Connection& db, int version) {
  PULSE_TRY(const SchemaState found, ReadState(db));
  if (found.ahead()) {
    return Error{
        ErrorKind::kInvalid,
        "the database was migrated by a newer pulse, which alone knows the way back"
    };
  }
  for (const model::Table* table : model::kTables) {
    if (version > 0) break;
    const std::string drop = "DROP TABLE IF EXISTS " + std::string(table->name);
    PULSE_CHECK(db.Execute(drop.c_str(), "schema.drop_table"));
  }
  for (int i = found.version; i > std::max(version, 0); --i) {
    const Migration& migration = sql::kMigrations[i - 1];
    PULSE_CHECK(db.Execute(migration.down, migration.name));
  }
  if (version <= 0) {
    return db.Execute(
        "DROP TABLE IF EXISTS schema_state; DROP TABLE IF EXISTS schema_migrations",
        "schema.drop_state"
    );
  }
  if (version >= found.version) return {};
  PULSE_CHECK(db.Do(kForget, version));
  return db.Do(kWriteState, version, DescriptionHash());
}

/// One transaction around `work`; SQLite's DDL is transactional.
template <class Work>
std::invoke_result_t<Work, Connection&> InTransaction(Connection& db, Work work) {
  PULSE_CHECK(db.Execute("BEGIN IMMEDIATE", "begin"));
  PULSE_FAILPOINT("m0_migrator_locked");
  auto result = work(db);
  if (!result) {
    db.RollBack();
    return result;
  }
  PULSE_CHECK(db.Execute("COMMIT", "commit"));
  PULSE_FAILPOINT("m4_recorded");
  return result;
}

}  // namespace

Result<SchemaState> MigrateSqlite(const std::string& path) {
  return MigrateSqlite(path, sql::kMigrations);
}

Result<SchemaState> MigrateSqlite(const std::string& path, std::span<const Migration> scripts) {
  // Credentials, though sealed, and payloads rest here: nobody else's business.
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Error{
        ErrorKind::kUnavailable,
        "cannot create database " + path + ": no such folder or no permission"
    };
  }
  ::close(fd);
  PULSE_TRY(const auto db, Connection::Open({.path = path, .access = Access::kCreate}));
  return InTransaction(*db, [scripts](Connection& one) { return BringUp(one, scripts); });
}

namespace {

Result<> RevertTo(const std::string& path, int version) {
  PULSE_TRY(const auto db, Connection::Open({.path = path}));
  PULSE_CHECK(db->Execute("PRAGMA foreign_keys=OFF", "pragmas"));
  return InTransaction(*db, [version](Connection& one) { return TakeDown(one, version); });
}

class SqliteMigrator final : public Migrator {
 public:
  explicit SqliteMigrator(std::string path) : path_(std::move(path)) {}

  Result<store::SchemaState> Status() override;
  Result<std::vector<std::string>> Plan() override;
  Result<store::SchemaState> Up() override {
    if (auto migrated = MigrateSqlite(path_); !migrated) return std::move(migrated).error();
    return Status();
  }
  Result<store::SchemaState> Down(int version) override {
    PULSE_CHECK(RevertTo(path_, version));
    return Status();
  }

 private:
  std::string path_;
};

Result<store::SchemaState> SqliteMigrator::Status() {
  PULSE_TRY(const SchemaState found, SqliteSchemaState(path_));
  if (auto ahead = IsAhead(found); !ahead) return std::move(ahead).error();
  std::map<int, Recorded> journal;
  if (found.version > 0) {
    PULSE_TRY(const auto db, Connection::Open({.path = path_, .access = Access::kRead}));
    PULSE_TRY(journal, ReadJournal(*db));
  }
  store::SchemaState state{
      .version = found.version,
      .latest = found.latest,
      .oldest_supported = found.oldest_supported,
      .migrations = {},
  };
  for (const Migration& script : sql::kMigrations) {
    MigrationState migration{.number = script.number, .name = std::string(script.name)};
    if (script.number <= found.version) {
      const auto recorded = journal.find(script.number);
      // A database from before the journal does not know when.
      migration.applied_at = recorded == journal.end() ? 1 : recorded->second.applied_at;
      migration.changed =
          recorded != journal.end() && recorded->second.checksum != ContentHash(script.up);
      migration.statements_done = static_cast<int>(SplitScript(script.up).size());
    }
    state.migrations.push_back(std::move(migration));
  }
  for (auto later = journal.upper_bound(found.latest); later != journal.end(); ++later) {
    state.migrations.push_back(
        {.number = later->first, .name = later->second.name, .applied_at = later->second.applied_at}
    );
  }
  return state;
}

Result<std::vector<std::string>> SqliteMigrator::Plan() {
  PULSE_TRY(const SchemaState found, SqliteSchemaState(path_));
  PULSE_TRY(const bool ahead, IsAhead(found));
  std::vector<std::string> plan;
  if (ahead || found.current()) return plan;
  for (const Migration& script : sql::kMigrations) {
    if (script.number <= found.version) continue;
    for (ScriptStatement& statement : SplitScript(script.up)) {
      plan.push_back(std::move(statement.text));
    }
  }
  // Without a file the domain tables are compared with an empty database.
  const std::string path = found.version > 0 ? path_ : ":memory:";
  PULSE_TRY(
      const auto db,
      Connection::Open({.path = path, .access = found.version > 0 ? Access::kRead : Access::kCreate}
      )
  );
  PULSE_TRY(std::vector<std::string> domain, PlanDomain(*db));
  plan.insert(plan.end(), std::move_iterator(domain.begin()), std::move_iterator(domain.end()));
  return plan;
}

}  // namespace

Result<> RevertSqlite(const std::string& path) { return RevertTo(path, 0); }

std::unique_ptr<Migrator> NewSqliteMigrator(std::string path) {
  return std::make_unique<SqliteMigrator>(std::move(path));
}

Result<SchemaState> SqliteSchemaState(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return SchemaState{.version = 0, .latest = Latest()};
  PULSE_TRY(const auto db, Connection::Open({.path = path, .access = Access::kRead}));
  return ReadState(*db);
}

Result<> CheckSchema(const std::string& path) {
  PULSE_TRY(const SchemaState found, SqliteSchemaState(path));
  if (found.current()) return {};
  if (auto may = CheckMayRun(found.latest, found.version, found.oldest_supported); !may) {
    return std::move(may).error().While("open " + path);
  }
  PULSE_TRY(const auto db, Connection::Open({.path = path, .access = Access::kRead}));
  PULSE_TRY(const std::vector<std::string> lacking, PlanDomain(*db));
  if (found.ahead() && lacking.empty()) return {};  // It knows more columns than we do.
  return Error{
      ErrorKind::kInvalid, "database " + path + " is not up to date; run `pulse db migrate`"
  };
}

}  // namespace pulse::store::sqlite
