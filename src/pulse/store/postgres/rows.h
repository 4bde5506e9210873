#pragma once

/// \file
/// Rows: what a statement returned, read by column. Text points into the result and lives as long
/// as the Rows. Reading a column as what it is not is a bug in our SQL and stops the program.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "pulse/base/time.h"

struct pg_result;

namespace pulse::store::postgres {

/// One row; a view of its Rows.
class Row {
 public:
  Row(const pg_result* result, int row) noexcept : result_(result), row_(row) {}

  bool IsNull(int column) const;
  /// smallint, integer, bigint, oid; boolean as 0 or 1.
  std::int64_t Int(int column) const;
  bool Bool(int column) const { return Int(column) != 0; }
  double Real(int column) const;  ///< float8, float4.
  /// text, json, bytea, name and the like: the bytes.
  std::string_view Text(int column) const;
  EpochMs Time(int column) const;  ///< timestamptz, cut to milliseconds.

  /// 0, "" … for null.
  std::optional<std::int64_t> OptionalInt(int column) const;
  std::optional<EpochMs> OptionalTime(int column) const;
  template <class Id>
  Id As(int column) const {
    return Id{Int(column)};
  }

 private:
  const pg_result* result_;
  int row_;
};

/// Move-only.
class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result) : result_(result) {}

  int size() const;
  bool empty() const { return size() == 0; }
  Row operator[](int row) const { return {result_.get(), row}; }
  /// How many rows an INSERT, UPDATE, DELETE or SELECT touched.
  std::int64_t affected() const;
  std::string_view command_tag() const;
  const pg_result* get() const { return result_.get(); }

  class Iterator {
   public:
    Iterator(const pg_result* result, int row) : result_(result), row_(row) {}
    Row operator*() const { return {result_, row_}; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const pg_result* result_;
    int row_;
  };
  Iterator begin() const { return {result_.get(), 0}; }
  Iterator end() const { return {result_.get(), size()}; }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace pulse::store::postgres
