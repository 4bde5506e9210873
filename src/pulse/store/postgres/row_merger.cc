#include "pulse/store/postgres/row_merger.h"

#include <algorithm>

#include "pulse/store/postgres/engine.h"
#include "pulse/store/postgres/row_arrays.h"
#include "pulse/store/postgres/schema.h"
#include "pulse/store/postgres/sql/receipts.h"

namespace pulse::store::postgres {

using model::Cell;
using model::Table;

namespace {

Cell CellOf(const Row& row, int column, const model::Column& described) {
  if (described.type == model::ColumnType::kInteger) return Cell::Integer(row.Int(column));
  return Cell::Text(row.Text(column));
}

/// The link values that start at `column`, as the child table names them.
Link LinkOf(const Row& row, int column, const Table& child) {
  Link link;
  for (const std::string_view name : child.parent.child_columns) {
    link.cells[link.size++] = CellOf(row, column++, child.columns[child.IndexOf(name)]);
  }
  return link;
}

}  // namespace

std::optional<std::vector<std::int64_t>> RowMerger::KeyLocks() const {
  // A lock costs about as much as reading a row, and the server's table of locks is not endless.
  constexpr std::size_t kMostRecords = 16;
  constexpr std::size_t kMostLocks = 64;
  if (batch_.records().size() > kMostRecords) return std::nullopt;
  std::vector<std::int64_t> locks;
  Hasher hasher;
  const auto add = [&](std::string_view what, const Table& table, std::string_view value) {
    hasher.Add(scope_.integration.value());
    hasher.Add(what);
    hasher.Add(static_cast<std::int64_t>(model::OrdinalOf(table)));
    hasher.Add(value);
    constexpr std::uint64_t kLow56 = (std::uint64_t{1} << 56) - 1;
    const auto hash = static_cast<std::uint64_t>(hasher.Finish()) & kLow56;
    locks.push_back(LockKey(LockKind::kKey, static_cast<std::int64_t>(hash)));
  };
  for (const model::Record& record : batch_.records()) {
    const model::Row* primary = batch_.primary(record);
    for (const model::Row& row : batch_.rows(record)) {
      const auto cells = batch_.cells(row);
      if (!row.table->primary()) {
        add("link", *row.table->parent.table, TextOf(LinkOfChild(*row.table, cells)));
      } else if (const Table* child = AnyChildOf(*row.table)) {
        add("key", *row.table, KeyCell(row.table->columns[0], cells[0]).text());
        add("link", *row.table, TextOf(LinkOfParent(*child, cells)));
      }
    }
    if (primary != nullptr) continue;
    // An empty set of children names its parent by the record's id alone.
    for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
      const Table* parent = model::kTables[i]->parent.table;
      if ((record.complete >> i & 1U) != 0 && parent != nullptr) {
        add("key", *parent, record.external_id);
      }
    }
  }
  std::ranges::sort(locks);
  locks.erase(std::ranges::unique(locks).begin(), locks.end());
  if (locks.size() > kMostLocks) return std::nullopt;
  return locks;
}

bool RowMerger::WritesUnlocked() const {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    const Table& table = *model::kTables[i];
    if (!table.primary() || AnyChildOf(table) != nullptr) continue;
    if (!plan_.tables[i].inserts.empty() || !plan_.tables[i].updates.empty()) return true;
  }
  return false;
}

void RowMerger::QueueLookups(Transaction& tx) {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (model::kTables[i]->primary()) {
      QueuePrimaryLookups(tx, i);
    } else {
      QueueChildLookups(tx, i);
    }
  }
}

void RowMerger::QueuePrimaryLookups(Transaction& tx, std::size_t ordinal) {
  const Lookup& lookup = planner_.lookups()[ordinal];
  const TableSql& sql = sql_.At(ordinal);
  if (!lookup.keys.empty()) {
    RowArrays params(scope_.tenant, scope_.integration, scope_.job);
    params.Add(Element::kBoolean);
    params.Add(Element::kText);
    for (const auto& [external_id, wants_id] : lookup.keys) {
      params.At(0).AddBoolean(wants_id && new_ids_ == NewIds::kTake);
      params.At(1).AddText(external_id);
    }
    primaries_.push_back({ordinal, tx.Queue(sql.find, params.Params())});
  }
  // Its children all wait, or none: they are asked for together.
  const Table* child = AnyChildOf(*sql.table);
  if (child != nullptr && planner_.lookups()[model::OrdinalOf(*child)].waiting) {
    waiting_.push_back({ordinal, tx.Queue(sql.any_waiting, scope_.tenant, scope_.integration)});
  }
  if (!lookup.links.empty()) {
    RowArrays params(scope_.tenant, scope_.integration, scope_.job);
    params.AddLink(*lookup.link_child);
    for (const Link& link : lookup.links) params.AppendLink(0, link);
    primaries_.push_back({ordinal, tx.Queue(sql.find_by_link, params.Params())});
  }
}

void RowMerger::QueueChildLookups(Transaction& tx, std::size_t ordinal) {
  const Lookup& lookup = planner_.lookups()[ordinal];
  const TableSql& sql = sql_.At(ordinal);
  if (!lookup.children.empty()) {
    RowArrays params(scope_.tenant, scope_.integration);
    params.AddKey(*sql.table);
    for (const auto cells : lookup.children) {
      params.Append(0, *sql.table, cells.first(sql.table->key_columns));
    }
    children_.push_back({ordinal, tx.Queue(sql.find_children, params.Params())});
  }
}

void RowMerger::TakePrimaries(const Rows& rows, std::size_t ordinal) {
  const Table* child = AnyChildOf(*model::kTables[ordinal]);
  for (const Row row : rows) {
    const StoredPrimary stored{
        .exists = row.Bool(2),
        .id = row.Int(1),
        .content_hash = row.Int(3),
        .version = row.Int(4),
        .raw = row.Int(5),
        .job = row.Int(6),
        .deleted = row.Bool(7),
        .seen = row.Bool(8),
    };
    const bool has_link = child != nullptr && stored.exists;
    planner_.AddPrimary(ordinal, row.Text(0), stored, has_link ? LinkOf(row, 9, *child) : Link{});
  }
}

void RowMerger::TakeChildren(const Rows& rows, std::size_t ordinal) {
  const Table& table = *model::kTables[ordinal];
  std::vector<Cell> key(table.key_columns);
  for (const Row row : rows) {
    const Link link = LinkOf(row, 3, table);
    int column = 3 + static_cast<int>(link.size);
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = CellOf(row, column++, table.columns[i]);
    const StoredChild stored{.id = row.Int(0), .content_hash = row.Int(1), .raw = row.Int(2)};
    planner_.AddChild(ordinal, key, link, stored);
  }
}

bool RowMerger::Decide(Transaction& tx) {
  for (const Answer& answer : primaries_) TakePrimaries(tx[answer.slot], answer.ordinal);
  for (const Answer& answer : children_) TakeChildren(tx[answer.slot], answer.ordinal);
  for (const Answer& answer : waiting_) {
    int column = 0;
    for (const Table* child : ChildrenOf(*model::kTables[answer.ordinal])) {
      if (tx[answer.slot][0].Bool(column++)) planner_.SetWaiting(model::OrdinalOf(*child));
    }
  }
  planner_.DecidePrimaries();
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (planner_.sets()[i].empty()) continue;
    RowArrays params(scope_.tenant, scope_.integration);
    params.AddLink(*model::kTables[i]);
    for (const Link& link : planner_.sets()[i]) params.AppendLink(0, link);
    sets_.push_back({i, tx.Queue(sql_.At(i).siblings, params.Params())});
  }
  return !sets_.empty();
}

const MergePlan& RowMerger::Plan(Transaction& tx) {
  for (const Answer& answer : sets_) TakeChildren(tx[answer.slot], answer.ordinal);
  plan_ = std::move(planner_).Finish();
  return plan_;
}

void RowMerger::QueueWrites(Transaction& tx, EpochMs now, bool last) {
  now_ = now;
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) QueueRemovals(tx, i);
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    const TableWrites& writes = plan_.tables[i];
    const TableSql& sql = sql_.At(i);
    if (AnyChildOf(*sql.table) != nullptr) QueueConfirms(tx, sql, writes.confirms);
    QueuePrimaries(tx, sql, sql.insert, writes.inserts);
    QueuePrimaries(tx, sql, sql.update, writes.updates);
    QueueUpserts(tx, sql, writes.upserts);
    QueueAdoptions(tx, sql, writes.adoptions);
  }
  if (!last) QueueSeen(tx);
}

void RowMerger::QueueLateConfirms(Transaction& tx) {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    const TableSql& sql = sql_.At(i);
    const std::span<const Confirm> confirms = plan_.tables[i].confirms;
    if (confirms.empty() || AnyChildOf(*sql.table) != nullptr) continue;
    if (confirms.size() > 1) {
      Array ids(Element::kInteger);
      for (const Confirm& row : confirms) ids.AddInteger(row.id);
      tx.Queue(sql.lock, scope_.tenant, scope_.integration, ids);
    }
    QueueConfirms(tx, sql, confirms);
  }
}

void RowMerger::QueueRemovals(Transaction& tx, std::size_t ordinal) {
  const TableWrites& writes = plan_.tables[ordinal];
  const TableSql& sql = sql_.At(ordinal);
  if (!writes.removals.empty()) {
    tx.Queue(sql.remove, scope_.tenant, scope_.integration, Array::Of(writes.removals));
  }
  if (!writes.touches.empty()) {
    const Array ids = Array::Of(writes.touches);
    tx.Queue(sql.touch, scope_.tenant, scope_.integration, scope_.job, Instant{now_}, ids);
  }
}

void RowMerger::QueueConfirms(Transaction& tx, const TableSql& sql, std::span<const Confirm> rows) {
  if (rows.empty()) return;
  Array ids(Element::kInteger);
  Array versions(Element::kInteger);
  for (const Confirm& row : rows) {
    ids.AddInteger(row.id);
    versions.AddInteger(row.version);
  }
  tx.Queue(sql.confirm, scope_.tenant, scope_.integration, ids, versions);
}

void RowMerger::QueuePrimaries(
    Transaction& tx, const TableSql& sql, const Query& query, std::span<const PrimaryWrite> rows
) {
  if (rows.empty()) return;
  const Table& table = *sql.table;
  RowArrays params(scope_.tenant, scope_.integration, scope_.job, Instant{now_});
  enum : std::uint8_t { kId, kRaw, kPosition, kHash, kVersion, kAbsent, kCells };
  for (std::size_t i = kId; i < kAbsent; ++i) params.Add(Element::kInteger);
  params.Add(Element::kJson);
  params.AddColumns(table);
  for (const PrimaryWrite& row : rows) {
    const auto cells = batch_.cells(*row.row);
    params.At(kId).AddInteger(row.id);
    params.At(kRaw).AddInteger(row.record->raw.value());
    params.At(kPosition).AddInteger(row.record->raw_position);
    params.At(kHash).AddInteger(row.record->content_hash);
    params.At(kVersion).AddInteger(row.version);
    params.At(kAbsent).AddText(AbsentFields(table, cells));
    params.Append(kCells, table, cells);
  }
  tx.Queue(query, params.Params());
}

void RowMerger::QueueUpserts(
    Transaction& tx, const TableSql& sql, std::span<const ChildWrite> rows
) {
  if (rows.empty()) return;
  RowArrays params(scope_.tenant, scope_.integration, scope_.job, Instant{now_});
  enum : std::uint8_t { kParent, kRaw, kPosition, kHash, kCells };
  for (std::size_t i = kParent; i < kCells; ++i) params.Add(Element::kInteger);
  params.AddColumns(*sql.table);
  for (const ChildWrite& row : rows) {
    if (row.parent != 0) {
      params.At(kParent).AddInteger(row.parent);
    } else {
      params.At(kParent).AddNull();
    }
    params.At(kRaw).AddInteger(row.record->raw.value());
    params.At(kPosition).AddInteger(row.record->raw_position);
    params.At(kHash).AddInteger(row.content_hash);
    params.Append(kCells, *sql.table, batch_.cells(*row.row));
  }
  tx.Queue(sql.upsert, params.Params());
}

void RowMerger::QueueAdoptions(
    Transaction& tx, const TableSql& sql, std::span<const Adoption> rows
) {
  if (rows.empty()) return;
  RowArrays params(scope_.tenant, scope_.integration);
  params.Add(Element::kInteger);
  params.AddLink(*sql.table);
  for (const Adoption& row : rows) {
    params.At(0).AddInteger(row.parent);
    params.AppendLink(1, row.link);
  }
  tx.Queue(sql.adopt, params.Params());
}

void RowMerger::QueueSeen(Transaction& tx) {
  Array seen_tables(Element::kInteger);
  Array seen(Element::kInteger);
  Array unseen_tables(Element::kInteger);
  Array unseen(Element::kInteger);
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    for (const std::int64_t id : plan_.tables[i].seen) {
      seen_tables.AddInteger(static_cast<std::int64_t>(i));
      seen.AddInteger(id);
    }
    for (const std::int64_t id : plan_.tables[i].unseen) {
      unseen_tables.AddInteger(static_cast<std::int64_t>(i));
      unseen.AddInteger(id);
    }
  }
  if (seen.size() > 0) {
    tx.Queue(sql::receipts::mark_seen, scope_.tenant, scope_.job, seen_tables, seen);
  }
  if (unseen.size() > 0) {
    tx.Queue(sql::receipts::unmark_seen, scope_.tenant, scope_.job, unseen_tables, unseen);
  }
}

}  // namespace pulse::store::postgres
