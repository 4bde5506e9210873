#pragma once

/// \file
/// Copying values of a payload into cells: absent stays absent, null stays null.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pulse/model/row_batch.h"
#include "pulse/source/json_page.h"
#include "pulse/source/source.h"

namespace pulse::source::github {

using RowWriter = model::RowBatch::RowWriter;

// A value of another type than the column's counts as null: the record as a whole is still good.
void PutText(RowWriter& row, model::ColumnIndex column, Value value);
void PutUpper(RowWriter& row, model::ColumnIndex column, Value value);
void PutInteger(RowWriter& row, model::ColumnIndex column, Value value);
void PutBoolean(RowWriter& row, model::ColumnIndex column, Value value);
void PutInstant(RowWriter& row, model::ColumnIndex column, Value value);
void PutId(RowWriter& row, model::ColumnIndex column, Value value);
/// Text of `owner[field]`; where the owner is null, so is the cell.
void PutTextOf(RowWriter& row, model::ColumnIndex column, Value owner, std::string_view field);

std::optional<EpochMs> InstantOf(Value value);

/// An account as either API shows it.
struct Person {
  bool absent = true;  ///< The payload has no such field.
  std::string id;      ///< Database id, else login; empty for a deleted account.
  std::string login;   ///< As REST writes it: a bot is "dependabot[bot]", in GraphQL "dependabot".
  std::string type;    ///< User | Bot | Mannequin | Organization | …; empty when not said.
};
Person PersonOf(Value value);

void PutAuthorId(RowWriter& row, model::ColumnIndex column, const Person& person);
void PutLogin(RowWriter& row, model::ColumnIndex column, const Person& person);

/// The accounts of one page, each written once, as records of their own after the page's.
///
/// Their version is 0 on purpose: every payload shows an account as it is when it is asked, so the
/// one fetched last is right, whatever the age of the pull request it stands in.
class People {
 public:
  void Note(const Person& person);
  void WriteTo(model::RowBatch& rows) const;

 private:
  std::unordered_set<std::string> ids_;
  std::vector<Person> seen_;
};

}  // namespace pulse::source::github
