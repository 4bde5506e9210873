#include "pulse/store/sqlite/merge.h"

#include "pulse/store/sqlite/cells.h"
#include "pulse/store/sqlite/schema.h"
#include "pulse/store/sqlite/sql/receipts.h"

namespace pulse::store::sqlite {

using model::Cell;
using model::Record;
using model::Row;
using model::RowBatch;
using model::Table;

RowMerger::RowMerger(Connection& db, const DomainSql& sql, const model::Job& job, EpochMs now)
    : db_(db), sql_(sql), job_(job) {
  FormatInstantTo(now, now_text_);
}

Result<> RowMerger::Merge(const RowBatch& batch) {
  for (const Record& record : batch.records()) PULSE_CHECK(MergeRecord(batch, record));
  return {};
}

Result<> RowMerger::MergeRecord(const RowBatch& batch, const Record& record) {
  const Row* primary = batch.primary(record);
  if (primary == nullptr) return MergeForeignChildren(batch, record);
  // The same person comes with every issue of a page; the second time there is nothing to do.
  hasher_.Add(static_cast<std::int64_t>(model::OrdinalOf(*primary->table)));
  hasher_.Add(record.external_id);
  hasher_.Add(record.version);
  hasher_.Add(record.content_hash);
  if (!merged_.insert(hasher_.Finish()).second) return {};

  const Table& table = *primary->table;
  const TableSql& sql = sql_.Of(table);
  const auto cells = batch.cells(*primary);
  PULSE_TRY(const auto stored, Find(sql, cells));
  if (!stored) {
    PULSE_TRY(const std::int64_t id, Insert(sql, record, cells));
    CountInserted(record.entity_type);
    changed_[model::OrdinalOf(table)].push_back(id);
    PULSE_CHECK(MergeOwnChildren(batch, record, id, /*parent_is_new=*/true));
    return Adopt(table, cells, id);
  }
  const bool stale = record.version < stored->version ||
                     (record.version == stored->version && record.raw.value() < stored->raw);
  const bool equal = record.content_hash == stored->content_hash && !stored->deleted;
  if (equal && record.version > stored->version) {
    // A newer page says the same. The row must know, or one in between could still overwrite it.
    PULSE_CHECK(db_.Do(sql.confirm, job_.tenant, stored->id, record.version));
  }
  if (equal || stale) return CountUnchanged(record.entity_type, table, *stored);
  PULSE_CHECK(Update(sql, record, cells, stored->id));
  PULSE_CHECK(CountUpdated(record.entity_type, table, stored->id, stored->job));
  changed_[model::OrdinalOf(table)].push_back(stored->id);
  return MergeOwnChildren(batch, record, stored->id, /*parent_is_new=*/false);
}

Result<std::optional<RowMerger::Stored>> RowMerger::Find(
    const TableSql& sql, std::span<const Cell> cells
) {
  PULSE_TRY(Statement row, db_.Select(sql.find, job_.tenant, job_.integration));
  for (std::size_t i = 0; i < sql.table->key_columns; ++i) {
    BindKeyCell(row, sql.table->columns[i], cells[i]);
  }
  PULSE_TRY(const bool found, row.Next());
  if (!found) return std::nullopt;
  return Stored{
      .id = row.Int(0),
      .content_hash = row.Int(1),
      .version = row.Int(2),
      .raw = row.Int(3),
      .job = row.Int(4),
      .deleted = row.Int(5) != 0,
  };
}

Result<std::int64_t> RowMerger::Insert(
    const TableSql& sql, const Record& record, std::span<const Cell> cells
) {
  PULSE_TRY(Statement insert, db_.Select(sql.insert, job_.tenant, job_.integration));
  BindCells(insert, *sql.table, cells);
  const Borrowed now{{now_text_, sizeof now_text_}};
  insert.Bind(record.raw, record.raw_position, job_.id, record.content_hash, now, now);
  insert.Bind(record.version, AbsentFields(*sql.table, cells));
  PULSE_TRY(const int inserted, insert.Run());
  static_cast<void>(inserted);
  return db_.last_id();
}

Result<> RowMerger::Update(
    const TableSql& sql, const Record& record, std::span<const Cell> cells, std::int64_t id
) {
  PULSE_TRY(Statement update, db_.Prepare(sql.update));
  BindCells(update, *sql.table, cells);
  const Borrowed now{{now_text_, sizeof now_text_}};
  update.Bind(record.raw, record.raw_position, job_.id, record.content_hash, now);
  update.Bind(record.version, AbsentFields(*sql.table, cells), job_.tenant, id);
  PULSE_TRY(const int updated, update.Run());
  if (updated != 1) return Error{ErrorKind::kInternal, "a row to update is gone"};
  return {};
}

// A changelog page may be loaded before its issue's page: such rows wait with a null surrogate.
Result<> RowMerger::Adopt(const Table& parent, std::span<const Cell> cells, std::int64_t id) {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    const Table& child = *model::kTables[i];
    if (child.parent.table != &parent) continue;
    PULSE_TRY(const bool waiting, AnyWaiting(i));
    if (!waiting) continue;
    PULSE_TRY(Statement adopt, db_.Select(sql_.At(i).adopt, job_.tenant, job_.integration, id));
    for (const std::string_view name : child.parent.parent_columns) {
      const std::size_t column = parent.IndexOf(name);
      BindKeyCell(adopt, parent.columns[column], cells[column]);
    }
    PULSE_TRY(const int adopted, adopt.Run());
    static_cast<void>(adopted);
  }
  return {};
}

/// Whether this integration has rows of the table without a parent, as of the first question in
/// this unit or because the unit added one: asked once, since the answer is almost always no.
Result<bool> RowMerger::AnyWaiting(std::size_t ordinal) {
  std::optional<bool>& known = any_waiting_[ordinal];
  if (!known) {
    PULSE_TRY(
        Statement row, db_.Select(sql_.At(ordinal).any_waiting, job_.tenant, job_.integration)
    );
    PULSE_TRY(known, row.Next());
  }
  return *known;
}

model::EntityCounts& RowMerger::Of(std::string_view entity_type) {
  const auto at = counts_.find(entity_type);
  if (at != counts_.end()) return at->second;
  return counts_.emplace(entity_type, model::EntityCounts{}).first->second;
}

void RowMerger::CountInserted(std::string_view entity_type) {
  model::EntityCounts& counts = Of(entity_type);
  ++counts.records;
  ++counts.inserted;
}

// A record counts once per job however often it comes. A row this job has written carries its id
// and is counted already; a row it found unchanged is in job_seen and may still turn updated.
Result<> RowMerger::CountUpdated(
    std::string_view entity_type, const Table& table, std::int64_t id, std::int64_t row_job
) {
  if (row_job == job_.id.value()) return {};
  model::EntityCounts& counts = Of(entity_type);
  PULSE_TRY(
      const int was_unchanged,
      db_.Run(sql::receipts::unmark_seen, job_.tenant, job_.id, model::OrdinalOf(table), id)
  );
  ++counts.updated;
  if (was_unchanged > 0) {
    --counts.unchanged;
  } else {
    ++counts.records;
  }
  return {};
}

Result<> RowMerger::CountUnchanged(
    std::string_view entity_type, const Table& table, const Stored& row
) {
  if (row.job == job_.id.value()) return {};
  PULSE_TRY(
      const int first_time,
      db_.Run(sql::receipts::mark_seen, job_.tenant, job_.id, model::OrdinalOf(table), row.id)
  );
  if (first_time == 0) return {};
  model::EntityCounts& counts = Of(entity_type);
  ++counts.records;
  ++counts.unchanged;
  return {};
}

}  // namespace pulse::store::sqlite
