#include "pulse/vectors/local/database.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace pulse::vectors::local {
namespace {

ErrorKind KindOf(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return ErrorKind::kUnavailable;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kInternal;
  }
}

Error LastError(sqlite3* handle) {
  return Error{KindOf(sqlite3_extended_errcode(handle)), sqlite3_errmsg(handle)};
}

/// SQLite would make the file with the process's umask; titles of issues are nobody else's
/// business. A file that is there is not opened: closing it would drop the locks that this
/// process's other connections hold on it, and another process would then remove the log they
/// write.
Result<> MakePrivateFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0) {
    const std::string why = std::generic_category().message(errno);
    return Error{ErrorKind::kUnavailable, "cannot open: " + why};
  }
  close(file);
  return {};
}

/// WAL lets searches run beside an upsert. FULL: what Upsert said is stored stays stored after a
/// power cut, too, since the pipeline then never embeds it again; one fsync a batch. A small cache
/// and no mmap: the file is scanned, and the kernel's page cache is the better place for it.
constexpr const char* kSettings = R"sql(
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA mmap_size = 0;
  PRAGMA cache_size = -2048;
)sql";

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

Statement& Statement::Bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
  return *this;
}

Statement& Statement::Bind(int index, std::string_view text) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = text.empty() ? "" : text.data();
  sqlite3_bind_text64(handle_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::Bind(int index, std::span<const std::byte> bytes) {
  // As above: an empty blob, not NULL.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  sqlite3_bind_blob64(handle_.get(), index, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = LastError(sqlite3_db_handle(handle_.get()));
  sqlite3_reset(handle_.get());
  return error;
}

void Statement::Reset() { sqlite3_reset(handle_.get()); }

std::int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::Text(int column) const {
  const auto* text = sqlite3_column_text(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {reinterpret_cast<const char*>(text), size};
}

std::span<const std::byte> Statement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {static_cast<const std::byte*>(bytes), size};
}

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }

Result<Database> Database::Open(const std::string& path) {
  PULSE_CHECK(MakePrivateFile(path));
  sqlite3* handle = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, kFlags, nullptr);
  if (handle == nullptr) return Error{ErrorKind::kInternal, "sqlite gave no handle"};
  Database database(handle);
  if (code != SQLITE_OK) return LastError(handle);
  PULSE_CHECK(database.Execute(kSettings));
  return database;
}

Result<> Database::Execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return LastError(handle_.get());
  }
  return {};
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(
      handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr
  );
  if (code != SQLITE_OK) return LastError(handle_.get());
  return Statement(statement);
}

Result<Transaction> Transaction::Begin(Database& database, Mode mode) {
  PULSE_CHECK(database.Execute(mode == Mode::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A failed ROLLBACK means that SQLite rolled back already.
  if (database_ != nullptr) static_cast<void>(database_->Execute("ROLLBACK").has_value());
}

Result<> Transaction::Commit() {
  PULSE_CHECK(database_->Execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace pulse::vectors::local
