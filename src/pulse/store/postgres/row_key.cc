#include "pulse/store/postgres/row_key.h"

#include <charconv>

namespace pulse::store::postgres {

using model::Cell;

namespace {

void AppendNumber(std::string& text, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

void AppendValue(std::string& text, const Cell& value) {
  if (value.kind() == Cell::Kind::kText) {
    AppendNumber(text, static_cast<std::int64_t>(value.text().size()));
    text.append(":").append(value.text());
  } else {
    AppendNumber(text, value.integer());
    text.append("#");
  }
}

}  // namespace

Cell KeyCell(const model::Column& column, const Cell& cell) {
  if (cell.has_value()) return cell;
  return column.type == model::ColumnType::kInteger ? Cell::Integer(0) : Cell::Text("");
}

Link LinkOfChild(const model::Table& child, std::span<const Cell> cells) {
  Link link;
  for (const std::string_view name : child.parent.child_columns) {
    const std::size_t column = child.IndexOf(name);
    link.cells[link.size++] = KeyCell(child.columns[column], cells[column]);
  }
  return link;
}

Link LinkOfParent(const model::Table& child, std::span<const Cell> parent_cells) {
  const model::Table& parent = *child.parent.table;
  Link link;
  for (const std::string_view name : child.parent.parent_columns) {
    const std::size_t column = parent.IndexOf(name);
    link.cells[link.size++] = KeyCell(parent.columns[column], parent_cells[column]);
  }
  return link;
}

std::string TextOf(std::span<const Cell> values) {
  std::string text;
  for (const Cell& value : values) AppendValue(text, value);
  return text;
}

std::string TextOf(const Link& link) { return TextOf(link.values()); }

std::string KeyOf(const model::Table& table, std::span<const Cell> cells) {
  std::string key;
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    AppendValue(key, KeyCell(table.columns[i], cells[i]));
  }
  return key;
}

bool SameLink(const Link& one, const Link& other) {
  if (one.size != other.size) return false;
  for (std::size_t i = 0; i < one.size; ++i) {
    const Cell& a = one.cells[i];
    const Cell& b = other.cells[i];
    if (a.kind() != b.kind()) return false;
    if (a.kind() == Cell::Kind::kText ? a.text() != b.text() : a.integer() != b.integer()) {
      return false;
    }
  }
  return true;
}

}  // namespace pulse::store::postgres
