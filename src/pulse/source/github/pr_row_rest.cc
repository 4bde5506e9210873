#include "pulse/source/github/pr_row.h"

namespace pulse::source::github {
namespace {

using model::kPrs;

void PutTextList(RowWriter& row, model::ColumnIndex column, Value list, std::string_view field) {
  if (list.absent()) return;
  if (!list.is_array()) {
    row.Null(column);
    return;
  }
  std::vector<std::string> texts;
  list.ForEach([&](Value element) {
    if (const auto text = element[field].text()) texts.emplace_back(*text);
  });
  PutTexts(row, column, texts);
}

void PutPeople(RowWriter& row, Value pr, People& people) {
  const Person author = PersonOf(pr["user"]);
  people.Note(author);
  PutAuthorId(row, kPrs["author_external_id"], author);
  PutLogin(row, kPrs["author_login"], author);
  if (!author.type.empty()) row.Text(kPrs["author_type"], author.type);
  const Person merged_by = PersonOf(pr["merged_by"]);
  people.Note(merged_by);
  PutLogin(row, kPrs["merged_by_login"], merged_by);
}

void PutBranches(RowWriter& row, Value pr) {
  PutTextOf(row, kPrs["base_ref"], pr["base"], "ref");
  PutTextOf(row, kPrs["base_sha"], pr["base"], "sha");
  PutTextOf(row, kPrs["head_ref"], pr["head"], "ref");
  PutTextOf(row, kPrs["head_sha"], pr["head"], "sha");
  const Value head = pr["head"];
  const Value head_repository = head.null() ? head : head["repo"];  // Either may be gone.
  PutTextOf(row, kPrs["head_repository"], head_repository, "full_name");
  PutText(row, kPrs["merge_commit_sha"], pr["merge_commit_sha"]);
}

/// List payloads have none of these: absent is not zero.
void PutCounts(RowWriter& row, Value pr) {
  PutInteger(row, kPrs["additions"], pr["additions"]);
  PutInteger(row, kPrs["deletions"], pr["deletions"]);
  PutInteger(row, kPrs["changed_files"], pr["changed_files"]);
  PutInteger(row, kPrs["commit_count"], pr["commits"]);
  PutInteger(row, kPrs["comment_count"], pr["comments"]);
  PutInteger(row, kPrs["review_comment_count"], pr["review_comments"]);
}

}  // namespace

PrOutcome WriteRestColumns(RowWriter& row, Value pr, People& people) {
  PutPeople(row, pr, people);
  PutBranches(row, pr);
  PutCounts(row, pr);
  PutBoolean(row, kPrs["is_draft"], pr["draft"]);
  PutBoolean(row, kPrs["is_locked"], pr["locked"]);
  PutText(row, kPrs["body"], pr["body"]);
  PutTextList(row, kPrs["labels"], pr["labels"], "name");
  PutTextList(row, kPrs["assignees"], pr["assignees"], "login");
  PutTextList(row, kPrs["requested_reviewers"], pr["requested_reviewers"], "login");
  PutTextList(row, kPrs["requested_teams"], pr["requested_teams"], "slug");
  PutTextOf(row, kPrs["milestone"], pr["milestone"], "title");
  PutInstant(row, kPrs["closed_at"], pr["closed_at"]);
  PutInstant(row, kPrs["merged_at"], pr["merged_at"]);
  PutText(row, kPrs["url"], pr["html_url"]);

  PrOutcome outcome;
  outcome.state = pr["state"].text().value_or("");
  outcome.merged = pr["merged"].boolean().value_or(false);
  outcome.merged_at = InstantOf(pr["merged_at"]);
  outcome.body = pr["body"].text().value_or("");
  return outcome;
}

}  // namespace pulse::source::github
