#pragma once

/// \file
/// Binding cells: how a value of the model becomes a value of the database.

#include <span>
#include <string>

#include "pulse/model/row_batch.h"
#include "pulse/store/sqlite/statement.h"

namespace pulse::store::sqlite {

/// Binds a row's cells in table order. Absent and null become NULL, except in key columns, where a
/// NULL would let the same row in twice: there they become '' or 0. Texts are borrowed from the
/// batch.
void BindCells(Statement& statement, const model::Table& table, std::span<const model::Cell> cells);

/// Binds one cell as the column stores it.
void BindCell(Statement& statement, const model::Column& column, const model::Cell& cell);
void BindKeyCell(Statement& statement, const model::Column& column, const model::Cell& cell);

/// Tracked columns the source left out, as a JSON array of names.
std::string AbsentFields(const model::Table& table, std::span<const model::Cell> cells);

}  // namespace pulse::store::sqlite
