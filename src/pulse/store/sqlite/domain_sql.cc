#include "pulse/store/sqlite/domain_sql.h"

#include "pulse/store/sqlite/schema.h"

namespace pulse::store::sqlite {
namespace {

using Names = std::vector<std::string_view>;

Names CellsOf(const model::Table& table) {
  Names names;
  for (const model::Column& column : table.columns) names.push_back(column.name);
  return names;
}

Names KeyOf(const model::Table& table) {
  Names names = CellsOf(table);
  names.resize(table.key_columns);
  return names;
}

/// "a, b, c"
std::string List(const Names& names, std::string_view prefix = "") {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text.append(prefix).append(name);
  }
  return text;
}

/// "a = ?, b = ?"
std::string Assignments(const Names& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text.append(name).append(" = ?");
  }
  return text;
}

/// "tenant_id = ? AND integration_id = ? AND a = ?"
std::string Where(std::span<const std::string_view> names) {
  std::string text = "tenant_id = ? AND integration_id = ?";
  for (const std::string_view name : names) text.append(" AND ").append(name).append(" = ?");
  return text;
}

std::string Insert(const model::Table& table, const Names& names) {
  std::string text = "INSERT INTO ";
  text.append(table.name).append(" (").append(List(names)).append(") VALUES (?");
  for (std::size_t i = 1; i < names.size(); ++i) text += ", ?";
  return text += ")";
}

Names Concat(std::initializer_list<Names> parts) {
  Names all;
  for (const Names& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Which primary record a row is, or belongs to; a child without its parent says where it points.
std::string RecordOf(const model::Table& table) {
  if (table.primary()) return "external_id";
  const model::ParentLink& link = table.parent;
  std::string text = "coalesce((SELECT p.external_id FROM ";
  text.append(link.table->name).append(" p WHERE p.tenant_id = r.tenant_id AND p.id = r.");
  text.append(link.surrogate).append(")");
  text.append(", ").append(link.child_columns[0]);
  for (std::size_t i = 1; i < link.child_columns.size(); ++i) {
    text.append(" || '#' || ").append(link.child_columns[i]);
  }
  return text += ")";
}

std::string Locator(const model::Table& table) {
  std::string text;
  for (const std::string_view column : table.locator) {
    text.append(text.empty() ? "" : " || '#' || ").append("coalesce(").append(column);
    text += ", '')";
  }
  return text.empty() ? "''" : text;
}

std::string Show(const model::Table& table) {
  std::string text = "SELECT " + RecordOf(table) + ", " + List(CellsOf(table));
  if (table.primary()) text += ", deleted_at";
  text.append(" FROM ").append(table.name);
  return text += " r WHERE tenant_id = ?1 AND id = ?2";
}

const Names kScope = {"tenant_id", "integration_id"};
const Names kOrigin = {"raw_id", "raw_position", "job_id", "content_hash"};

}  // namespace

DomainSql::DomainSql() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    TableSql& sql = tables_[i];
    sql.table = model::kTables[i];
    const std::string from = " FROM " + std::string(sql.table->name) + " WHERE ";
    sql.forget = Keep(*sql.table, "forget", "DELETE" + from + Where({}));
    if (sql.table->primary()) DescribePrimary(sql);
    if (sql.table->primary()) DescribeCensus(sql);
    sql.show = Keep(*sql.table, "show", Show(*sql.table));
    if (HasSurrogate(*sql.table)) DescribeChild(sql);
  }
}

Query DomainSql::Keep(const model::Table& table, std::string_view what, std::string text) {
  const std::string& name =
      texts_.emplace_back("rows." + std::string(table.name) + "." + std::string(what));
  return {name, texts_.emplace_back(std::move(text))};
}

void DomainSql::DescribePrimary(TableSql& sql) {
  const model::Table& table = *sql.table;
  const std::string name(table.name);
  sql.find = Keep(
      table,
      "find",
      "SELECT id, content_hash, source_version, raw_id, job_id, deleted_at IS NOT NULL FROM " +
          name + " WHERE " + Where(KeyOf(table))
  );
  sql.insert = Keep(
      table,
      "insert",
      Insert(
          table,
          Concat(
              {kScope,
               CellsOf(table),
               kOrigin,
               {"created_at", "updated_at", "source_version", "absent_fields"}}
          )
      )
  );
  sql.update = Keep(
      table,
      "update",
      "UPDATE " + name + " SET " +
          Assignments(
              Concat({CellsOf(table), kOrigin, {"updated_at", "source_version", "absent_fields"}})
          ) +
          ", deleted_at = NULL, deleted_reason = NULL WHERE tenant_id = ? AND id = ?"
  );
  sql.confirm = Keep(
      table,
      "confirm",
      "UPDATE " + name + " SET source_version = ?3 WHERE tenant_id = ?1 AND id = ?2"
  );
  sql.touch = Keep(
      table,
      "touch",
      "UPDATE " + name + " SET job_id = ?3, updated_at = ?4 WHERE tenant_id = ?1 AND id = ?2"
  );
}

// A row written since the job began was there: whatever the census says is older news.
void DomainSql::DescribeCensus(TableSql& sql) {
  const model::Table& table = *sql.table;
  const std::string name(table.name);
  sql.vanish = Keep(
      table,
      "vanish",
      "UPDATE " + name +
          " SET deleted_at = ?4, deleted_reason = ?5, updated_at = ?4 WHERE tenant_id = ?1 AND "
          "integration_id = ?2 AND external_id = ?3 AND deleted_at IS NULL AND updated_at < ?6 "
          "RETURNING id"
  );
  const std::string listed =
      "EXISTS (SELECT 1 FROM job_census c WHERE c.tenant_id = ?1 AND c.job_id = ?3 AND "
      "c.entity_type = ?4 AND c.external_id = r.external_id)";
  const std::string missing = "deleted_at IS NULL AND updated_at < ?5 AND NOT " + listed;
  const std::string from = " FROM " + name + " r WHERE tenant_id = ?1 AND integration_id = ?2 AND ";
  sql.missing = Keep(
      table,
      "missing",
      "SELECT external_id, " + Locator(table) + from + missing + " ORDER BY id LIMIT ?6"
  );
  sql.missing_counts = Keep(
      table,
      "missing_counts",
      "SELECT count(*), count(*) FILTER (WHERE " + missing + ")" + from +
          "created_at < ?5 AND (deleted_at IS NULL OR deleted_at >= ?5)"
  );
  sql.absent = Keep(
      table,
      "absent",
      "SELECT value FROM json_each(?3) WHERE NOT EXISTS (SELECT 1 FROM " + name +
          " WHERE tenant_id = ?1 AND integration_id = ?2 AND external_id = value AND deleted_at IS "
          "NULL) ORDER BY json_each.key"
  );
}

void DomainSql::DescribeChild(TableSql& sql) {
  const model::Table& table = *sql.table;
  const model::ParentLink& link = table.parent;
  const std::string name(table.name);
  const std::string parent(link.table->name);
  const std::string surrogate(link.surrogate);

  std::string upsert = Insert(
      table,
      Concat({kScope, CellsOf(table), {link.surrogate}, kOrigin, {"created_at", "updated_at"}})
  );
  upsert += " ON CONFLICT (" + List(Concat({kScope, KeyOf(table)})) + ") DO UPDATE SET ";
  for (std::size_t i = table.key_columns; i < table.columns.size(); ++i) {
    const std::string_view column = table.columns[i].name;
    upsert.append(column).append(" = excluded.").append(column).append(", ");
  }
  upsert += surrogate + " = coalesce(excluded." + surrogate + ", " + surrogate + "), ";
  upsert +=
      "raw_id = excluded.raw_id, raw_position = excluded.raw_position, job_id = excluded.job_id, "
      "content_hash = excluded.content_hash, updated_at = excluded.updated_at "
      "WHERE content_hash <> excluded.content_hash AND excluded.raw_id >= raw_id";
  sql.upsert = Keep(table, "upsert", std::move(upsert));

  sql.siblings = Keep(
      table,
      "siblings",
      "SELECT id, raw_id, " + List(KeyOf(table)) + " FROM " + name + " WHERE " +
          Where(link.child_columns)
  );
  sql.remove = Keep(table, "remove", "DELETE FROM " + name + " WHERE tenant_id = ? AND id = ?");
  std::string adopt = "UPDATE " + name + " SET " + surrogate + " = ?3 WHERE tenant_id = ?1 AND " +
                      "integration_id = ?2 AND " + surrogate + " IS NULL";
  for (std::size_t i = 0; i < link.child_columns.size(); ++i) {
    adopt.append(" AND ").append(link.child_columns[i]).append(" = ?" + std::to_string(i + 4));
  }
  sql.adopt = Keep(table, "adopt", std::move(adopt));
  sql.any_waiting = Keep(
      table,
      "any_waiting",
      "SELECT 1 FROM " + name + " WHERE " + Where({}) + " AND " + surrogate + " IS NULL LIMIT 1"
  );
  sql.find_parent = Keep(
      table,
      "find_parent",
      "SELECT id, job_id FROM " + parent + " WHERE " + Where(link.parent_columns)
  );
  sql.link_values = Keep(
      table,
      "link_values",
      "SELECT " + List({link.parent_columns.begin(), link.parent_columns.end()}) + " FROM " +
          parent + " WHERE " + Where(KeyOf(*link.table))
  );
}

}  // namespace pulse::store::sqlite
