#include "pulse/store/sqlite/cells.h"

#include "pulse/base/time.h"

namespace pulse::store::sqlite {

void BindCell(Statement& statement, const model::Column& column, const model::Cell& cell) {
  switch (cell.kind()) {
    case model::Cell::Kind::kAbsent:
    case model::Cell::Kind::kNull:
      statement.Bind(nullptr);
      return;
    case model::Cell::Kind::kReal:
      statement.Bind(cell.real());
      return;
    case model::Cell::Kind::kText:
      statement.Bind(Borrowed{cell.text()});
      return;
    case model::Cell::Kind::kInteger:
      break;
  }
  if (column.type == model::ColumnType::kInstant) {
    char text[24];
    FormatInstantTo(cell.integer(), text);
    statement.Bind(std::string_view(text, sizeof text));
  } else {
    statement.Bind(cell.integer());
  }
}

void BindKeyCell(Statement& statement, const model::Column& column, const model::Cell& cell) {
  if (cell.has_value()) {
    BindCell(statement, column, cell);
  } else if (column.type == model::ColumnType::kInteger) {
    statement.Bind(0);
  } else {
    statement.Bind(Borrowed{""});
  }
}

void BindCells(
    Statement& statement, const model::Table& table, std::span<const model::Cell> cells
) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i < table.key_columns) {
      BindKeyCell(statement, table.columns[i], cells[i]);
    } else {
      BindCell(statement, table.columns[i], cells[i]);
    }
  }
}

std::string AbsentFields(const model::Table& table, std::span<const model::Cell> cells) {
  std::string fields = "[";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (table.columns[i].presence != model::Presence::kTracked) continue;
    if (cells[i].kind() != model::Cell::Kind::kAbsent) continue;
    if (fields.size() > 1) fields += ',';
    fields.append("\"").append(table.columns[i].name).append("\"");
  }
  return fields += ']';
}

}  // namespace pulse::store::sqlite
