#pragma once

/// \file
/// UnitCommit: applies one store::Unit in one transaction of few round trips:
///
///   1. BEGIN, the fence (the steps' rows locked and closed), the job, and everything that can be
///      read without knowing more: earlier pages, the rows of the batch's keys, fresh ids
///   2. only where sets of children must be compared or rows vanish: those
///   3. every write, the job's counter, and COMMIT, if new steps keep the job open anyway
///   4. otherwise the end of the job, and COMMIT

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pulse/model/receipt.h"
#include "pulse/store/postgres/engine.h"
#include "pulse/store/postgres/receipts.h"
#include "pulse/store/postgres/row_merger.h"
#include "pulse/store/prepared_page.h"
#include "pulse/store/unit.h"

namespace pulse::store::postgres {

/// What is computed of a unit before its transaction begins.
struct PreparedUnit {
  std::vector<PreparedPage> pages;
  std::vector<std::string> staged;  ///< Bodies of Unit::staged, compressed.
};
PreparedUnit Prepare(const Unit& unit);

/// What a unit keeps other writers of its integration away from.
enum class Locking : unsigned char {
  kKeys,   ///< From the records it brings, if they are few and it is the last of its job.
  kWhole,  ///< From every row.
};

/// Used once.
class UnitCommit {
 public:
  UnitCommit(Engine& engine, const Unit& unit, const PreparedUnit& prepared, Locking locking);

  /// Commits. Errors: kConflict (a step moved on), kNotFound (the unit's ids do not belong
  /// together), kInvalid (a unit without steps; an unknown entity type), as the transaction; never
  /// kConflict for another reason.
  Result<Committed> Apply(Transaction& tx);

  /// After Apply, also after one whose outcome is not known.
  const Committed& committed() const { return out_; }
  /// Apply failed because it has to write what the keys' locks do not cover: once more, kWhole.
  bool wants_whole_lock() const { return wants_whole_lock_; }
  /// The job was cancelled while this unit was on its way: what it made ready is to be cancelled.
  bool cancelled_meanwhile() const { return cancelled_meanwhile_; }

 private:
  struct NewStep {
    model::Stage stage;
    std::string_view entity_type;
    std::string params;
    bool of_page = false;  ///< Transforms a page of this unit.
  };

  // 1. What is read first.
  void QueueReads(Transaction& tx);
  void QueueFence(Transaction& tx);
  void QueuePageReads(Transaction& tx);
  void QueueLetterReads(Transaction& tx);
  void QueueLocks(Transaction& tx);
  Result<> CheckFence(Transaction& tx);
  bool MergesRows() const { return unit_.rows != nullptr && !unit_.rows->records().empty(); }

  // 2. What depends on that.
  Result<> ReadMore(Transaction& tx);
  Result<> QueueVanished(Transaction& tx);
  void TakeVanished(Transaction& tx);

  // 3. Writes.
  Result<> QueueWrites(Transaction& tx);
  Result<> QueuePages(Transaction& tx);
  void FindUnchangedPages(Transaction& tx);
  bool IsUnchanged(const NewRawPage& page, const PreparedPage& prepared, const Row& newest) const;
  void QueueStaged(Transaction& tx);
  void QueueRows(Transaction& tx);
  void CountMerged(const MergePlan& plan);
  void QueueLinks(Transaction& tx, const MergePlan& plan);
  void AddVectorizeSteps(const model::Table& table, std::vector<std::int64_t> rows);
  void QueueSettled(Transaction& tx);
  void QueueLetters(Transaction& tx);
  void QueueReceipt(Transaction& tx);
  void QueueSteps(Transaction& tx);
  /// Moves what stays in the same hands (store::GoesOn) to the end of steps_; how many.
  std::size_t SplitKept();
  void QueueReady(Transaction& tx, std::span<const NewStep> steps);
  void QueueKept(Transaction& tx, std::span<const NewStep> steps);
  void TakeKept(Transaction& tx);
  Result<> Finish(Transaction& tx);

  Engine& engine_;
  const Unit& unit_;
  const PreparedUnit& prepared_;
  const Locking locking_;
  const EpochMs now_;
  model::Job job_;
  Committed out_;
  bool cancelled_meanwhile_ = false;
  bool wants_whole_lock_ = false;
  std::optional<RowMerger> merger_;
  std::vector<NewStep> steps_;
  std::vector<bool> unchanged_;                        ///< By page.
  std::map<std::string, model::EntityCounts> counts_;  ///< Added to the receipt at the end.
  std::map<std::string_view, std::vector<std::int64_t>> vanished_;  ///< Row ids by entity type.
  std::vector<std::int64_t> retried_;

  // Where the answers are.
  Transaction::Slot closed_;
  Transaction::Slot found_job_;
  std::optional<Transaction::Slot> kept_;
  std::optional<Transaction::Slot> locked_keys_;
  std::optional<Transaction::Slot> newest_;
  std::optional<Transaction::Slot> raw_ids_;
  std::optional<Transaction::Slot> load_ids_;
  std::optional<Transaction::Slot> counted_letters_;
  std::optional<Transaction::Slot> retried_letters_;
  std::vector<std::pair<std::string_view, Transaction::Slot>> vanished_slots_;
};

}  // namespace pulse::store::postgres
