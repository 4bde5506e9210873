#pragma once

/// \file
/// RowBatch: what a transform makes of raw pages and what load merges into the tables.
///
/// A batch is a list of *records*. A record is one primary record of the source (an issue, a pull
/// request) with its rows: at most one row of a primary table and any number of child rows; or
/// only child rows, when a page brings children alone (a changelog page). All text is copied into
/// the batch's arena, so a batch is self-contained. Not thread-safe.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/arena.h"
#include "pulse/base/error.h"
#include "pulse/base/hash.h"
#include "pulse/base/ids.h"
#include "pulse/base/time.h"
#include "pulse/model/tables.h"

namespace pulse::model {

/// One value. Absent (the source did not say) is not null (the source said: nothing).
class Cell {
 public:
  enum class Kind : std::uint8_t { kAbsent, kNull, kInteger, kReal, kText };

  Cell() noexcept = default;
  static Cell Null() noexcept;
  static Cell Integer(std::int64_t value) noexcept;
  static Cell Real(double value) noexcept;
  static Cell Text(std::string_view value) noexcept;  ///< Does not copy.

  Kind kind() const noexcept { return kind_; }
  bool has_value() const noexcept { return kind_ > Kind::kNull; }
  std::int64_t integer() const noexcept { return value_.integer; }
  double real() const noexcept { return value_.real; }
  std::string_view text() const noexcept { return {value_.text, size_}; }

 private:
  union {
    std::int64_t integer;
    double real;
    const char* text;
  } value_{.integer = 0};
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::kAbsent;
};

struct Row {
  const Table* table;
  std::uint32_t first_cell;
};

/// Child tables (by ordinal) whose rows in this record are all there are: load removes the others.
using TableSet = std::uint32_t;
constexpr TableSet SetOf(const Table& table) { return TableSet{1} << OrdinalOf(table); }

struct Record {
  std::string_view entity_type;  ///< Entity the receipt counts it under, e.g. "jira_issues".
  std::string_view external_id;
  EpochMs version = 0;  ///< Source's own "updated"; an older one never overwrites.
  RawId raw;
  std::int32_t raw_position = 0;  ///< Index of the record in its raw page.
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;
  TableSet complete = 0;
  std::int64_t content_hash = 0;  ///< Over every cell of every row and `complete`.
};

class RowBatch {
 public:
  /// Fills one row. Columns never set stay absent. Text is copied, U+0000 replaced by U+FFFD
  /// (neither database stores it) and counted in replaced_nuls().
  class RowWriter {
   public:
    RowWriter& Text(ColumnIndex column, std::string_view value);
    RowWriter& Integer(ColumnIndex column, std::int64_t value);
    RowWriter& Real(ColumnIndex column, double value);
    RowWriter& Boolean(ColumnIndex column, bool value);
    RowWriter& Null(ColumnIndex column);

   private:
    friend class RowBatch;
    RowWriter(RowBatch& batch, std::uint32_t first_cell) : batch_(batch), first_cell_(first_cell) {}
    RowBatch& batch_;
    std::uint32_t first_cell_;
  };

  /// Starts a record; rows added until EndRecord belong to it.
  void BeginRecord(
      std::string_view entity_type,
      std::string_view external_id,
      EpochMs version,
      std::int32_t position
  );
  RowWriter AddRow(const Table& table);
  /// `complete`: child tables this record brings in full (SetOf(kComments) | …).
  void EndRecord(TableSet complete = 0);
  /// Forgets the rows of the record under construction: it could not be understood.
  void AbandonRecord();

  /// Which raw page the records added from here on come from.
  void SetRaw(RawId raw) { raw_ = raw; }

  std::span<const Record> records() const { return records_; }
  std::span<const Row> rows(const Record& record) const {
    return std::span(rows_).subspan(record.first_row, record.rows);
  }
  /// As many cells as the row's table has columns.
  std::span<const Cell> cells(const Row& row) const {
    return std::span(cells_).subspan(row.first_cell, row.table->columns.size());
  }
  /// The record's row of a primary table, or null when it brings children only.
  const Row* primary(const Record& record) const;

  Arena& arena() { return arena_; }
  std::size_t replaced_nuls() const { return replaced_nuls_; }
  std::size_t row_count() const { return rows_.size(); }

  /// Bytes for the staging table, and back. Errors: kInternal (bytes not made by Serialize).
  std::string Serialize() const;
  static Result<RowBatch> Deserialize(std::string_view bytes);

 private:
  friend class RowWriter;

  Arena arena_;
  std::vector<Cell> cells_;
  std::vector<Row> rows_;
  std::vector<Record> records_;
  Record open_{};
  RawId raw_;
  std::size_t replaced_nuls_ = 0;
};

/// One row as a JSON object, columns in table order; absent columns are left out, JSON columns are
/// embedded, instants are ISO 8601. What `pulse transform` prints.
std::string RowToJson(const RowBatch& batch, const Row& row);

}  // namespace pulse::model
