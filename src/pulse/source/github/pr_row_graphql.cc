#include "pulse/source/github/pr_row.h"

namespace pulse::source::github {
namespace {

using model::kPrs;

std::vector<std::string> TextsOf(Value connection, std::string_view field) {
  std::vector<std::string> texts;
  connection["nodes"].ForEach([&](Value node) {
    if (const auto text = node[field].text()) texts.emplace_back(*text);
  });
  return texts;
}

void PutReviewRequests(RowWriter& row, Value connection) {
  if (!connection.is_object()) return;
  std::vector<std::string> people;
  std::vector<std::string> teams;
  connection["nodes"].ForEach([&](Value node) {
    const Value reviewer = node["requestedReviewer"];
    if (const auto slug = reviewer["slug"].text()) {
      teams.emplace_back(*slug);
    } else if (Person person = PersonOf(reviewer); !person.login.empty()) {
      people.push_back(std::move(person.login));
    }
  });
  PutTexts(row, kPrs["requested_reviewers"], people);
  PutTexts(row, kPrs["requested_teams"], teams);
}

/// GitHub counts conversation and review comments together; the first are known by themselves.
void PutCommentCounts(RowWriter& row, Value pr) {
  const Value issue_comments = pr["comments"]["totalCount"];
  PutInteger(row, kPrs["comment_count"], issue_comments);
  const auto all = pr["totalCommentsCount"].integer();
  const auto issue = issue_comments.integer();
  if (all && issue && *all >= *issue) {
    row.Integer(kPrs["review_comment_count"], *all - *issue);
  } else if (pr["totalCommentsCount"].null()) {
    row.Null(kPrs["review_comment_count"]);
  }
}

void PutPeople(RowWriter& row, Value pr, People& people) {
  const Person author = PersonOf(pr["author"]);
  people.Note(author);
  PutAuthorId(row, kPrs["author_external_id"], author);
  PutLogin(row, kPrs["author_login"], author);
  if (!author.type.empty()) row.Text(kPrs["author_type"], author.type);
  const Person merged_by = PersonOf(pr["mergedBy"]);
  people.Note(merged_by);
  PutLogin(row, kPrs["merged_by_login"], merged_by);
}

}  // namespace

PrOutcome WriteGraphqlColumns(RowWriter& row, Value pr, People& people) {
  PutPeople(row, pr, people);
  PutBoolean(row, kPrs["is_draft"], pr["isDraft"]);
  PutBoolean(row, kPrs["is_locked"], pr["locked"]);
  PutText(row, kPrs["body"], pr["body"]);
  PutText(row, kPrs["base_ref"], pr["baseRefName"]);
  PutText(row, kPrs["base_sha"], pr["baseRefOid"]);
  PutText(row, kPrs["head_ref"], pr["headRefName"]);
  PutText(row, kPrs["head_sha"], pr["headRefOid"]);
  PutTextOf(row, kPrs["head_repository"], pr["headRepository"], "nameWithOwner");
  const Value merge =
      pr["mergeCommit"].has_value() ? pr["mergeCommit"] : pr["potentialMergeCommit"];
  PutTextOf(row, kPrs["merge_commit_sha"], merge, "oid");
  PutInteger(row, kPrs["additions"], pr["additions"]);
  PutInteger(row, kPrs["deletions"], pr["deletions"]);
  PutInteger(row, kPrs["changed_files"], pr["changedFiles"]);
  PutInteger(row, kPrs["commit_count"], pr["commits"]["totalCount"]);
  PutCommentCounts(row, pr);
  if (pr["labels"].is_object()) PutTexts(row, kPrs["labels"], TextsOf(pr["labels"], "name"));
  if (pr["assignees"].is_object()) {
    PutTexts(row, kPrs["assignees"], TextsOf(pr["assignees"], "login"));
  }
  PutReviewRequests(row, pr["reviewRequests"]);
  PutTextOf(row, kPrs["milestone"], pr["milestone"], "title");
  PutText(row, kPrs["review_decision"], pr["reviewDecision"]);
  PutInstant(row, kPrs["closed_at"], pr["closedAt"]);
  PutInstant(row, kPrs["merged_at"], pr["mergedAt"]);
  PutText(row, kPrs["url"], pr["url"]);

  PrOutcome outcome;
  outcome.state = pr["state"].text() == "OPEN" ? "open" : "closed";
  outcome.merged = pr["merged"].boolean().value_or(pr["state"].text() == "MERGED");
  outcome.merged_at = InstantOf(pr["mergedAt"]);
  outcome.body = pr["body"].text().value_or("");
  return outcome;
}

}  // namespace pulse::source::github
