#pragma once

/// \file
/// From JSON values to cells, keeping absent, null and a value apart.

#include <optional>
#include <string>
#include <string_view>

#include "pulse/base/time.h"
#include "pulse/model/row_batch.h"
#include "pulse/source/json_page.h"

namespace pulse::source::jira {

using RowWriter = model::RowBatch::RowWriter;

/// Text as it is, null as null, anything else as its JSON; an absent value leaves the cell absent.
void SetText(RowWriter& row, model::ColumnIndex column, Value value);

/// Rich text as plain text: a document of Cloud (adf_text.h) or wiki markup (wiki_text.h). Null as
/// null; an absent value leaves the cell absent.
void SetRichText(RowWriter& row, model::ColumnIndex column, Value value);

/// A text or integer id as text, null as null; anything else leaves the cell absent.
void SetId(RowWriter& row, model::ColumnIndex column, Value value);

/// A whole number, null as null; anything else leaves the cell absent.
void SetInteger(RowWriter& row, model::ColumnIndex column, Value value);

void SetBoolean(RowWriter& row, model::ColumnIndex column, Value value);

/// False, with the cell left absent, when there is a value but it names no instant.
bool SetInstant(RowWriter& row, model::ColumnIndex column, Value value);

/// An instant as ISO 8601 text or, as changelog/bulkfetch sends it, as epoch milliseconds.
std::optional<EpochMs> InstantOf(Value value);

/// `["a","b"]` of the elements' `key` (of the elements themselves when `key` is empty); elements
/// without a text are left out. Absent and null stay what they are.
void SetTexts(RowWriter& row, model::ColumnIndex column, Value array, std::string_view key);

/// `json` must be valid JSON. Escaped U+0000 becomes U+FFFD, as RowWriter does for plain text: no
/// database reads it back out of JSON.
void SetJson(RowWriter& row, model::ColumnIndex column, std::string json);

}  // namespace pulse::source::jira
