#include "pulse/source/github/pr_row.h"

#include "pulse/model/json_text.h"
#include "pulse/source/github/closing_keywords.h"

namespace pulse::source::github {

using model::kPrs;

void WriteIdentity(RowWriter& row, const PrIdentity& pr) {
  row.Text(kPrs["external_id"], pr.id);
  row.Text(kPrs["repository_external_id"], pr.repository_id);
  row.Integer(kPrs["number"], pr.number);
  row.Text(kPrs["repository_name"], pr.repository_name);
  row.Text(kPrs["title"], pr.title);
  row.Integer(kPrs["source_created_at"], pr.created_at);
  row.Integer(kPrs["source_updated_at"], pr.updated_at);
}

void WriteDerived(RowWriter& row, const PrIdentity& pr, const PrOutcome& outcome) {
  const bool merged = outcome.merged || outcome.merged_at;
  // What is open is not merged yet, whatever else an odd payload says.
  row.Text(kPrs["status"], outcome.state == "open" ? "open" : merged ? "merged" : "closed");
  row.Text(kPrs["state"], outcome.state);
  if (outcome.merged_at) {
    constexpr EpochMs kMinute = 60'000;
    row.Integer(kPrs["open_to_merge_minutes"], (*outcome.merged_at - pr.created_at) / kMinute);
  } else {
    row.Null(kPrs["open_to_merge_minutes"]);
  }
  PutTexts(row, kPrs["closes"], ClosedIssues(outcome.body, pr.repository_name));
}

void PutTexts(RowWriter& row, model::ColumnIndex column, const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, text);
  }
  json += ']';
  row.Text(column, json);
}

}  // namespace pulse::source::github
