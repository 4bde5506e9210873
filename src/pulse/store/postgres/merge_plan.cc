#include "pulse/store/postgres/merge_plan.h"

#include <algorithm>
#include <bit>

namespace pulse::store::postgres {

using model::Cell;
using model::Record;
using model::Row;
using model::Table;

namespace {

bool Contains(model::TableSet set, std::size_t ordinal) { return (set >> ordinal & 1U) != 0; }

std::int64_t HashOf(Hasher& hasher, std::span<const Cell> cells) {
  for (const Cell& cell : cells) {
    hasher.Add(static_cast<std::int64_t>(cell.kind()));
    if (cell.kind() == Cell::Kind::kText) hasher.Add(cell.text());
    if (cell.kind() == Cell::Kind::kInteger) hasher.Add(cell.integer());
    if (cell.kind() == Cell::Kind::kReal) hasher.Add(std::bit_cast<std::int64_t>(cell.real()));
  }
  return hasher.Finish();
}

}  // namespace

MergePlan MergePlanner::Finish() && {
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    MergeRecord(batch_.records()[i], decisions_[i]);
  }
  MergePlan plan;
  CollectPrimaries(plan);
  CollectChildren(plan);
  plan.counts = std::move(counts_);
  return plan;
}

void MergePlanner::MergeRecord(const Record& record, Decision decision) {
  if (decision == Decision::kRepeated) return;
  if (decision == Decision::kChildrenOnly) return MergeForeignChildren(record);
  const Row& row = *batch_.primary(record);
  Primary& primary = PrimaryOf(row);
  if (decision == Decision::kUnchanged) return CountUnchanged(record.entity_type, primary);
  if (decision == Decision::kInsert) {
    model::EntityCounts& counts = Of(record.entity_type);
    ++counts.records;
    ++counts.inserted;
    primary.present = true;
  } else {
    CountUpdated(record.entity_type, primary);
  }
  primary.state.job = job_;
  MergeOwnChildren(record, row);
}

void MergePlanner::MergeOwnChildren(const Record& record, const Row& primary) {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    const Table& child = *model::kTables[i];
    if (!Contains(record.complete, i) || child.parent.table != primary.table) continue;
    // The parent's own record changed, or we would not be here: whether any went is no news.
    static_cast<void>(RemoveMissing(record, i, LinkOfParent(child, batch_.cells(primary))));
  }
  const Primary& parent = PrimaryOf(primary);
  std::string own_set;
  for (const Row& row : batch_.rows(record)) {
    if (row.table->primary()) continue;
    if (OwnsRow(primary, row)) {
      if (own_set.empty()) own_set = TextOf(LinkOfParent(*row.table, batch_.cells(primary)));
      UpsertChild(record, row, own_set, parent.state.id);
      continue;
    }
    const std::string set = TextOf(LinkOfChild(*row.table, batch_.cells(row)));
    const Primary* other = ParentOf(*row.table, set);
    UpsertChild(record, row, set, other == nullptr ? 0 : other->state.id);
  }
}

void MergePlanner::MergeForeignChildren(const Record& record) {
  // Removals first: a row that moved to another key must not meet its old self.
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (!Contains(record.complete, i)) continue;
    const Table& child = *model::kTables[i];
    const auto link = LinkOfForeignSet(record, child, &Primary::present);
    if (!link || !RemoveMissing(record, i, *link)) continue;
    Touch(*child.parent.table, ParentOf(child, TextOf(*link)));
  }
  for (const Row& row : batch_.rows(record)) {
    const std::string set = TextOf(LinkOfChild(*row.table, batch_.cells(row)));
    Primary* parent = ParentOf(*row.table, set);
    const bool written = UpsertChild(record, row, set, parent == nullptr ? 0 : parent->state.id);
    if (written) Touch(*row.table->parent.table, parent);
  }
}

bool MergePlanner::RemoveMissing(const Record& record, std::size_t ordinal, const Link& link) {
  const auto members = members_[ordinal].find(TextOf(link));
  if (members == members_[ordinal].end()) return false;
  std::unordered_set<std::string> kept;
  for (const Row& row : batch_.rows(record)) {
    if (model::OrdinalOf(*row.table) == ordinal) {
      kept.insert(KeyOf(*row.table, batch_.cells(row)));
    }
  }
  bool removed = false;
  for (Child* child : members->second) {
    if (!child->exists || child->set != members->first) continue;  // Gone, or moved elsewhere.
    // A row from a page fetched after this one is not missing: this page could not know it.
    if (child->state.raw > record.raw.value() || kept.contains(*child->key)) continue;
    child->exists = false;
    child->removed = child->state.id != 0;
    child->write = {};
    removed = true;
  }
  return removed;
}

bool MergePlanner::UpsertChild(
    const Record& record, const Row& row, const std::string& set, std::int64_t parent
) {
  const std::size_t ordinal = model::OrdinalOf(*row.table);
  const auto cells = batch_.cells(row);
  const std::int64_t hash = HashOf(hasher_, cells);
  const auto [at, is_new] = children_[ordinal].try_emplace(KeyOf(*row.table, cells));
  Child& child = at->second;
  if (is_new) child.key = &at->first;
  if (child.exists && (hash == child.state.content_hash || record.raw.value() < child.state.raw)) {
    return false;
  }
  child.exists = true;
  child.state.content_hash = hash;
  child.state.raw = record.raw.value();
  child.write = {&record, &row, hash, parent};
  if (is_new || child.set != set) {
    child.set = set;
    members_[ordinal][set].push_back(&child);
  }
  return true;
}

/// A changed child makes its parent `updated` in this job; its own columns stay as they are.
void MergePlanner::Touch(const Table& table, Primary* parent) {
  if (parent == nullptr || !parent->present || parent->state.job == job_) return;
  parent->touched = true;
  CountUpdated(table.entity_type, *parent);
  parent->state.job = job_;
}

model::EntityCounts& MergePlanner::Of(std::string_view entity_type) {
  const auto at = counts_.find(entity_type);
  if (at != counts_.end()) return at->second;
  return counts_.emplace(entity_type, model::EntityCounts{}).first->second;
}

// A record counts once per job however often it comes. A row this job has written carries its id
// and is counted already; a row it found unchanged is in job_seen and may still turn updated.
void MergePlanner::CountUpdated(std::string_view entity_type, Primary& row) {
  if (row.state.job == job_) return;
  model::EntityCounts& counts = Of(entity_type);
  ++counts.updated;
  if (!row.state.seen) {
    ++counts.records;
    return;
  }
  --counts.unchanged;
  row.state.seen = false;
  row.unseen = !row.newly_seen;
  row.newly_seen = false;
}

void MergePlanner::CountUnchanged(std::string_view entity_type, Primary& row) {
  if (row.state.job == job_ || row.state.seen) return;
  row.state.seen = row.newly_seen = true;
  model::EntityCounts& counts = Of(entity_type);
  ++counts.records;
  ++counts.unchanged;
}

void MergePlanner::CollectPrimaries(MergePlan& plan) {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    TableWrites& writes = plan.tables[i];
    std::vector<const Primary*> rows;
    rows.reserve(by_key_[i].size());
    for (const auto& [id, row] : by_key_[i]) rows.push_back(row);
    std::ranges::sort(rows, {}, &Primary::external_id);
    for (const Primary* row : rows) {
      const StoredPrimary& state = row->state;
      if (row->newly_seen) writes.seen.push_back(state.id);
      if (row->unseen) writes.unseen.push_back(state.id);
      if (row->record != nullptr) {
        auto& list = row->stored ? writes.updates : writes.inserts;
        list.push_back({row->record, row->row, state.id, state.version});
        writes.changed.push_back(state.id);
        continue;
      }
      if (row->touched) writes.touches.push_back(state.id);
      if (state.version > row->stored_version) writes.confirms.push_back({state.id, state.version});
    }
    std::ranges::sort(writes.changed);
  }
}

void MergePlanner::CollectChildren(MergePlan& plan) {
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    TableWrites& writes = plan.tables[i];
    std::vector<const Child*> rows;
    for (const auto& [key, child] : children_[i]) {
      if (child.removed) writes.removals.push_back(child.state.id);
      if (child.write.row != nullptr) rows.push_back(&child);
    }
    std::ranges::sort(writes.removals);
    std::ranges::sort(rows, {}, [](const Child* child) -> const std::string& {
      return *child->key;
    });
    writes.upserts.reserve(rows.size());
    for (const Child* row : rows) writes.upserts.push_back(row->write);
    if (!waiting_[i]) continue;
    const Table& parents = *model::kTables[i]->parent.table;
    for (const PrimaryWrite& parent : plan.tables[model::OrdinalOf(parents)].inserts) {
      writes.adoptions.push_back(
          {parent.id, LinkOfParent(*model::kTables[i], batch_.cells(*parent.row))}
      );
    }
  }
}

}  // namespace pulse::store::postgres
