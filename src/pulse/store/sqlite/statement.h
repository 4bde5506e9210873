#pragma once

/// \file
/// Statement: a prepared statement on loan from its Connection. Values are bound by position, in
/// the order they are given, each by what it is: ids and integers, text, bytes, null.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/store/query.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pulse::store::sqlite {

/// Bytes for a BLOB column. Not copied: they must outlive the statement's run.
struct Blob {
  std::string_view bytes;
};
/// Text that outlives the statement's run, so that binding does not copy it.
struct Borrowed {
  std::string_view text;
};

/// What went wrong, as an Error that names the query and never a value. Busy, locked, full and I/O
/// errors are kUnavailable, constraints kConflict, interrupts kTimeout, the rest kInternal.
Error SqliteError(sqlite3* db, int code, std::string_view query);

/// Move-only. Resets the prepared statement when it goes. Not thread-safe, as its connection.
class Statement {
 public:
  Statement(sqlite3_stmt* stmt, const Query& query) noexcept : stmt_(stmt), name_(query.name) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  template <class... Values>
  Statement& Bind(const Values&... values) {
    (BindOne(values), ...);
    return *this;
  }
  /// Ends a run and starts another with new values.
  void Reset();

  /// The next row, or false at the end.
  Result<bool> Next();
  /// Runs it to the end; returns how many rows it changed.
  Result<int> Run();

  std::int64_t Int(int column) const;
  double Real(int column) const;
  /// Valid until the next row. Works for BLOB columns too.
  std::string_view Text(int column) const;
  bool IsNull(int column) const;
  std::optional<std::int64_t> OptionalInt(int column) const;
  template <class Id>
  Id As(int column) const {
    return Id{Int(column)};
  }

 private:
  template <std::integral Number>
  void BindOne(Number value) {
    BindInteger(static_cast<std::int64_t>(value));
  }
  template <class Tag>
  void BindOne(Id<Tag> id) {
    BindInteger(id.value());
  }
  template <class Value>
  void BindOne(const std::optional<Value>& value) {
    if (value) {
      BindOne(*value);
    } else {
      BindNull();
    }
  }
  void BindOne(double value);
  void BindOne(std::string_view text);  ///< Copies.
  void BindOne(const std::string& text) { BindOne(std::string_view(text)); }
  void BindOne(const char* text) { BindOne(std::string_view(text)); }
  void BindOne(Blob blob);
  void BindOne(Borrowed text);
  void BindOne(std::nullptr_t) { BindNull(); }
  void BindInteger(std::int64_t value);
  void BindNull();

  sqlite3_stmt* stmt_;
  std::string_view name_;
  int bound_ = 0;
  int bind_error_ = 0;  ///< The first one; Next reports it.
};

}  // namespace pulse::store::sqlite
