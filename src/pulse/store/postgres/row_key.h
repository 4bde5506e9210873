#pragma once

/// \file
/// Keys and parent links of rows as text, so that stored rows and rows of a batch can be told to be
/// the same one without a database.

#include <array>
#include <span>
#include <string>

#include "pulse/model/row_batch.h"

namespace pulse::store::postgres {

/// The values by which a child row finds its parent; equally many on both sides. Texts are
/// borrowed.
struct Link {
  std::array<model::Cell, 2> cells;
  std::size_t size = 0;

  std::span<const model::Cell> values() const { return {cells.data(), size}; }
};

/// No table's link is longer: Link needs no allocation.
constexpr bool LinksFit() {
  for (const model::Table* table : model::kTables) {
    if (table->parent.child_columns.size() > 2) return false;
  }
  return true;
}
static_assert(LinksFit());

/// A cell as it is stored in a key column: an absent or null one is '' or 0, since a key column is
/// never null.
model::Cell KeyCell(const model::Column& column, const model::Cell& cell);

/// The link of a child row, and the link its children would have of a parent row.
Link LinkOfChild(const model::Table& child, std::span<const model::Cell> cells);
Link LinkOfParent(const model::Table& child, std::span<const model::Cell> parent_cells);

/// Text that no other values have: each with its length.
std::string TextOf(std::span<const model::Cell> values);
std::string TextOf(const Link& link);
/// The same of a row's key columns.
std::string KeyOf(const model::Table& table, std::span<const model::Cell> cells);

bool SameLink(const Link& one, const Link& other);

}  // namespace pulse::store::postgres
