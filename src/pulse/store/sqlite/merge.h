#pragma once

/// \file
/// RowMerger: brings a batch of records into the domain tables, inside the caller's transaction.
///
/// One record at a time, in batch order, so that the newest wins inside a batch too. A record whose
/// content hash equals the stored row's is not written. An older source version never overwrites a
/// newer one; of equal versions the page fetched later (the higher raw id) wins.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pulse/base/hash.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/model/row_batch.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/domain_sql.h"

namespace pulse::store::sqlite {

/// Not thread-safe; made for one unit.
class RowMerger {
 public:
  /// `job` owns the counters; rows are written under its tenant and integration.
  RowMerger(Connection& db, const DomainSql& sql, const model::Job& job, EpochMs now);

  Result<> Merge(const model::RowBatch& batch);

  /// Deltas of the receipt, by entity type.
  const std::map<std::string, model::EntityCounts, std::less<>>& counts() const { return counts_; }
  /// Rows of a primary table that were inserted or whose own record changed; one that changed twice
  /// is in it twice.
  const std::vector<std::int64_t>& changed(const model::Table& table) const {
    return changed_[model::OrdinalOf(table)];
  }

 private:
  /// A stored primary row, as far as the merge cares.
  struct Stored {
    std::int64_t id = 0;
    std::int64_t content_hash = 0;
    EpochMs version = 0;
    std::int64_t raw = 0;
    std::int64_t job = 0;
    bool deleted = false;
  };
  /// The parent a child row belongs to; id 0 while it is not loaded.
  struct Parent {
    std::int64_t id = 0;
    std::int64_t job = 0;
  };

  Result<> MergeRecord(const model::RowBatch& batch, const model::Record& record);
  Result<std::optional<Stored>> Find(const TableSql& sql, std::span<const model::Cell> cells);
  Result<std::int64_t> Insert(
      const TableSql& sql, const model::Record& record, std::span<const model::Cell> cells
  );
  Result<> Update(
      const TableSql& sql,
      const model::Record& record,
      std::span<const model::Cell> cells,
      std::int64_t id
  );
  Result<> Adopt(const model::Table& parent, std::span<const model::Cell> cells, std::int64_t id);

  /// Children of a record that has its parent with it.
  Result<> MergeOwnChildren(
      const model::RowBatch& batch,
      const model::Record& record,
      std::int64_t parent,
      bool parent_is_new
  );
  /// Children of parents that came, or will come, by other pages.
  Result<> MergeForeignChildren(const model::RowBatch& batch, const model::Record& record);
  Result<> ReplaceForeignSet(
      const model::RowBatch& batch, const model::Record& record, std::size_t ordinal
  );
  Result<> Touch(const model::Table& table, const Parent& parent);

  /// Inserts or updates one child row; false when nothing had to be written.
  Result<bool> UpsertChild(
      const model::RowBatch& batch,
      const model::Record& record,
      const model::Row& row,
      std::int64_t parent
  );
  /// Removes the parent's rows of `table` that the record does not bring; false when all were
  /// there. `link` are the parent's link values.
  Result<bool> RemoveMissing(
      const model::RowBatch& batch,
      const model::Record& record,
      const TableSql& sql,
      std::span<const model::Cell> link
  );
  Result<Parent> ParentOf(const model::Row& row, std::span<const model::Cell> cells);
  Result<Parent> ParentAt(const TableSql& sql, std::span<const model::Cell> link);
  Result<bool> AnyWaiting(std::size_t ordinal);

  void CountInserted(std::string_view entity_type);
  Result<> CountUpdated(
      std::string_view entity_type, const model::Table& table, std::int64_t id, std::int64_t row_job
  );
  Result<> CountUnchanged(
      std::string_view entity_type, const model::Table& table, const Stored& row
  );
  model::EntityCounts& Of(std::string_view entity_type);

  Connection& db_;
  const DomainSql& sql_;
  const model::Job& job_;
  char now_text_[24];
  Hasher hasher_;
  std::map<std::string, model::EntityCounts, std::less<>> counts_;
  std::array<std::vector<std::int64_t>, std::size(model::kTables)> changed_;
  std::unordered_set<std::int64_t> merged_;  ///< Hashes of records this unit has merged already.
  std::array<std::optional<bool>, std::size(model::kTables)> any_waiting_{};
};

}  // namespace pulse::store::sqlite
