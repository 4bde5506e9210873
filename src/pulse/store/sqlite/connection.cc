#include "pulse/store/sqlite/connection.h"

#include <sqlite3.h>

namespace pulse::store::sqlite {
namespace {

// Writing: durable commits (FULL: the WAL is synced at every commit, see Durability), a 32 MB page
// cache, a WAL of about 32 MB before it is written back. Reading: a small cache, several of them
// exist.
constexpr const char* kCreatePragmas = "PRAGMA page_size=8192; PRAGMA journal_mode=WAL;";
constexpr const char* kWritePragmas =
    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32768;"
    "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;";
constexpr const char* kReadPragmas =
    "PRAGMA query_only=ON; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;";

int FlagsOf(Access access) {
  switch (access) {
    case Access::kCreate:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::kWrite:
      return SQLITE_OPEN_READWRITE;
    case Access::kRead:
      return SQLITE_OPEN_READONLY;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  sqlite3* db = nullptr;
  const int flags = FlagsOf(options.access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(options.path.c_str(), &db, flags, nullptr);
  // Owns the handle from here: SQLite gives one even when it could not open the file.
  std::unique_ptr<Connection> connection(new Connection(db, options.before_statement));
  if (code != SQLITE_OK) {
    return Error{
        ErrorKind::kUnavailable,
        "cannot open database " + options.path + ": " + sqlite3_errstr(code)
    };
  }
  sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout.count()));
  if (options.access == Access::kCreate) {
    PULSE_CHECK(connection->Execute(kCreatePragmas, "pragmas"));
  }
  const bool reads = options.access == Access::kRead;
  PULSE_CHECK(connection->Execute(reads ? kReadPragmas : kWritePragmas, "pragmas"));
  return connection;
}

Connection::~Connection() {
  for (const auto& [name, stmt] : statements_) sqlite3_finalize(stmt);
  sqlite3_close(db_);
}

Result<Statement> Connection::Prepare(const Query& query) {
  if (gate_) PULSE_CHECK(gate_(query.name));
  sqlite3_stmt*& stmt = statements_[query.name];
  if (stmt == nullptr) {
    const int code = sqlite3_prepare_v3(
        db_,
        query.text.data(),
        static_cast<int>(query.text.size()),
        SQLITE_PREPARE_PERSISTENT,
        &stmt,
        nullptr
    );
    if (code != SQLITE_OK) return SqliteError(db_, code, query.name);
  }
  return Statement(stmt, query);
}

Result<> Connection::Execute(const char* script, std::string_view name) {
  if (gate_) PULSE_CHECK(gate_(name));
  const int code = sqlite3_exec(db_, script, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteError(db_, code, name);
  return {};
}

// Past the gate: a rollback must happen whatever a test's gate says.
void Connection::RollBack() { sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr); }

void Connection::WatchRows(RowWatcher watcher) {
  row_watcher_ = std::move(watcher);
  if (!row_watcher_) {
    sqlite3_update_hook(db_, nullptr, nullptr);
    return;
  }
  const auto tell = [](void* told, int, const char*, const char* table, sqlite3_int64 id) {
    (*static_cast<RowWatcher*>(told))(table, id);
  };
  sqlite3_update_hook(db_, tell, &row_watcher_);
}

std::int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(db_); }

}  // namespace pulse::store::sqlite
