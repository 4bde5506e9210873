#include "pulse/store/sqlite/statement.h"

#include <utility>

#include <sqlite3.h>

namespace pulse::store::sqlite {
namespace {

ErrorKind KindOf(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      return ErrorKind::kUnavailable;
    case SQLITE_CONSTRAINT:
      return ErrorKind::kConflict;
    case SQLITE_INTERRUPT:
      return ErrorKind::kTimeout;
    default:
      return ErrorKind::kInternal;
  }
}

}  // namespace

Error SqliteError(sqlite3* db, int code, std::string_view query) {
  std::string message = "query " + std::string(query) + ": ";
  // SQLite's own message names tables and columns, never values; without a connection: the code's.
  message += db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  if ((code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB) {
    message += "; stop every process, copy the file away and run `pulse db check`";
  }
  return Error{KindOf(code), std::move(message)};
}

Statement::Statement(Statement&& other) noexcept
    : stmt_(std::exchange(other.stmt_, nullptr)),
      name_(other.name_),
      bound_(other.bound_),
      bind_error_(other.bind_error_) {}

Statement::~Statement() {
  if (stmt_ == nullptr) return;
  sqlite3_reset(stmt_);
  sqlite3_clear_bindings(stmt_);
}

void Statement::Reset() {
  sqlite3_reset(stmt_);
  bound_ = 0;
  bind_error_ = 0;
}

Result<bool> Statement::Next() {
  if (bind_error_ != SQLITE_OK) return SqliteError(nullptr, bind_error_, name_);
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(sqlite3_db_handle(stmt_), code, name_);
}

Result<int> Statement::Run() {
  PULSE_TRY(bool more, Next());
  while (more) {
    PULSE_TRY(more, Next());
  }
  return sqlite3_changes(sqlite3_db_handle(stmt_));
}

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(stmt_, column); }
double Statement::Real(int column) const { return sqlite3_column_double(stmt_, column); }

std::string_view Statement::Text(int column) const {
  const void* bytes = sqlite3_column_blob(stmt_, column);
  const int size = sqlite3_column_bytes(stmt_, column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(stmt_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Statement::OptionalInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

void Statement::BindInteger(std::int64_t value) {
  bind_error_ |= sqlite3_bind_int64(stmt_, ++bound_, value);
}
void Statement::BindNull() { bind_error_ |= sqlite3_bind_null(stmt_, ++bound_); }
void Statement::BindOne(double value) {
  bind_error_ |= sqlite3_bind_double(stmt_, ++bound_, value);
}

// A view without bytes may have no pointer, which SQLite would take for NULL.
void Statement::BindOne(std::string_view text) {
  bind_error_ |= sqlite3_bind_text64(
      stmt_, ++bound_, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8
  );
}
void Statement::BindOne(Borrowed borrowed) {
  const char* data = borrowed.text.empty() ? "" : borrowed.text.data();
  bind_error_ |=
      sqlite3_bind_text64(stmt_, ++bound_, data, borrowed.text.size(), SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::BindOne(Blob blob) {
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  bind_error_ |= sqlite3_bind_blob64(stmt_, ++bound_, data, blob.bytes.size(), SQLITE_STATIC);
}

}  // namespace pulse::store::sqlite
