#pragma once

/// \file
/// The prs row: what both APIs share, and what each spells in its own way.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/time.h"
#include "pulse/source/github/page.h"

namespace pulse::source::github {

/// What a pull request must have to be one.
struct PrIdentity {
  std::string id;
  std::string repository_id;
  std::string repository_name;
  std::int64_t number = 0;
  std::string_view title;
  EpochMs created_at = 0;
  EpochMs updated_at = 0;
};

/// What the derived columns are made of.
struct PrOutcome {
  std::string_view state;  ///< open | closed, as REST says it.
  bool merged = false;
  std::optional<EpochMs> merged_at;
  std::string_view body;
};

/// Columns that are the same in both APIs.
void WriteIdentity(RowWriter& row, const PrIdentity& pr);
/// Columns made of others: status, open_to_merge_minutes, closes.
void WriteDerived(RowWriter& row, const PrIdentity& pr, const PrOutcome& outcome);

// One API's own columns.
PrOutcome WriteGraphqlColumns(RowWriter& row, Value pr, People& people);
PrOutcome WriteRestColumns(RowWriter& row, Value pr, People& people);

/// A JSON array of `texts`.
void PutTexts(RowWriter& row, model::ColumnIndex column, const std::vector<std::string>& texts);

}  // namespace pulse::source::github
