#include <algorithm>
#include <bit>

#include "pulse/store/sqlite/cells.h"
#include "pulse/store/sqlite/merge.h"
#include "pulse/store/sqlite/schema.h"

namespace pulse::store::sqlite {

using model::Cell;
using model::Record;
using model::Row;
using model::RowBatch;
using model::Table;

namespace {

bool Contains(model::TableSet set, std::size_t ordinal) { return (set >> ordinal & 1U) != 0; }

/// The cells by which a child row finds its parent.
std::vector<Cell> LinkOf(const Table& child, std::span<const Cell> cells) {
  std::vector<Cell> link;
  for (const std::string_view name : child.parent.child_columns) {
    link.push_back(cells[child.IndexOf(name)]);
  }
  return link;
}

/// The same of the parent's side.
std::vector<Cell> LinkOfParent(const Table& child, std::span<const Cell> parent_cells) {
  std::vector<Cell> link;
  for (const std::string_view name : child.parent.parent_columns) {
    link.push_back(parent_cells[child.parent.table->IndexOf(name)]);
  }
  return link;
}

void BindLink(Statement& statement, const Table& child, std::span<const Cell> link) {
  for (std::size_t i = 0; i < link.size(); ++i) {
    const std::size_t column = child.IndexOf(child.parent.child_columns[i]);
    BindKeyCell(statement, child.columns[column], link[i]);
  }
}

/// A key as text that no other key has: each part with its length.
void AppendKeyPart(std::string& key, std::string_view part) {
  key.append(std::to_string(part.size())).append(":").append(part);
}

std::string KeyOf(const Table& table, std::span<const Cell> cells) {
  std::string key;
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    const bool is_number = table.columns[i].type == model::ColumnType::kInteger;
    if (is_number) {
      AppendKeyPart(key, std::to_string(cells[i].has_value() ? cells[i].integer() : 0));
    } else {
      AppendKeyPart(key, cells[i].has_value() ? cells[i].text() : std::string_view());
    }
  }
  return key;
}

std::string KeyOf(const Table& table, const Statement& row, int first_column) {
  std::string key;
  for (int i = 0; i < table.key_columns; ++i) AppendKeyPart(key, row.Text(first_column + i));
  return key;
}

bool SameLink(std::span<const Cell> one, std::span<const Cell> other) {
  return std::ranges::equal(one, other, [](const Cell& a, const Cell& b) {
    if (a.kind() != b.kind()) return false;
    if (a.kind() == Cell::Kind::kText) return a.text() == b.text();
    return !a.has_value() || a.integer() == b.integer();
  });
}

}  // namespace

Result<> RowMerger::MergeOwnChildren(
    const RowBatch& batch, const Record& record, std::int64_t parent, bool parent_is_new
) {
  const Row& primary = *batch.primary(record);
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (!Contains(record.complete, i)) continue;
    const Table& table = *model::kTables[i];
    if (table.parent.table != primary.table) continue;
    if (parent_is_new) {  // Nothing to remove, unless rows came before their parent.
      PULSE_TRY(const bool waiting, AnyWaiting(i));
      if (!waiting) continue;
    }
    const auto link = LinkOfParent(table, batch.cells(primary));
    PULSE_TRY(const bool removed, RemoveMissing(batch, record, sql_.At(i), link));
    static_cast<void>(removed);  // The parent's own record changed, or we would not be here.
  }
  for (const Row& row : batch.rows(record)) {
    if (row.table->primary()) continue;
    const bool own =
        row.table->parent.table == primary.table &&
        SameLink(
            LinkOf(*row.table, batch.cells(row)), LinkOfParent(*row.table, batch.cells(primary))
        );
    std::int64_t parent_id = parent;
    if (!own) {
      PULSE_TRY(const Parent found, ParentOf(row, batch.cells(row)));
      parent_id = found.id;
    }
    PULSE_TRY(const bool written, UpsertChild(batch, record, row, parent_id));
    static_cast<void>(written);
  }
  return {};
}

Result<> RowMerger::MergeForeignChildren(const RowBatch& batch, const Record& record) {
  // Removals first: a row that moved to another key must not meet its old self.
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (!Contains(record.complete, i)) continue;
    PULSE_CHECK(ReplaceForeignSet(batch, record, i));
  }
  const Row* last = nullptr;
  Parent parent;
  for (const Row& row : batch.rows(record)) {
    const auto cells = batch.cells(row);
    const bool same = last != nullptr && last->table->parent.table == row.table->parent.table &&
                      SameLink(LinkOf(*row.table, cells), LinkOf(*last->table, batch.cells(*last)));
    if (!same) {
      PULSE_TRY(parent, ParentOf(row, cells));
    }
    last = &row;
    PULSE_TRY(const bool written, UpsertChild(batch, record, row, parent.id));
    if (!written || !HasSurrogate(*row.table)) continue;
    PULSE_CHECK(Touch(*row.table->parent.table, parent));
    parent.job = job_.id.value();
  }
  return {};
}

/// Removes what a set that is complete no longer has. Which parent it belongs to is read off its
/// rows; an empty set says so by the record's external id.
Result<> RowMerger::ReplaceForeignSet(
    const RowBatch& batch, const Record& record, std::size_t ordinal
) {
  const Table& table = *model::kTables[ordinal];
  if (!HasSurrogate(table)) return {};
  for (const Row& row : batch.rows(record)) {
    if (row.table != &table) continue;
    const auto link = LinkOf(table, batch.cells(row));
    PULSE_TRY(const bool removed, RemoveMissing(batch, record, sql_.At(ordinal), link));
    if (!removed) return {};
    PULSE_TRY(const Parent parent, ParentOf(row, batch.cells(row)));
    return Touch(*table.parent.table, parent);
  }
  std::string text;
  std::vector<Cell> link;
  {
    PULSE_TRY(
        Statement row,
        db_.Select(sql_.At(ordinal).link_values, job_.tenant, job_.integration, record.external_id)
    );
    PULSE_TRY(const bool found, row.Next());
    if (!found) return {};
    text = row.Text(0);
    link.push_back(Cell::Text(text));
    if (table.parent.parent_columns.size() > 1) link.push_back(Cell::Integer(row.Int(1)));
  }
  PULSE_TRY(const bool removed, RemoveMissing(batch, record, sql_.At(ordinal), link));
  if (!removed) return {};
  PULSE_TRY(const Parent parent, ParentAt(sql_.At(ordinal), link));
  return Touch(*table.parent.table, parent);
}

Result<RowMerger::Parent> RowMerger::ParentOf(const Row& row, std::span<const Cell> cells) {
  if (!HasSurrogate(*row.table)) return Parent{};
  return ParentAt(sql_.Of(*row.table), LinkOf(*row.table, cells));
}

Result<RowMerger::Parent> RowMerger::ParentAt(const TableSql& sql, std::span<const Cell> link) {
  PULSE_TRY(Statement found, db_.Select(sql.find_parent, job_.tenant, job_.integration));
  BindLink(found, *sql.table, link);
  PULSE_TRY(const bool is_there, found.Next());
  if (!is_there) return Parent{};
  return Parent{.id = found.Int(0), .job = found.Int(1)};
}

/// A changed child makes its parent `updated` in this job; its own columns stay as they are.
Result<> RowMerger::Touch(const Table& table, const Parent& parent) {
  if (parent.id == 0 || parent.job == job_.id.value()) return {};
  const Borrowed now{{now_text_, sizeof now_text_}};
  PULSE_CHECK(db_.Do(sql_.Of(table).touch, job_.tenant, parent.id, job_.id, now));
  return CountUpdated(table.entity_type, table, parent.id, parent.job);
}

Result<bool> RowMerger::UpsertChild(
    const RowBatch& batch, const Record& record, const Row& row, std::int64_t parent
) {
  const auto cells = batch.cells(row);
  for (const Cell& cell : cells) {
    hasher_.Add(static_cast<std::int64_t>(cell.kind()));
    if (cell.kind() == Cell::Kind::kText) hasher_.Add(cell.text());
    if (cell.kind() == Cell::Kind::kInteger) hasher_.Add(cell.integer());
    if (cell.kind() == Cell::Kind::kReal) hasher_.Add(std::bit_cast<std::int64_t>(cell.real()));
  }
  const std::int64_t hash = hasher_.Finish();
  const TableSql& sql = sql_.Of(*row.table);
  PULSE_TRY(Statement upsert, db_.Select(sql.upsert, job_.tenant, job_.integration));
  BindCells(upsert, *row.table, cells);
  if (parent != 0) {
    upsert.Bind(parent);
  } else {
    upsert.Bind(nullptr);
    any_waiting_[model::OrdinalOf(*row.table)] = true;
  }
  const Borrowed now{{now_text_, sizeof now_text_}};
  upsert.Bind(record.raw, record.raw_position, job_.id, hash, now, now);
  PULSE_TRY(const int written, upsert.Run());
  return written > 0;
}

Result<bool> RowMerger::RemoveMissing(
    const RowBatch& batch, const Record& record, const TableSql& sql, std::span<const Cell> link
) {
  const Table& table = *sql.table;
  std::unordered_set<std::string> kept;
  for (const Row& row : batch.rows(record)) {
    if (row.table == &table) kept.insert(KeyOf(table, batch.cells(row)));
  }
  std::vector<std::int64_t> missing;
  {
    PULSE_TRY(Statement row, db_.Select(sql.siblings, job_.tenant, job_.integration));
    BindLink(row, table, link);
    PULSE_TRY(bool more, row.Next());
    while (more) {
      // A row from a page fetched after this one is not missing: this page could not know it.
      const bool older = row.Int(1) <= record.raw.value();
      if (older && !kept.contains(KeyOf(table, row, 2))) missing.push_back(row.Int(0));
      PULSE_TRY(more, row.Next());
    }
  }
  for (const std::int64_t id : missing) PULSE_CHECK(db_.Do(sql.remove, job_.tenant, id));
  return !missing.empty();
}

}  // namespace pulse::store::sqlite
