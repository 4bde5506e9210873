#include "pulse/store/sqlite/migrations.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "pulse/base/clock.h"
#include "pulse/base/hash.h"
#include "pulse/model/tables.h"
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
    " checksum INTEGER NOT NULL, applied_at INTEGER NOT NULL) STRICT;";
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
    "schema.read_journal", "SELECT number, checksum, applied_at FROM schema_migrations"
};
// A database that is older than the journal gets its lines when it is next migrated.
constexpr Query kRecord{
    "schema.record", "INSERT OR IGNORE INTO schema_migrations VALUES (?1, ?2, ?3, ?4)"
};
constexpr Query kForget{"schema.forget", "DELETE FROM schema_migrations WHERE number > ?1"};
constexpr Query kIndexes{
    "schema.indexes", "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1"
};
constexpr Query kColumns{"schema.columns", "SELECT name FROM pragma_table_info(?1)"};

constexpr int Latest() { return static_cast<int>(std::size(sql::kMigrations)); }

Result<SchemaState> ReadState(Connection& db) {
  SchemaState state{.version = 0, .latest = Latest(), .domain_current = false};
  PULSE_TRY(Statement table, db.Select(kHasState));
  PULSE_TRY(const bool exists, table.Next());
  if (!exists) return state;
  PULSE_TRY(Statement row, db.Select(kReadState));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return state;
  state.version = static_cast<int>(row.Int(0));
  state.domain_current = row.Int(1) == DescriptionHash();
  return state;
}

struct Recorded {
  std::int64_t checksum = 0;
  EpochMs applied_at = 0;
};
/// By number; empty where there is no journal yet.
Result<std::map<int, Recorded>> ReadJournal(Connection& db) {
  std::map<int, Recorded> journal;
  PULSE_TRY(Statement table, db.Select(kHasJournal));
  PULSE_TRY(const bool exists, table.Next());
  if (!exists) return journal;
  PULSE_TRY(Statement row, db.Select(kReadJournal));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    journal[static_cast<int>(row.Int(0))] = {row.Int(1), row.Int(2)};
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

Error Newer(const SchemaState& found) {
  return Error{
      ErrorKind::kInvalid,
      "database schema " + std::to_string(found.version) + " is newer than this program's " +
          std::to_string(found.latest) + "; use the newer pulse"
  };
}

Result<> CheckUnchanged(Connection& db) {
  PULSE_TRY(const auto journal, ReadJournal(db));
  for (const Migration& migration : sql::kMigrations) {
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

Result<SchemaState> BringUp(Connection& db) {
  PULSE_TRY(const SchemaState found, ReadState(db));
  if (found.version > found.latest) return Newer(found);
  PULSE_CHECK(CheckUnchanged(db));
  if (found.current()) return found;
  PULSE_CHECK(db.Execute(kCreateState, "schema.create_state"));
  for (const Migration& migration : sql::kMigrations) {
    if (migration.number > found.version) {
      PULSE_CHECK(db.Execute(migration.up, migration.name));
    }
    const std::int64_t checksum = ContentHash(migration.up);
    PULSE_CHECK(db.Do(kRecord, migration.number, migration.name, checksum, SystemClock().Now()));
  }
  PULSE_TRY(const std::vector<std::string> domain, PlanDomain(db));
  for (const std::string& statement : domain) {
    PULSE_CHECK(db.Execute(statement.c_str(), "schema.domain"));
  }
  PULSE_CHECK(db.Do(kWriteState, Latest(), DescriptionHash()));
  return found;
}

Result<> TakeDown(Connection& db, int version) {
  PULSE_TRY(const SchemaState found, ReadState(db));
  if (found.version > found.latest) return Newer(found);
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
  auto result = work(db);
  if (!result) {
    db.RollBack();
    return result;
  }
  PULSE_CHECK(db.Execute("COMMIT", "commit"));
  return result;
}

}  // namespace

Result<SchemaState> MigrateSqlite(const std::string& path) {
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
  return InTransaction(*db, BringUp);
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
  if (found.version > found.latest) return Newer(found);
  std::map<int, Recorded> journal;
  if (found.version > 0) {
    PULSE_TRY(const auto db, Connection::Open({.path = path_, .access = Access::kRead}));
    PULSE_TRY(journal, ReadJournal(*db));
  }
  store::SchemaState state{
      .version = found.version,
      .latest = found.latest,
      .oldest_supported = found.latest,
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
  return state;
}

Result<std::vector<std::string>> SqliteMigrator::Plan() {
  PULSE_TRY(const SchemaState found, SqliteSchemaState(path_));
  if (found.version > found.latest) return Newer(found);
  std::vector<std::string> plan;
  if (found.current()) return plan;
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

}  // namespace pulse::store::sqlite
