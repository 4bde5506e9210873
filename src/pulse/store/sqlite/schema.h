#pragma once

/// \file
/// The DDL of the domain tables, made from model/tables.h: one description, no second list.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/model/table.h"

namespace pulse::store::sqlite {

/// One column as the database has it.
struct StoredColumn {
  std::string_view name;
  std::string_view type;  ///< INTEGER | REAL | TEXT
  bool required = false;
};

/// Every column of a domain table, the store's own included, in order. `id` is first.
std::vector<StoredColumn> StoredColumns(const model::Table& table);

/// CREATE TABLE without its indexes.
std::string CreateTable(const model::Table& table);
/// CREATE INDEX IF NOT EXISTS statements, as few as the merge and the link resolution need.
std::vector<std::string> CreateIndexes(const model::Table& table);
/// ALTER TABLE … ADD COLUMN for a column the description gained.
std::string AddColumn(const model::Table& table, const StoredColumn& column);

/// Whether rows of the table point at a parent row (work_item_id, pr_id).
bool HasSurrogate(const model::Table& table);

/// Changes whenever any of the above does: a database built from another description is refused.
std::int64_t DescriptionHash();

}  // namespace pulse::store::sqlite
