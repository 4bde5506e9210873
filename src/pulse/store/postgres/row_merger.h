#pragma once

/// \file
/// RowMerger: carries a MergePlanner's questions to the database and its plan back, inside the
/// caller's transaction. The caller flushes in between:
///
///   RowMerger merger(sql, scope, batch);
///   merger.QueueLookups(tx);   … tx.Flush()
///   if (merger.Decide(tx))     … tx.Flush()
///   merger.Plan(tx);
///   merger.QueueWrites(tx, now);
///
/// A plan is about what was read, so others must not write it meanwhile. The caller holds the lock
/// of the integration's rows, which keeps every other writer away; or, for a small batch, shares it
/// and holds the locks of KeyLocks(). The latter is enough unless WritesUnlocked().

#include <vector>

#include "pulse/store/postgres/domain_sql.h"
#include "pulse/store/postgres/merge_plan.h"
#include "pulse/store/postgres/pool.h"

namespace pulse::store::postgres {

/// Whose rows, and which job they are counted for.
struct MergeScope {
  TenantId tenant;
  IntegrationId integration;
  JobId job;
};

/// Made for one unit; the batch must outlive it.
class RowMerger {
 public:
  /// kForget: rows that do not exist get no id, as a preview needs none.
  enum class NewIds : unsigned char { kTake, kForget };

  RowMerger(
      const DomainSql& sql,
      const MergeScope& scope,
      const model::RowBatch& batch,
      NewIds new_ids = NewIds::kTake
  )
      : sql_(sql), scope_(scope), batch_(batch), new_ids_(new_ids), planner_(batch, scope.job) {}

  /// Locks for every record of the batch that has children, or may get some: its key and its link,
  /// sorted. Nothing when they are more than it pays to take one by one.
  std::optional<std::vector<std::int64_t>> KeyLocks() const;

  void QueueLookups(Transaction& tx);
  /// Reads the answers. Returns whether it queued more questions.
  bool Decide(Transaction& tx);
  /// Reads the answers to those. The plan lives as long as this.
  const MergePlan& Plan(Transaction& tx);
  const MergePlan& plan() const { return plan_; }
  /// Whether the plan writes a record that KeyLocks() does not cover: one without children. Those
  /// (people, mostly) come with everybody's pages and are hardly ever news.
  bool WritesUnlocked() const;
  /// `last`: nothing of this job is merged after it, so nobody will ask what it has seen.
  void QueueWrites(Transaction& tx, EpochMs now, bool last);
  /// What others may be waiting for, so it comes last: that records without children are as they
  /// were.
  void QueueLateConfirms(Transaction& tx);

 private:
  struct Answer {
    std::size_t ordinal = 0;
    Transaction::Slot slot;
  };

  void QueuePrimaryLookups(Transaction& tx, std::size_t ordinal);
  void QueueChildLookups(Transaction& tx, std::size_t ordinal);
  void TakePrimaries(const Rows& rows, std::size_t ordinal);
  void TakeChildren(const Rows& rows, std::size_t ordinal);
  void QueueRemovals(Transaction& tx, std::size_t ordinal);
  void QueuePrimaries(
      Transaction& tx, const TableSql& sql, const Query& query, std::span<const PrimaryWrite> rows
  );
  void QueueConfirms(Transaction& tx, const TableSql& sql, std::span<const Confirm> rows);
  void QueueUpserts(Transaction& tx, const TableSql& sql, std::span<const ChildWrite> rows);
  void QueueAdoptions(Transaction& tx, const TableSql& sql, std::span<const Adoption> rows);
  void QueueSeen(Transaction& tx);

  const DomainSql& sql_;
  MergeScope scope_;
  const model::RowBatch& batch_;
  NewIds new_ids_;
  EpochMs now_ = 0;
  MergePlanner planner_;
  MergePlan plan_;
  std::vector<Answer> primaries_;
  std::vector<Answer> children_;
  std::vector<Answer> waiting_;
  std::vector<Answer> sets_;
};

}  // namespace pulse::store::postgres
