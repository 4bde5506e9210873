#include "pulse/source/jira/cell_values.h"

#include "pulse/model/json_text.h"
#include "pulse/source/jira/adf_text.h"
#include "pulse/source/jira/wiki_text.h"

namespace pulse::source::jira {

void SetText(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.absent()) return;
  if (value.null()) {
    row.Null(column);
  } else if (const auto text = value.text()) {
    row.Text(column, *text);
  } else {
    row.Text(column, value.Json());
  }
}

void SetRichText(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.is_object()) {
    row.Text(column, AdfToText(value));
  } else if (const auto wiki = value.text()) {
    row.Text(column, WikiToText(*wiki));
  } else {
    SetText(row, column, value);
  }
}

void SetId(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.null()) {
    row.Null(column);
  } else if (const auto text = value.text()) {
    row.Text(column, *text);
  } else if (value.integer()) {
    row.Text(column, value.id());
  }
}

void SetInteger(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.null()) {
    row.Null(column);
  } else if (const auto whole = value.integer()) {
    row.Integer(column, *whole);
  }
}

void SetBoolean(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.null()) {
    row.Null(column);
  } else if (const auto truth = value.boolean()) {
    row.Boolean(column, *truth);
  }
}

std::optional<EpochMs> InstantOf(Value value) {
  if (const auto text = value.text()) return ParseInstant(*text);
  return value.integer();
}

bool SetInstant(RowWriter& row, model::ColumnIndex column, Value value) {
  if (value.absent()) return true;
  if (value.null()) {
    row.Null(column);
    return true;
  }
  const auto instant = InstantOf(value);
  if (instant) row.Integer(column, *instant);
  return instant.has_value();
}

void SetTexts(RowWriter& row, model::ColumnIndex column, Value array, std::string_view key) {
  if (array.null()) row.Null(column);
  if (!array.is_array()) return;
  std::string json = "[";
  array.ForEach([&](Value element) {
    const auto text = key.empty() ? element.text() : element[key].text();
    if (!text) return;
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, *text);
  });
  SetJson(row, column, json += ']');
}

void SetJson(RowWriter& row, model::ColumnIndex column, std::string json) {
  constexpr std::string_view kNul = "\\u0000";
  for (std::size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at + 2)) {
    if (json.compare(at, kNul.size(), kNul) == 0) json.replace(at, kNul.size(), "\\ufffd");
  }
  row.Text(column, json);
}

}  // namespace pulse::source::jira
