#pragma once

/// \file
/// MergePlanner: decides what a batch of records does to the domain tables, without a database.
///
/// The decisions are those of merging one record after the other in batch order, but what they need
/// is read in at most two looks and what they come to is written in one. In this order:
///
///   MergePlanner planner(batch, job);
///   … read planner.lookups() and hand the rows over: AddPrimary, AddChild, SetWaiting
///   planner.DecidePrimaries();
///   … read planner.sets() and hand the rows over: AddChild
///   MergePlan plan = std::move(planner).Finish();
///
/// Rules. A record whose content hash equals the stored row's is not written. An older source
/// version never overwrites a newer one; of equal versions the page fetched later (the higher raw
/// id) wins. A child set that came complete removes what it no longer has, except rows of pages
/// fetched later. A changed child makes its parent `updated`. Children that came before their
/// parent get it when it comes. A row marked deleted is alive again when its record comes.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pulse/base/arena.h"
#include "pulse/base/hash.h"
#include "pulse/model/receipt.h"
#include "pulse/model/row_batch.h"
#include "pulse/store/postgres/row_key.h"

namespace pulse::store::postgres {

/// One value per domain table, at the table's ordinal.
template <class T>
using PerTable = std::array<T, std::size(model::kTables)>;

/// What has to be read of one table before anything can be decided. Texts are the batch's.
struct Lookup {
  /// Primary tables: rows by external id. `wants_id`: a row that does not exist needs a new id.
  struct ByKey {
    std::string_view external_id;
    bool wants_id = false;
  };
  std::vector<ByKey> keys;
  /// Primary tables: parents by the link of `link_child`'s rows.
  const model::Table* link_child = nullptr;
  std::vector<Link> links;
  /// Child tables: rows by key; each span is a row of the batch, key columns first.
  std::vector<std::span<const model::Cell>> children;
  /// Child tables: whether any row of the integration waits for its parent.
  bool waiting = false;
};

/// A primary row as it is stored, or the id it will get.
struct StoredPrimary {
  bool exists = false;
  std::int64_t id = 0;  ///< The fresh one when it does not exist; 0 when none was wanted.
  std::int64_t content_hash = 0;
  EpochMs version = 0;
  std::int64_t raw = 0;
  std::int64_t job = 0;
  bool deleted = false;
  bool seen = false;  ///< This job found it unchanged before (job_seen).
};

struct StoredChild {
  std::int64_t id = 0;
  std::int64_t content_hash = 0;
  std::int64_t raw = 0;
};

struct PrimaryWrite {
  const model::Record* record = nullptr;
  const model::Row* row = nullptr;
  std::int64_t id = 0;
  EpochMs version = 0;
};
struct Confirm {
  std::int64_t id = 0;
  EpochMs version = 0;
};
struct ChildWrite {
  const model::Record* record = nullptr;
  const model::Row* row = nullptr;
  std::int64_t content_hash = 0;
  std::int64_t parent = 0;  ///< 0: not loaded yet.
};
struct Adoption {
  std::int64_t parent = 0;
  Link link;
};

/// What to write to one table. To be done in this order, removals and touches of all tables first.
struct TableWrites {
  std::vector<std::int64_t> removals;  ///< Children, by row id.
  std::vector<std::int64_t> touches;   ///< Parents that a changed child makes `updated`.
  std::vector<Confirm> confirms;       ///< A newer page says the same.
  std::vector<PrimaryWrite> inserts;   ///< Ordered by external id, each at most once.
  std::vector<PrimaryWrite> updates;
  std::vector<ChildWrite> upserts;  ///< Ordered by key, each at most once.
  std::vector<Adoption> adoptions;  ///< Waiting children that get a parent; after the upserts.
  std::vector<std::int64_t> seen;   ///< Primary rows found unchanged for the first time (job_seen).
  std::vector<std::int64_t> unseen;   ///< Primary rows to take out of job_seen.
  std::vector<std::int64_t> changed;  ///< Primary rows whose own record changed; each once, sorted.
};

struct MergePlan {
  PerTable<TableWrites> tables;
  /// Deltas of the receipt, by entity type.
  std::map<std::string, model::EntityCounts, std::less<>> counts;
};

/// Child sets that must be read: all rows of table `ordinal` with these links.
using Sets = PerTable<std::vector<Link>>;

/// Not thread-safe; made for one unit; the batch must outlive it and the plan.
class MergePlanner {
 public:
  MergePlanner(const model::RowBatch& batch, JobId job);
  MergePlanner(const MergePlanner&) = delete;
  MergePlanner& operator=(const MergePlanner&) = delete;

  const PerTable<Lookup>& lookups() const { return lookups_; }
  /// `link`: the row's, as LinkOfParent makes it, where the table has children. Texts are copied.
  void AddPrimary(
      std::size_t ordinal,
      std::string_view external_id,
      const StoredPrimary& stored,
      const Link& link = {}
  );
  /// `key`: as many cells as the table has key columns; texts are copied.
  void AddChild(
      std::size_t ordinal,
      std::span<const model::Cell> key,
      const Link& link,
      const StoredChild& stored
  );
  void SetWaiting(std::size_t ordinal) { waiting_[ordinal] = true; }

  void DecidePrimaries();
  const Sets& sets() const { return sets_; }

  MergePlan Finish() &&;

 private:
  enum class Decision : unsigned char { kRepeated, kInsert, kUpdate, kUnchanged, kChildrenOnly };

  /// How many records of a primary row the batch brings that do not just repeat the one before.
  struct Appearance {
    int count = 0;
    std::optional<std::int64_t> last;

    bool Repeats(std::int64_t fingerprint) {
      return std::exchange(last, fingerprint) == fingerprint;
    }
  };
  struct Primary {
    StoredPrimary state;   ///< As the records merged so far leave it.
    bool stored = false;   ///< It was in the database before this unit.
    bool decided = false;  ///< It is there when the record at hand is decided; and merged.
    bool present = false;
    EpochMs stored_version = 0;
    std::size_t lookup = 0;  ///< Place in Lookup::keys, plus one.
    std::string_view external_id;
    Link link;
    const model::Record* record = nullptr;  ///< The one to write, if any.
    const model::Row* row = nullptr;
    bool touched = false;
    bool unseen = false;
    bool newly_seen = false;
    Appearance appearance;
  };
  struct Child {
    StoredChild state;     ///< As the records merged so far leave it; id 0: not stored.
    bool exists = false;   ///< By what is known so far.
    bool removed = false;  ///< The stored row is to be deleted.
    const std::string* key = nullptr;
    std::string set;   ///< The set it is in: TextOf(link).
    ChildWrite write;  ///< To be written when write.row is set.
  };

  // First look.
  void CountAppearances();
  void LookUpRecord(const model::Record& record);
  void LookUpForeign(const model::Record& record, std::span<const model::Row> rows);
  void LookUpChild(const model::Row& row);
  void LookUpParent(const model::Row& row);
  Primary& LookUpPrimary(std::size_t ordinal, std::string_view external_id, bool wants_id);
  bool OwnsRow(const model::Row& primary, const model::Row& row) const;
  /// Equal for records that say the same in the same version and page.
  std::int64_t FingerprintOf(const model::Record& record, const model::Table& table);

  // Second look.
  Decision DecidePrimary(const model::Record& record, const model::Row& row);
  void AskForSets(const model::Record& record, Decision decision);
  void AskForSet(std::size_t ordinal, const Link& link);
  Primary& PrimaryOf(const model::Row& row);
  Primary* ParentOf(const model::Table& child, const std::string& link);
  /// The link of a complete child set that came without its parent: read off its rows, or, of an
  /// empty one, off the parent. Nothing while that is not known.
  std::optional<Link> LinkOfForeignSet(
      const model::Record& record, const model::Table& child, bool Primary::* is_there
  );

  // Plan.
  void MergeRecord(const model::Record& record, Decision decision);
  void MergeOwnChildren(const model::Record& record, const model::Row& primary);
  void MergeForeignChildren(const model::Record& record);
  bool RemoveMissing(const model::Record& record, std::size_t ordinal, const Link& link);
  bool UpsertChild(
      const model::Record& record,
      const model::Row& row,
      const std::string& set,
      std::int64_t parent
  );
  void Touch(const model::Table& table, Primary* parent);
  void CountUpdated(std::string_view entity_type, Primary& row);
  void CountUnchanged(std::string_view entity_type, Primary& row);
  model::EntityCounts& Of(std::string_view entity_type);
  void CollectPrimaries(MergePlan& plan);
  void CollectChildren(MergePlan& plan);

  const model::RowBatch& batch_;
  const std::int64_t job_;
  Arena arena_;  ///< Texts of stored rows.
  Hasher hasher_;
  PerTable<Lookup> lookups_;
  PerTable<bool> waiting_{};
  Sets sets_;
  PerTable<std::unordered_set<std::string>> asked_links_;  ///< In lookups_ already.
  PerTable<std::unordered_set<std::string>> asked_sets_;   ///< In sets_ already.
  PerTable<std::unordered_set<std::string>> asked_children_;
  PerTable<std::unordered_map<std::string_view, Appearance>> appearances_;
  std::vector<Decision> decisions_;  ///< By record.
  PerTable<std::unordered_map<std::string_view, Primary*>> by_key_;
  PerTable<std::unordered_map<std::string, Primary*>> by_link_;
  std::deque<Primary> primaries_;  ///< Pointers into it stay.
  PerTable<std::unordered_map<std::string, Child>> children_;
  PerTable<std::unordered_map<std::string, std::vector<Child*>>> members_;  ///< Of sets, by link.
  std::map<std::string, model::EntityCounts, std::less<>> counts_;
};

}  // namespace pulse::store::postgres
