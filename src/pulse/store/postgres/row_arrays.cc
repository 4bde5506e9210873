#include "pulse/store/postgres/row_arrays.h"

#include "pulse/store/postgres/schema.h"

namespace pulse::store::postgres {

using model::Cell;

namespace {

void AppendCell(Array& array, const Cell& cell) {
  switch (cell.kind()) {
    case Cell::Kind::kAbsent:
    case Cell::Kind::kNull:
      return array.AddNull();
    case Cell::Kind::kReal:
      return array.AddReal(cell.real());
    case Cell::Kind::kText:
      return array.AddText(cell.text());
    case Cell::Kind::kInteger:
      break;
  }
  if (array.element() == Element::kInstant) return array.AddInstant(cell.integer());
  if (array.element() == Element::kBoolean) return array.AddBoolean(cell.integer() != 0);
  // A transform may give a whole number where the column takes fractions.
  if (array.element() == Element::kReal) return array.AddReal(static_cast<double>(cell.integer()));
  array.AddInteger(cell.integer());
}

}  // namespace

void RowArrays::AddColumns(const model::Table& table) {
  for (const model::Column& column : table.columns) Add(ElementOf(column.type));
}

void RowArrays::AddKey(const model::Table& table) {
  for (std::size_t i = 0; i < table.key_columns; ++i) Add(ElementOf(table.columns[i].type));
}

void RowArrays::AddLink(const model::Table& child) {
  for (const std::string_view name : child.parent.child_columns) {
    Add(ElementOf(child.columns[child.IndexOf(name)].type));
  }
}

void RowArrays::Append(std::size_t first, const model::Table& table, std::span<const Cell> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool is_key = i < table.key_columns;
    AppendCell(arrays_[first + i], is_key ? KeyCell(table.columns[i], cells[i]) : cells[i]);
  }
}

void RowArrays::AppendLink(std::size_t first, const Link& link) {
  for (std::size_t i = 0; i < link.size; ++i) AppendCell(arrays_[first + i], link.cells[i]);
}

std::span<const Param> RowArrays::Params() {
  params_ = scalars_;
  for (const Array& array : arrays_) params_.emplace_back(array);
  return params_;
}

std::string AbsentFields(const model::Table& table, std::span<const Cell> cells) {
  std::string fields = "[";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (table.columns[i].presence != model::Presence::kTracked) continue;
    if (cells[i].kind() != Cell::Kind::kAbsent) continue;
    if (fields.size() > 1) fields += ',';
    fields.append("\"").append(table.columns[i].name).append("\"");
  }
  return fields += ']';
}

}  // namespace pulse::store::postgres
