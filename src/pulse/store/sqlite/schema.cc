#include "pulse/store/sqlite/schema.h"

#include <algorithm>

#include "pulse/base/hash.h"
#include "pulse/model/tables.h"

namespace pulse::store::sqlite {
namespace {

std::string_view TypeOf(model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kInteger:
    case model::ColumnType::kBoolean:
      return "INTEGER";
    case model::ColumnType::kReal:
      return "REAL";
    case model::ColumnType::kText:
    case model::ColumnType::kInstant:
    case model::ColumnType::kDate:
    case model::ColumnType::kJson:
      return "TEXT";
  }
  return "TEXT";
}

std::string KeyOf(const model::Table& table) {
  std::string key = "tenant_id, integration_id";
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    key.append(", ").append(table.columns[i].name);
  }
  return key;
}

/// Whether the unique key already starts with `columns`: then it serves as their index too.
bool KeyStartsWith(const model::Table& table, std::span<const std::string_view> columns) {
  if (columns.size() > table.key_columns) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (table.columns[i].name != columns[i]) return false;
  }
  return true;
}

std::string Index(const model::Table& table, std::string_view label, std::string_view columns) {
  std::string sql = "CREATE INDEX IF NOT EXISTS ix_";
  sql.append(table.name).append("_").append(label);
  sql.append(" ON ").append(table.name).append(" (").append(columns).append(")");
  return sql;
}

std::string Join(std::string_view head, std::span<const std::string_view> names) {
  std::string text(head);
  for (const std::string_view name : names) text.append(", ").append(name);
  return text;
}

}  // namespace

bool HasSurrogate(const model::Table& table) { return table.parent.table != nullptr; }

std::vector<StoredColumn> StoredColumns(const model::Table& table) {
  std::vector<StoredColumn> columns = {
      {"id", "INTEGER", true}, {"tenant_id", "INTEGER", true}, {"integration_id", "INTEGER", true}
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    columns.push_back({table.columns[i].name, TypeOf(table.columns[i].type), i < table.key_columns}
    );
  }
  if (HasSurrogate(table)) columns.push_back({table.parent.surrogate, "INTEGER"});
  if (&table == &model::kWorkItemPrs) columns.push_back({"work_item_id", "INTEGER"});
  columns.insert(
      columns.end(),
      {{"raw_id", "INTEGER", true},
       {"raw_position", "INTEGER", true},
       {"job_id", "INTEGER", true},
       {"content_hash", "INTEGER", true},
       {"created_at", "TEXT", true},
       {"updated_at", "TEXT", true}}
  );
  if (table.primary()) {
    columns.insert(
        columns.end(),
        {{"source_version", "INTEGER", true},
         {"absent_fields", "TEXT", true},
         {"deleted_at", "TEXT"},
         {"deleted_reason", "TEXT"}}
    );
  }
  return columns;
}

std::string CreateTable(const model::Table& table) {
  std::string sql = "CREATE TABLE ";
  sql.append(table.name).append(" (\n  id INTEGER PRIMARY KEY");
  for (const StoredColumn& column : StoredColumns(table)) {
    if (column.name == "id") continue;
    sql.append(",\n  ").append(column.name).append(" ").append(column.type);
    if (column.required) sql.append(" NOT NULL");
  }
  sql.append(",\n  UNIQUE (").append(KeyOf(table)).append(")\n) STRICT");
  return sql;
}

std::vector<std::string> CreateIndexes(const model::Table& table) {
  std::vector<std::string> indexes;
  if (&table == &model::kWorkItems) indexes.push_back(Index(table, "key", "tenant_id, key"));
  if (&table == &model::kPrs) {
    indexes.push_back(
        Index(table, "number", "tenant_id, integration_id, repository_external_id, number")
    );
  }
  if (!HasSurrogate(table)) return indexes;
  const model::ParentLink& link = table.parent;
  if (!KeyStartsWith(table, link.child_columns)) {
    indexes.push_back(Index(table, "parent", Join("tenant_id, integration_id", link.child_columns))
    );
  }
  // Rows that came before their parent; empty almost always, so it costs nothing to keep.
  std::string waiting =
      Index(table, "waiting", Join("tenant_id, integration_id", link.child_columns));
  waiting.append(" WHERE ").append(link.surrogate).append(" IS NULL");
  indexes.push_back(std::move(waiting));
  return indexes;
}

std::string AddColumn(const model::Table& table, const StoredColumn& column) {
  std::string sql = "ALTER TABLE ";
  return sql.append(table.name)
      .append(" ADD COLUMN ")
      .append(column.name)
      .append(" ")
      .append(column.type);
}

std::int64_t DescriptionHash() {
  Hasher hasher;
  for (const model::Table* table : model::kTables) {
    hasher.Add(CreateTable(*table));
    for (const std::string& index : CreateIndexes(*table)) hasher.Add(index);
  }
  return hasher.Finish();
}

}  // namespace pulse::store::sqlite
