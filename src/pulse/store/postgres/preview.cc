#include "pulse/store/postgres/preview.h"

#include <unordered_map>

#include "pulse/model/json_text.h"
#include "pulse/store/postgres/row_arrays.h"
#include "pulse/store/postgres/row_merger.h"

namespace pulse::store::postgres {
namespace {

using model::Cell;
using model::Column;
using model::ColumnType;
using model::Table;

/// A row as JSON values, in the order of its described columns (deleted_at last, if it has one).
struct Shown {
  bool exists = false;
  std::string external_id;
  std::vector<std::string> values;
};

constexpr Column kDeletedAt{"deleted_at", ColumnType::kInstant, "", {}};

const Column& ColumnAt(const Table& table, std::size_t i) {
  return i < table.columns.size() ? table.columns[i] : kDeletedAt;
}

std::string TextJson(std::string_view text) {
  std::string json;
  model::AppendJsonString(json, text);
  return json;
}

std::string NumberJson(double number) {
  std::string json;
  model::AppendJsonNumber(json, number);
  return json;
}

std::string ValueJson(const Row& row, int at, ColumnType type) {
  if (row.IsNull(at)) return "null";
  switch (type) {
    case ColumnType::kInteger:
      return std::to_string(row.Int(at));
    case ColumnType::kBoolean:
      return row.Bool(at) ? "true" : "false";
    case ColumnType::kReal:
      return NumberJson(row.Real(at));
    case ColumnType::kInstant:
      return TextJson(FormatInstant(row.Time(at)));
    case ColumnType::kJson:
      return std::string(row.Text(at));
    case ColumnType::kText:
    case ColumnType::kDate:
      break;
  }
  return TextJson(row.Text(at));
}

std::string ValueJson(const Cell& cell, ColumnType type) {
  if (!cell.has_value()) return "null";
  if (cell.kind() == Cell::Kind::kReal) return NumberJson(cell.real());
  if (cell.kind() == Cell::Kind::kText) {
    return type == ColumnType::kJson ? std::string(cell.text()) : TextJson(cell.text());
  }
  if (type == ColumnType::kInstant) return TextJson(FormatInstant(cell.integer()));
  if (type == ColumnType::kBoolean) return cell.integer() != 0 ? "true" : "false";
  if (type == ColumnType::kReal) return NumberJson(static_cast<double>(cell.integer()));
  return std::to_string(cell.integer());
}

Shown ShownOf(const Table& table, const Row& row) {
  Shown shown{.exists = true, .external_id = std::string(row.Text(1)), .values = {}};
  const std::size_t columns = table.columns.size() + (table.primary() ? 1 : 0);
  for (std::size_t i = 0; i < columns; ++i) {
    shown.values.push_back(ValueJson(row, static_cast<int>(i) + 2, ColumnAt(table, i).type));
  }
  return shown;
}

Shown ShownOf(const Table& table, const model::Record& record, std::span<const Cell> cells) {
  Shown shown{.exists = true, .external_id = std::string(record.external_id), .values = {}};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Column& column = table.columns[i];
    const Cell cell = i < table.key_columns ? KeyCell(column, cells[i]) : cells[i];
    shown.values.push_back(ValueJson(cell, column.type));
  }
  if (table.primary()) shown.values.emplace_back("null");  // It lives.
  return shown;
}

/// The columns in which `row` differs from `other`; a child's key columns anyway.
std::string Differing(const Table& table, const Shown& row, const Shown& other) {
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

/// Reads the rows of one table that a plan is about, and says how they would change.
class TablePreview {
 public:
  TablePreview(const TableSql& sql, const model::RowBatch& batch, const TableWrites& writes)
      : sql_(sql), table_(*sql.table), batch_(batch), writes_(writes) {}

  /// Which stored rows the children to write are; first look.
  void QueueKeys(Transaction& tx, const MergeScope& scope) {
    if (writes_.upserts.empty()) return;
    RowArrays params(scope.tenant, scope.integration);
    params.AddKey(table_);
    for (const ChildWrite& write : writes_.upserts) {
      params.Append(0, table_, batch_.cells(*write.row).first(table_.key_columns));
    }
    found_ = tx.Queue(sql_.find_children, params.Params());
  }

  /// The rows themselves; second look.
  void QueueRows(Transaction& tx, const MergeScope& scope) {
    if (found_) TakeKeys(tx[*found_]);
    Array ids = Array::Of(std::span<const std::int64_t>(writes_.removals));
    for (const PrimaryWrite& write : writes_.updates) ids.AddInteger(write.id);
    for (const auto& [key, stored] : stored_) ids.AddInteger(stored.id);
    if (ids.size() > 0) rows_ = tx.Queue(sql_.show, scope.tenant, ids);
  }

  void AddChanges(Transaction& tx, std::size_t limit, std::vector<RowChange>& changes) {
    std::unordered_map<std::int64_t, Shown> before;
    if (rows_) {
      for (const Row row : tx[*rows_]) before.emplace(row.Int(0), ShownOf(table_, row));
    }
    const auto add = [&](std::int64_t id, const Shown& after) {
      const auto at = before.find(id);
      Add(at == before.end() ? Shown{} : at->second, after, limit, changes);
    };
    for (const PrimaryWrite& write : writes_.updates) add(write.id, AfterOf(write));
    for (const std::int64_t id : writes_.removals) add(id, Shown{});
    for (const PrimaryWrite& write : writes_.inserts) add(0, AfterOf(write));
    for (const ChildWrite& write : writes_.upserts) {
      const auto at = stored_.find(KeyOf(table_, batch_.cells(*write.row)));
      if (at == stored_.end()) {
        add(0, AfterOf(write));
      } else if (at->second.content_hash != write.content_hash &&
                 write.record->raw.value() >= at->second.raw) {
        add(at->second.id, AfterOf(write));
      }
    }
  }

 private:
  template <class Write>
  Shown AfterOf(const Write& write) const {
    return ShownOf(table_, *write.record, batch_.cells(*write.row));
  }

  void TakeKeys(const Rows& rows) {
    std::vector<Cell> key(table_.key_columns);
    for (const Row row : rows) {
      int column = 3 + static_cast<int>(table_.parent.child_columns.size());
      for (std::size_t i = 0; i < key.size(); ++i, ++column) {
        const bool is_number = table_.columns[i].type == ColumnType::kInteger;
        key[i] = is_number ? Cell::Integer(row.Int(column)) : Cell::Text(row.Text(column));
      }
      stored_[TextOf(key)] = {.id = row.Int(0), .content_hash = row.Int(1), .raw = row.Int(2)};
    }
  }

  void Add(
      const Shown& before, const Shown& after, std::size_t limit, std::vector<RowChange>& changes
  ) const {
    if (changes.size() >= limit) return;
    if (before.exists == after.exists && before.values == after.values) return;
    changes.push_back({
        .table = std::string(table_.name),
        .external_id = after.exists ? after.external_id : before.external_id,
        .is_new = !before.exists,
        .before = Differing(table_, before, after),
        .after = Differing(table_, after, before),
    });
  }

  const TableSql& sql_;
  const Table& table_;
  const model::RowBatch& batch_;
  const TableWrites& writes_;
  std::optional<Transaction::Slot> found_;
  std::optional<Transaction::Slot> rows_;
  std::unordered_map<std::string, StoredChild> stored_;
};

}  // namespace

// Reads what other writers are about to change, too: it is a preview, and waits for nobody.
Result<Preview> Rehearse(Engine& engine, const Unit& unit, int limit) {
  Preview preview;
  if (unit.rows == nullptr) return preview;
  const MergeScope scope{unit.tenant, unit.integration, unit.job};
  RowMerger merger(engine.sql, scope, *unit.rows, RowMerger::NewIds::kForget);
  PULSE_TRY(Transaction tx, engine.pool.Begin(unit.tenant));
  merger.QueueLookups(tx);
  PULSE_CHECK(tx.Flush());
  if (merger.Decide(tx)) PULSE_CHECK(tx.Flush());
  const MergePlan& plan = merger.Plan(tx);
  for (const auto& [entity_type, counts] : plan.counts) {
    preview.inserted += counts.inserted;
    preview.updated += counts.updated;
    preview.unchanged += counts.unchanged;
  }
  std::vector<TablePreview> tables;
  for (const bool primary : {true, false}) {
    for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
      if (model::kTables[i]->primary() != primary) continue;
      tables.emplace_back(engine.sql.At(i), *unit.rows, plan.tables[i]);
    }
  }
  for (TablePreview& table : tables) table.QueueKeys(tx, scope);
  PULSE_CHECK(tx.Flush());
  for (TablePreview& table : tables) table.QueueRows(tx, scope);
  PULSE_CHECK(tx.Commit());
  const auto most = static_cast<std::size_t>(std::max(limit, 0));
  for (TablePreview& table : tables) table.AddChanges(tx, most, preview.changes);
  return preview;
}

}  // namespace pulse::store::postgres
