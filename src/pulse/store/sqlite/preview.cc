#include "pulse/store/sqlite/preview.h"

#include <set>

#include "pulse/model/json_text.h"
#include "pulse/store/sqlite/merge.h"

namespace pulse::store::sqlite {
namespace {

/// Rows that were written, by the ordinal of their table.
using Written = std::array<std::set<std::int64_t>, std::size(model::kTables)>;

/// A row as JSON values, in the order of its described columns (deleted_at last, if it has one).
struct Shown {
  bool exists = false;
  std::string external_id;
  std::vector<std::string> values;
};

constexpr model::Column kDeletedAt{"deleted_at", model::ColumnType::kInstant, "", {}};

const model::Column& ColumnAt(const model::Table& table, std::size_t i) {
  return i < table.columns.size() ? table.columns[i] : kDeletedAt;
}

std::string ValueJson(const Statement& row, int at, model::ColumnType type) {
  if (row.IsNull(at)) return "null";
  std::string json;
  switch (type) {
    case model::ColumnType::kInteger:
      return std::to_string(row.Int(at));
    case model::ColumnType::kBoolean:
      return row.Int(at) != 0 ? "true" : "false";
    case model::ColumnType::kReal:
      model::AppendJsonNumber(json, row.Real(at));
      return json;
    case model::ColumnType::kJson:
      return std::string(row.Text(at));
    case model::ColumnType::kText:
    case model::ColumnType::kInstant:
    case model::ColumnType::kDate:
      break;
  }
  model::AppendJsonString(json, row.Text(at));
  return json;
}

Result<Shown> Show(Connection& db, const TableSql& sql, TenantId tenant, std::int64_t id) {
  Shown shown;
  PULSE_TRY(Statement row, db.Select(sql.show, tenant, id));
  PULSE_TRY(shown.exists, row.Next());
  if (!shown.exists) return shown;
  shown.external_id = row.Text(0);
  const model::Table& table = *sql.table;
  const std::size_t columns = table.columns.size() + (table.primary() ? 1 : 0);
  for (std::size_t i = 0; i < columns; ++i) {
    shown.values.push_back(ValueJson(row, static_cast<int>(i) + 1, ColumnAt(table, i).type));
  }
  return shown;
}

/// The columns in which `row` differs from `other`; a child's key columns anyway.
std::string Differing(const model::Table& table, const Shown& row, const Shown& other) {
  std::string json = "{";
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const bool names_child = !table.primary() && i < table.key_columns;
    const bool differs = !other.exists || row.values[i] != other.values[i];
    if (!differs && !names_child) continue;
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, ColumnAt(table, i).name);
    json.append(":").append(row.values[i]);
  }
  return json += '}';
}

std::optional<RowChange> ChangeOf(
    const model::Table& table, const Shown& before, const Shown& after
) {
  if (before.exists == after.exists && before.values == after.values) return std::nullopt;
  return RowChange{
      .table = std::string(table.name),
      .external_id = after.exists ? after.external_id : before.external_id,
      .is_new = !before.exists,
      .before = Differing(table, before, after),
      .after = Differing(table, after, before),
  };
}

/// A row with what it was like after the merge.
struct Candidate {
  const TableSql* sql = nullptr;
  std::int64_t id = 0;
  Shown after;
};

Result<> ReadAfter(
    Connection& db,
    const TableSql& sql,
    TenantId tenant,
    const std::set<std::int64_t>& ids,
    std::vector<Candidate>& candidates
) {
  for (const std::int64_t id : ids) {
    PULSE_TRY(Shown after, Show(db, sql, tenant, id));
    candidates.push_back({&sql, id, std::move(after)});
  }
  return {};
}

Result<Written> Merge(Connection& db, RowMerger& merger, const model::RowBatch& rows) {
  Written written;
  db.WatchRows([&](std::string_view name, std::int64_t id) {
    const model::Table* table = model::FindTable(name);
    if (table != nullptr) written[model::OrdinalOf(*table)].insert(id);
  });
  const Result<> merged = merger.Merge(rows);
  db.WatchRows({});
  PULSE_CHECK(merged);
  return written;
}

}  // namespace

Result<Preview> Rehearse(
    Connection& db, const DomainSql& sql, const Unit& unit, int limit, EpochMs now
) {
  Preview preview;
  if (unit.rows == nullptr) return preview;
  model::Job job;
  job.id = unit.job;
  job.tenant = unit.tenant;
  job.integration = unit.integration;
  RowMerger merger(db, sql, job, now);
  PULSE_CHECK(db.Execute("SAVEPOINT preview", "preview"));
  PULSE_TRY(const Written written, Merge(db, merger, *unit.rows));
  for (const auto& [entity_type, counts] : merger.counts()) {
    preview.inserted += counts.inserted;
    preview.updated += counts.updated;
    preview.unchanged += counts.unchanged;
  }
  std::vector<Candidate> candidates;
  for (const bool primary : {true, false}) {
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (model::kTables[i]->primary() != primary) continue;
      PULSE_CHECK(ReadAfter(db, sql.At(i), unit.tenant, written[i], candidates));
    }
  }
  PULSE_CHECK(db.Execute("ROLLBACK TO preview", "preview"));
  for (const Candidate& row : candidates) {
    if (preview.changes.size() >= static_cast<std::size_t>(limit)) break;
    PULSE_TRY(const Shown before, Show(db, *row.sql, unit.tenant, row.id));
    if (auto change = ChangeOf(*row.sql->table, before, row.after)) {
      preview.changes.push_back(*std::move(change));
    }
  }
  return preview;
}

}  // namespace pulse::store::sqlite
