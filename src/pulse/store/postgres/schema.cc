#include "pulse/store/postgres/schema.h"

#include "pulse/base/hash.h"
#include "pulse/model/tables.h"

namespace pulse::store::postgres {
namespace {

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
  return sql.append(" ON ").append(table.name).append(" (").append(columns).append(")");
}

std::string Join(std::string_view head, std::span<const std::string_view> names) {
  std::string text(head);
  for (const std::string_view name : names) text.append(", ").append(name);
  return text;
}

}  // namespace

std::string_view TypeOf(model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kInteger:
      return "bigint";
    case model::ColumnType::kBoolean:
      return "boolean";
    case model::ColumnType::kReal:
      return "float8";
    case model::ColumnType::kInstant:
      return "timestamptz";
    case model::ColumnType::kDate:
      return "date";
    // Not jsonb: it refuses \u0000, rewrites numbers and forgets order, and these texts are the
    // source's own.
    case model::ColumnType::kJson:
      return "json";
    case model::ColumnType::kText:
      break;
  }
  return "text";
}

Element ElementOf(model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kInteger:
      return Element::kInteger;
    case model::ColumnType::kBoolean:
      return Element::kBoolean;
    case model::ColumnType::kReal:
      return Element::kReal;
    case model::ColumnType::kInstant:
      return Element::kInstant;
    case model::ColumnType::kDate:
      return Element::kDate;
    case model::ColumnType::kJson:
      return Element::kJson;
    case model::ColumnType::kText:
      break;
  }
  return Element::kText;
}

bool HasSurrogate(const model::Table& table) { return table.parent.table != nullptr; }

std::string KeyColumns(const model::Table& table) {
  std::string key = "tenant_id, integration_id";
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    key.append(", ").append(table.columns[i].name);
  }
  return key;
}

std::vector<StoredColumn> StoredColumns(const model::Table& table) {
  std::vector<StoredColumn> columns = {
      {"id", "bigint", true}, {"tenant_id", "bigint", true}, {"integration_id", "bigint", true}
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const model::Column& column = table.columns[i];
    columns.push_back({column.name, TypeOf(column.type), i < table.key_columns});
  }
  if (HasSurrogate(table)) columns.push_back({table.parent.surrogate, "bigint"});
  if (&table == &model::kWorkItemPrs) columns.push_back({"work_item_id", "bigint"});
  columns.insert(
      columns.end(),
      {{"raw_id", "bigint", true},
       {"raw_position", "integer", true},
       {"job_id", "bigint", true},
       {"content_hash", "bigint", true},
       {"created_at", "timestamptz", true},
       {"updated_at", "timestamptz", true}}
  );
  if (table.primary()) {
    columns.insert(
        columns.end(),
        {{"source_version", "bigint", true},
         {"absent_fields", "json", true},
         {"deleted_at", "timestamptz"},
         {"deleted_reason", "text"}}
    );
  }
  return columns;
}

std::string CreateTable(const model::Table& table) {
  std::string sql = "CREATE TABLE IF NOT EXISTS ";
  sql.append(table.name).append(" (\n  id bigint GENERATED ALWAYS AS IDENTITY");
  for (const StoredColumn& column : StoredColumns(table)) {
    if (column.name == "id") continue;
    sql.append(",\n  ").append(column.name).append(" ").append(column.type);
    if (column.required) sql.append(" NOT NULL");
  }
  sql.append(",\n  PRIMARY KEY (tenant_id, id),\n  UNIQUE (").append(KeyColumns(table));
  return sql.append(")\n)");
}

std::vector<std::string> CreateIndexes(const model::Table& table) {
  std::vector<std::string> indexes;
  if (&table == &model::kWorkItems) indexes.push_back(Index(table, "key", "tenant_id, key"));
  if (&table == &model::kWorkItemPrs) {
    indexes.push_back(Index(table, "key", "tenant_id, work_item_key"));
    indexes.push_back(Index(table, "item", "tenant_id, work_item_id"));
  }
  if (&table == &model::kPrs) {
    indexes.push_back(
        Index(table, "number", "tenant_id, integration_id, repository_external_id, number")
    );
  }
  if (!HasSurrogate(table)) return indexes;
  const model::ParentLink& link = table.parent;
  const std::string columns = Join("tenant_id, integration_id", link.child_columns);
  if (!KeyStartsWith(table, link.child_columns)) {
    indexes.push_back(Index(table, "parent", columns));
  }
  // Rows that came before their parent; empty almost always, so it costs nothing to keep.
  std::string waiting = Index(table, "waiting", columns);
  waiting.append(" WHERE ").append(link.surrogate).append(" IS NULL");
  indexes.push_back(std::move(waiting));
  return indexes;
}

std::vector<std::string> Secure(const model::Table& table) {
  const std::string name(table.name);
  const std::string own = "tenant_id = " + std::string(kCurrentTenant);
  return {
      "ALTER TABLE " + name + " ENABLE ROW LEVEL SECURITY",
      "ALTER TABLE " + name + " FORCE ROW LEVEL SECURITY",
      "DROP POLICY IF EXISTS tenant ON " + name,
      "CREATE POLICY tenant ON " + name + " TO pulse_app, pulse_query USING (" + own +
          ") WITH CHECK (" + own + ")",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON " + name + " TO pulse_app",
      "GRANT SELECT ON " + name + " TO pulse_query",
      // A merge takes ids before it inserts, so that children can name their parent at once.
      "GRANT USAGE ON SEQUENCE " + name + "_id_seq TO pulse_app",
  };
}

std::string AddColumn(const model::Table& table, const StoredColumn& column) {
  std::string sql = "ALTER TABLE ";
  sql.append(table.name).append(" ADD COLUMN IF NOT EXISTS ").append(column.name);
  return sql.append(" ").append(column.type);
}

std::int64_t DescriptionHash() {
  Hasher hasher;
  for (const model::Table* table : model::kTables) {
    hasher.Add(CreateTable(*table));
    for (const std::string& index : CreateIndexes(*table)) hasher.Add(index);
    for (const std::string& rule : Secure(*table)) hasher.Add(rule);
  }
  return hasher.Finish();
}

}  // namespace pulse::store::postgres
