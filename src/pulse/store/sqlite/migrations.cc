#include "pulse/store/sqlite/migrations.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "pulse/model/tables.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/schema.h"
#include "pulse/store/sqlite/sql/migrations.h"

namespace pulse::store::sqlite {
namespace {

// `version` counts the scripts; `description` says which model/tables.h the domain tables follow.
constexpr const char* kCreateState =
    "CREATE TABLE IF NOT EXISTS schema_state (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " version INTEGER NOT NULL, description INTEGER NOT NULL) STRICT;"
    "INSERT OR IGNORE INTO schema_state VALUES (1, 0, 0);";
constexpr Query kHasState{
    "schema.has_state", "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_state'"
};
constexpr Query kReadState{"schema.read_state", "SELECT version, description FROM schema_state"};
constexpr Query kWriteState{
    "schema.write_state", "UPDATE schema_state SET version = ?1, description = ?2"
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

Result<> BringUpDomain(Connection& db) {
  for (const model::Table* table : model::kTables) {
    std::set<std::string> present;
    {
      PULSE_TRY(Statement columns, db.Select(kColumns, table->name));
      PULSE_TRY(bool more, columns.Next());
      while (more) {
        present.emplace(columns.Text(0));
        PULSE_TRY(more, columns.Next());
      }
    }
    if (present.empty())
      PULSE_CHECK(db.Execute(CreateTable(*table).c_str(), "schema.create_table"));
    for (const StoredColumn& column : StoredColumns(*table)) {
      if (present.empty() || present.contains(std::string(column.name))) continue;
      PULSE_CHECK(db.Execute(AddColumn(*table, column).c_str(), "schema.add_column"));
    }
    for (const std::string& index : CreateIndexes(*table)) {
      PULSE_CHECK(db.Execute(index.c_str(), "schema.create_index"));
    }
  }
  return {};
}

Result<SchemaState> BringUp(Connection& db) {
  PULSE_TRY(const SchemaState found, ReadState(db));
  if (found.version > found.latest) {
    return Error{
        ErrorKind::kInvalid,
        "database schema " + std::to_string(found.version) + " is newer than this program's " +
            std::to_string(found.latest) + "; use the newer pulse"
    };
  }
  if (found.current()) return found;
  PULSE_CHECK(db.Execute(kCreateState, "schema.create_state"));
  for (int i = found.version; i < Latest(); ++i) {
    const Migration& migration = sql::kMigrations[i];
    PULSE_CHECK(db.Execute(migration.up, migration.name));
  }
  PULSE_CHECK(BringUpDomain(db));
  PULSE_CHECK(db.Do(kWriteState, Latest(), DescriptionHash()));
  return found;
}

Result<> TakeDown(Connection& db) {
  PULSE_TRY(const SchemaState found, ReadState(db));
  for (const model::Table* table : model::kTables) {
    const std::string drop = "DROP TABLE IF EXISTS " + std::string(table->name);
    PULSE_CHECK(db.Execute(drop.c_str(), "schema.drop_table"));
  }
  for (int i = found.version; i > 0; --i) {
    const Migration& migration = sql::kMigrations[i - 1];
    PULSE_CHECK(db.Execute(migration.down, migration.name));
  }
  return db.Execute("DROP TABLE IF EXISTS schema_state", "schema.drop_state");
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

Result<> RevertSqlite(const std::string& path) {
  PULSE_TRY(const auto db, Connection::Open({.path = path}));
  PULSE_CHECK(db->Execute("PRAGMA foreign_keys=OFF", "pragmas"));
  return InTransaction(*db, TakeDown);
}

Result<SchemaState> SqliteSchemaState(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return SchemaState{.version = 0, .latest = Latest()};
  PULSE_TRY(const auto db, Connection::Open({.path = path, .access = Access::kRead}));
  return ReadState(*db);
}

}  // namespace pulse::store::sqlite
