#include "pulse/store/postgres/domain_plan.h"

#include <set>
#include <string>

#include "pulse/model/tables.h"
#include "pulse/store/postgres/schema.h"

namespace pulse::store::postgres {
namespace {

constexpr Query kColumns{
    "domain.columns",
    "SELECT c.relname::text, a.attname::text FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    " AND c.relname = ANY ($1::text[])"
};
constexpr Query kIndexes{
    "domain.indexes",
    "SELECT c.relname::text FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid"
    " WHERE c.relnamespace = 'public'::regnamespace AND i.indisvalid"
};

struct Present {
  std::set<std::string> tables;
  std::set<std::string> columns;  ///< table.column
  std::set<std::string> indexes;
};

Result<Present> ReadPresent(Connection& connection) {
  Array names(Element::kText);
  for (const model::Table* table : model::kTables) names.AddText(table->name);
  Present present;
  PULSE_TRY(const Rows columns, connection.Run(kColumns, names));
  for (const Row row : columns) {
    present.tables.emplace(row.Text(0));
    present.columns.insert(std::string(row.Text(0)) + "." + std::string(row.Text(1)));
  }
  PULSE_TRY(const Rows indexes, connection.Run(kIndexes));
  for (const Row row : indexes) present.indexes.emplace(row.Text(0));
  return present;
}

std::string Qualified(const model::Table& table, std::string_view column) {
  return std::string(table.name) + "." + std::string(column);
}

constexpr std::string_view kPlainIndex = "CREATE INDEX IF NOT EXISTS ";

std::string IndexName(std::string_view statement) {
  statement.remove_prefix(kPlainIndex.size());
  return std::string(statement.substr(0, statement.find(' ')));
}

void PlanTable(
    const model::Table& table, const Present& present, std::vector<ScriptStatement>& plan
) {
  const bool is_new = !present.tables.contains(std::string(table.name));
  if (is_new) plan.push_back({CreateTable(table)});
  for (const StoredColumn& column : StoredColumns(table)) {
    if (is_new || present.columns.contains(Qualified(table, column.name))) continue;
    plan.push_back({AddColumn(table, column)});
  }
  for (std::string& rule : Secure(table)) plan.push_back({std::move(rule)});
  for (std::string& index : CreateIndexes(table)) {
    if (present.indexes.contains(IndexName(index))) continue;
    if (is_new) {
      plan.push_back({std::move(index)});
    } else {
      plan.push_back(
          {"CREATE INDEX CONCURRENTLY IF NOT EXISTS " + index.substr(kPlainIndex.size()),
           /*concurrent=*/true}
      );
    }
  }
}

}  // namespace

Result<std::vector<ScriptStatement>> PlanDomain(Connection& connection) {
  PULSE_TRY(const Present present, ReadPresent(connection));
  std::vector<ScriptStatement> plan;
  for (const model::Table* table : model::kTables) PlanTable(*table, present, plan);
  return plan;
}

Result<std::vector<std::string>> MissingColumns(Connection& connection) {
  PULSE_TRY(const Present present, ReadPresent(connection));
  std::vector<std::string> missing;
  for (const model::Table* table : model::kTables) {
    for (const StoredColumn& column : StoredColumns(*table)) {
      std::string name = Qualified(*table, column.name);
      if (!present.columns.contains(name)) missing.push_back(std::move(name));
    }
  }
  return missing;
}

std::vector<ScriptStatement> DropDomain() {
  std::vector<ScriptStatement> plan;
  for (const model::Table* table : model::kTables) {
    plan.push_back({"DROP TABLE IF EXISTS " + std::string(table->name)});
  }
  return plan;
}

}  // namespace pulse::store::postgres
