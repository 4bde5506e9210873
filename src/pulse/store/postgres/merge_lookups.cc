// What a merge has to read before it can be decided; see merge_plan.h.

#include "pulse/store/postgres/merge_plan.h"

namespace pulse::store::postgres {

using model::Cell;
using model::Record;
using model::Row;
using model::Table;

namespace {

bool Contains(model::TableSet set, std::size_t ordinal) { return (set >> ordinal & 1U) != 0; }

/// Any child table of `parent`: they all link by the same columns of it.
const Table* AnyChildOf(const Table& parent) {
  for (const Table* table : model::kTables) {
    if (table->parent.table == &parent) return table;
  }
  return nullptr;
}

std::string_view ExternalIdOf(const Table& table, std::span<const Cell> cells) {
  return KeyCell(table.columns[0], cells[0]).text();
}

}  // namespace

MergePlanner::MergePlanner(const model::RowBatch& batch, JobId job)
    : batch_(batch), job_(job.value()) {
  CountAppearances();
  for (const Record& record : batch_.records()) LookUpRecord(record);
}

std::int64_t MergePlanner::FingerprintOf(const Record& record, const Table& table) {
  hasher_.Add(static_cast<std::int64_t>(model::OrdinalOf(table)));
  hasher_.Add(record.external_id);
  hasher_.Add(record.version);
  hasher_.Add(record.raw.value());
  hasher_.Add(record.content_hash);
  return hasher_.Finish();
}

void MergePlanner::CountAppearances() {
  for (const Record& record : batch_.records()) {
    const Row* primary = batch_.primary(record);
    if (primary == nullptr) continue;
    const std::string_view id = ExternalIdOf(*primary->table, batch_.cells(*primary));
    Appearance& seen = appearances_[model::OrdinalOf(*primary->table)][id];
    if (!seen.Repeats(FingerprintOf(record, *primary->table))) ++seen.count;
  }
}

void MergePlanner::LookUpRecord(const Record& record) {
  const Row* primary = batch_.primary(record);
  const auto rows = batch_.rows(record);
  if (primary == nullptr) return LookUpForeign(record, rows);

  const Table& table = *primary->table;
  const std::size_t ordinal = model::OrdinalOf(table);
  const std::string_view id = ExternalIdOf(table, batch_.cells(*primary));
  LookUpPrimary(ordinal, id, /*wants_id=*/true);
  // Of a record that comes in several versions, one may remove what another brought.
  const bool comes_again = appearances_[ordinal][id].count > 1;
  for (const Row& row : rows) {
    if (row.table->primary()) continue;
    if (!OwnsRow(*primary, row)) LookUpParent(row);
    if (comes_again) LookUpChild(row);
  }
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (model::kTables[i]->parent.table == &table) lookups_[i].waiting = true;
  }
}

void MergePlanner::LookUpForeign(const Record& record, std::span<const Row> rows) {
  model::TableSet brought = 0;
  for (const Row& row : rows) {
    brought |= model::SetOf(*row.table);
    LookUpChild(row);
    LookUpParent(row);
  }
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (!Contains(record.complete, i) || Contains(brought, i)) continue;
    const Table* parent = model::kTables[i]->parent.table;
    if (parent == nullptr) continue;
    LookUpPrimary(model::OrdinalOf(*parent), record.external_id, /*wants_id=*/false);
  }
}

MergePlanner::Primary& MergePlanner::LookUpPrimary(
    std::size_t ordinal, std::string_view external_id, bool wants_id
) {
  Primary*& primary = by_key_[ordinal][external_id];
  auto& keys = lookups_[ordinal].keys;
  if (primary == nullptr) {
    primary = &primaries_.emplace_back();
    primary->external_id = external_id;
  }
  if (primary->lookup == 0) {
    keys.push_back({external_id, wants_id});
    primary->lookup = keys.size();
  }
  keys[primary->lookup - 1].wants_id |= wants_id;
  return *primary;
}

void MergePlanner::LookUpChild(const Row& row) {
  const std::size_t ordinal = model::OrdinalOf(*row.table);
  const auto cells = batch_.cells(row);
  if (!asked_children_[ordinal].insert(KeyOf(*row.table, cells)).second) return;
  lookups_[ordinal].children.push_back(cells);
}

void MergePlanner::LookUpParent(const Row& row) {
  const std::size_t ordinal = model::OrdinalOf(*row.table->parent.table);
  const Link link = LinkOfChild(*row.table, batch_.cells(row));
  if (!asked_links_[ordinal].insert(TextOf(link)).second) return;
  lookups_[ordinal].link_child = row.table;
  lookups_[ordinal].links.push_back(link);
}

bool MergePlanner::OwnsRow(const Row& primary, const Row& row) const {
  if (row.table->parent.table != primary.table) return false;
  return SameLink(
      LinkOfChild(*row.table, batch_.cells(row)), LinkOfParent(*row.table, batch_.cells(primary))
  );
}

void MergePlanner::AddPrimary(
    std::size_t ordinal, std::string_view external_id, const StoredPrimary& stored, const Link& link
) {
  auto at = by_key_[ordinal].find(external_id);
  if (at == by_key_[ordinal].end()) {
    const std::string_view id = arena_.Copy(external_id);
    at = by_key_[ordinal].emplace(id, &primaries_.emplace_back()).first;
    at->second->external_id = id;
  }
  Primary& primary = *at->second;
  primary.state = stored;
  primary.stored = primary.decided = primary.present = stored.exists;
  primary.stored_version = stored.version;
  if (!stored.exists || link.size == 0) return;
  primary.link = link;
  for (std::size_t i = 0; i < link.size; ++i) {
    if (link.cells[i].kind() != Cell::Kind::kText) continue;
    primary.link.cells[i] = Cell::Text(arena_.Copy(link.cells[i].text()));
  }
  by_link_[ordinal].emplace(TextOf(link), &primary);
}

void MergePlanner::AddChild(
    std::size_t ordinal, std::span<const Cell> key, const Link& link, const StoredChild& stored
) {
  const auto [at, is_new] = children_[ordinal].try_emplace(TextOf(key));
  if (!is_new) return;  // Read before, by its key.
  Child& child = at->second;
  child.key = &at->first;
  child.state = stored;
  child.exists = true;
  child.set = TextOf(link);
  members_[ordinal][child.set].push_back(&child);
}

void MergePlanner::DecidePrimaries() {
  decisions_.reserve(batch_.records().size());
  for (const Record& record : batch_.records()) {
    const Row* primary = batch_.primary(record);
    const Decision decision =
        primary == nullptr ? Decision::kChildrenOnly : DecidePrimary(record, *primary);
    decisions_.push_back(decision);
    AskForSets(record, decision);
  }
}

MergePlanner::Primary& MergePlanner::PrimaryOf(const Row& row) {
  const std::size_t ordinal = model::OrdinalOf(*row.table);
  return *by_key_[ordinal].at(ExternalIdOf(*row.table, batch_.cells(row)));
}

MergePlanner::Decision MergePlanner::DecidePrimary(const Record& record, const Row& row) {
  // The same person comes with every issue of a page; the second time there is nothing to do.
  Primary& primary = PrimaryOf(row);
  if (primary.appearance.Repeats(FingerprintOf(record, *row.table))) return Decision::kRepeated;
  StoredPrimary& state = primary.state;
  const bool is_new = !state.exists;
  if (!is_new) {
    const bool stale = record.version < state.version ||
                       (record.version == state.version && record.raw.value() < state.raw);
    const bool equal = record.content_hash == state.content_hash && !state.deleted;
    // A newer page says the same. The row must know, or one in between could still overwrite it.
    if (equal && record.version > state.version) state.version = record.version;
    if (equal || stale) return Decision::kUnchanged;
  }
  state.exists = primary.decided = true;
  state.content_hash = record.content_hash;
  state.version = record.version;
  state.raw = record.raw.value();
  state.deleted = false;
  primary.record = &record;
  primary.row = &row;
  if (const Table* child = AnyChildOf(*row.table)) {
    auto& by_link = by_link_[model::OrdinalOf(*row.table)];
    if (primary.link.size > 0) by_link.erase(TextOf(primary.link));
    primary.link = LinkOfParent(*child, batch_.cells(row));
    by_link.insert_or_assign(TextOf(primary.link), &primary);
  }
  return is_new ? Decision::kInsert : Decision::kUpdate;
}

/// Which rows a complete set must be compared with. Of a parent that is new there are none, unless
/// they came before it.
void MergePlanner::AskForSets(const Record& record, Decision decision) {
  if (decision == Decision::kRepeated || decision == Decision::kUnchanged) return;
  const Row* primary = batch_.primary(record);
  for (std::size_t i = 0; i < std::size(model::kTables); ++i) {
    if (!Contains(record.complete, i)) continue;
    const Table& child = *model::kTables[i];
    if (primary == nullptr) {
      if (const auto link = LinkOfForeignSet(record, child, &Primary::decided)) AskForSet(i, *link);
      continue;
    }
    if (child.parent.table != primary->table) continue;
    if (!PrimaryOf(*primary).stored && !waiting_[i]) continue;
    AskForSet(i, LinkOfParent(child, batch_.cells(*primary)));
  }
}

void MergePlanner::AskForSet(std::size_t ordinal, const Link& link) {
  if (asked_sets_[ordinal].insert(TextOf(link)).second) sets_[ordinal].push_back(link);
}

MergePlanner::Primary* MergePlanner::ParentOf(const Table& child, const std::string& link) {
  const auto& parents = by_link_[model::OrdinalOf(*child.parent.table)];
  const auto at = parents.find(link);
  return at == parents.end() ? nullptr : at->second;
}

std::optional<Link> MergePlanner::LinkOfForeignSet(
    const Record& record, const Table& child, bool Primary::* is_there
) {
  if (child.parent.table == nullptr) return std::nullopt;
  for (const Row& row : batch_.rows(record)) {
    if (row.table == &child) return LinkOfChild(child, batch_.cells(row));
  }
  const auto& parents = by_key_[model::OrdinalOf(*child.parent.table)];
  const auto at = parents.find(record.external_id);
  if (at == parents.end() || !(at->second->*is_there)) return std::nullopt;
  return at->second->link;
}

}  // namespace pulse::store::postgres
