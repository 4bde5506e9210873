#include "pulse/store/postgres/tables.h"

#include "pulse/model/tables.h"
#include "pulse/store/postgres/sql/texts.h"
#include "pulse/store/postgres/tenant_select.h"

namespace pulse::store::postgres {
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

EmbeddingText TextOf(const Row& row, std::string_view entity_type) {
  EmbeddingText text{
      .row = row.As<RowId>(0),
      .integration = row.As<IntegrationId>(1),
      .entity_type = std::string(entity_type),
      .external_id = std::string(row.Text(2)),
      .title = std::string(row.Text(3)),
      .reference = std::string(row.Text(4)),
      .text = "",
      .deleted = row.Bool(6),
  };
  text.text.append(text.title).append("\n").append(row.Text(5));
  return text;
}

}  // namespace

Result<std::string> PostgresTables::Select(TenantId tenant, std::string_view sql, int max_rows) {
  return TenantSelect(
      queries_, {.tenant = tenant, .max_rows = max_rows, .time_limit = select_limit_}, sql
  );
}

Result<std::vector<EmbeddingText>> PostgresTables::EmbeddingTexts(
    TenantId tenant, std::string_view table, const std::vector<RowId>& rows
) {
  PULSE_TRY(const TextTable* of, TextTableNamed(table));
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto slot = tx.Queue(of->text, tenant, Array::Of(std::span(rows)));
  PULSE_CHECK(tx.Commit());
  std::vector<EmbeddingText> texts;
  texts.reserve(rows.size());
  for (const Row row : tx[slot]) texts.push_back(TextOf(row, of->table.entity_type));
  return texts;
}

Result<std::vector<RowId>> PostgresTables::RowsAfter(
    TenantId tenant, std::string_view table, RowId after, int limit
) {
  PULSE_TRY(const TextTable* of, TextTableNamed(table));
  PULSE_TRY(Transaction tx, pool_.Begin(tenant));
  const auto slot = tx.Queue(of->after, tenant, after, limit);
  PULSE_CHECK(tx.Commit());
  std::vector<RowId> ids;
  for (const Row row : tx[slot]) ids.push_back(row.As<RowId>(0));
  return ids;
}

}  // namespace pulse::store::postgres
