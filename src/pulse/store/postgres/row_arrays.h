#pragma once

/// \file
/// RowArrays: rows on their way to a statement of domain_sql.h, one array per column.

#include <span>
#include <vector>

#include "pulse/model/row_batch.h"
#include "pulse/store/postgres/params.h"
#include "pulse/store/postgres/row_key.h"

namespace pulse::store::postgres {

/// Scalars first, then arrays, in the order added. The arrays are filled side by side.
class RowArrays {
 public:
  /// Scalars; what they point at must outlive Params().
  template <class... Values>
  explicit RowArrays(const Values&... scalars) : scalars_{Param(scalars)...} {}

  /// Adds an empty array; returns it for filling. The reference is good until the next Add.
  Array& Add(Element element) { return arrays_.emplace_back(element); }
  Array& At(std::size_t array) { return arrays_[array]; }
  /// Adds one array per described column.
  void AddColumns(const model::Table& table);
  /// Adds one array per key column, or per link column of a child table.
  void AddKey(const model::Table& table);
  void AddLink(const model::Table& child);

  /// One row's cells into the arrays from `first` on; key columns are never null.
  void Append(std::size_t first, const model::Table& table, std::span<const model::Cell> cells);
  void AppendLink(std::size_t first, const Link& link);

  /// Valid while this is and until something is added.
  std::span<const Param> Params();

 private:
  std::vector<Param> scalars_;
  std::vector<Array> arrays_;
  std::vector<Param> params_;
};

/// `["description"]`: the tracked columns that the source left out.
std::string AbsentFields(const model::Table& table, std::span<const model::Cell> cells);

}  // namespace pulse::store::postgres
