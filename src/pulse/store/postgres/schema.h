#pragma once

/// \file
/// The DDL of the domain tables, made from model/tables.h: one description, no second list.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/model/table.h"
#include "pulse/store/postgres/params.h"

namespace pulse::store::postgres {

/// One column as the database has it.
struct StoredColumn {
  std::string_view name;
  std::string_view type;  ///< bigint | float8 | boolean | text | timestamptz | date | json
  bool required = false;
};

/// What a described column is stored as, and what its array parameter holds.
std::string_view TypeOf(model::ColumnType type);
Element ElementOf(model::ColumnType type);

/// Every column of a domain table, the store's own included, in order. `id` is first and identity.
std::vector<StoredColumn> StoredColumns(const model::Table& table);

/// "tenant_id, integration_id, external_id": the table's unique key and primary key of the merge.
std::string KeyColumns(const model::Table& table);

/// CREATE TABLE without its indexes; PRIMARY KEY (tenant_id, id), UNIQUE over KeyColumns.
std::string CreateTable(const model::Table& table);
/// CREATE INDEX IF NOT EXISTS statements, as few as the merge and the link resolution need.
std::vector<std::string> CreateIndexes(const model::Table& table);
/// Row-level security and grants.
std::vector<std::string> Secure(const model::Table& table);
/// ALTER TABLE … ADD COLUMN for a column the description gained.
std::string AddColumn(const model::Table& table, const StoredColumn& column);

/// Whether rows of the table point at a parent row (work_item_id, pr_id).
bool HasSurrogate(const model::Table& table);

/// Changes whenever any of the above does: a database built from another description is refused.
std::int64_t DescriptionHash();

/// The tenant of the transaction as SQL; null outside of one. What every policy compares with.
inline constexpr std::string_view kCurrentTenant =
    "(SELECT nullif(current_setting('app.tenant_id', true), '')::bigint)";

}  // namespace pulse::store::postgres
