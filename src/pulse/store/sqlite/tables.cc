#include "pulse/store/sqlite/tables.h"

#include "pulse/model/tables.h"
#include "pulse/store/sqlite/sql/texts.h"
#include "pulse/store/sqlite/tenant_select.h"

namespace pulse::store::sqlite {
namespace {

/// A table whose rows have a text worth embedding.
struct TextTable {
  const model::Table& table;
  const Query& text;
  const Query& after;
};
constexpr TextTable kTextTables[] = {
    {model::kWorkItems, sql::texts::work_item, sql::texts::work_items_after},
    {model::kPrs, sql::texts::pr, sql::texts::prs_after},
};

Result<const TextTable*> TextTableNamed(std::string_view name) {
  for (const TextTable& candidate : kTextTables) {
    if (candidate.table.name == name) return &candidate;
  }
  return Error{
      ErrorKind::kInvalid,
      "table \"" + std::string(name) + "\" has no text; work_items and prs have"
  };
}

EmbeddingText TextOf(const Statement& row, std::string_view entity_type) {
  EmbeddingText text{
      .row = row.As<RowId>(0),
      .integration = row.As<IntegrationId>(1),
      .entity_type = std::string(entity_type),
      .external_id = std::string(row.Text(2)),
      .title = std::string(row.Text(3)),
      .reference = std::string(row.Text(4)),
      .text = "",
      .deleted = row.Int(6) != 0,
  };
  text.text.append(text.title).append("\n").append(row.Text(5));
  return text;
}

}  // namespace

Result<std::string> SqliteTables::Select(TenantId tenant, std::string_view sql, int max_rows) {
  return TenantSelect(
      {.path = database_.options().path,
       .tenant = tenant,
       .max_rows = max_rows,
       .time_limit = select_limit_},
      sql
  );
}

Result<std::vector<EmbeddingText>> SqliteTables::EmbeddingTexts(
    TenantId tenant, std::string_view table, const std::vector<RowId>& rows
) {
  PULSE_TRY(const TextTable* of, TextTableNamed(table));
  return database_.Read([&](Connection& db) -> Result<std::vector<EmbeddingText>> {
    std::vector<EmbeddingText> texts;
    texts.reserve(rows.size());
    for (const RowId id : rows) {
      PULSE_TRY(Statement row, db.Select(of->text, tenant, id));
      PULSE_TRY(const bool found, row.Next());
      if (found) texts.push_back(TextOf(row, of->table.entity_type));
    }
    return texts;
  });
}

Result<std::vector<RowId>> SqliteTables::RowsAfter(
    TenantId tenant, std::string_view table, RowId after, int limit
) {
  PULSE_TRY(const TextTable* of, TextTableNamed(table));
  return database_.Read([&](Connection& db) -> Result<std::vector<RowId>> {
    std::vector<RowId> ids;
    PULSE_TRY(Statement row, db.Select(of->after, tenant, after, limit));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      ids.push_back(row.As<RowId>(0));
      PULSE_TRY(more, row.Next());
    }
    return ids;
  });
}

}  // namespace pulse::store::sqlite
