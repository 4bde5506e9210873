#pragma once

/// \file
/// The part of SQLite that the vectors file needs, as values and Results.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pulse/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pulse::vectors::local {

/// A prepared statement. Bound texts and blobs are borrowed until the next Reset. Columns are valid
/// until the next Step. Not thread-safe.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  Statement& Bind(int index, std::int64_t value);
  Statement& Bind(int index, std::string_view text);
  Statement& Bind(int index, std::span<const std::byte> bytes);

  /// True while there is a row. Errors: as Database.
  Result<bool> Step();
  void Reset();

  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;
  std::span<const std::byte> Bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// One connection. Errors: kUnavailable (locked for more than five seconds, disk full or failing),
/// kInvalid (the file is no database, or a broken one), kInternal (our SQL). Not thread-safe.
class Database {
 public:
  /// Opens or makes the file, readable by its owner only.
  static Result<Database> Open(const std::string& path);

  Result<> Execute(const char* sql);
  Result<Statement> Prepare(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A transaction that is rolled back unless it was committed.
class Transaction {
 public:
  enum class Mode : unsigned char { kRead, kWrite };
  static Result<Transaction> Begin(Database& database, Mode mode);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<> Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace pulse::vectors::local
