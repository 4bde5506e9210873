#include "pulse/source/github/children.h"

namespace pulse::source::github {
namespace {

/// The field under its REST name, else under its GraphQL name.
Value Either(Value node, std::string_view rest, std::string_view graphql) {
  const Value value = node[rest];
  return value.absent() ? node[graphql] : value;
}

Value DatabaseId(Value node) {
  const Value id = node["fullDatabaseId"];
  return id.has_value() ? id : node["id"];
}

Person AuthorOf(Value node, People& people) {
  Person author = PersonOf(Either(node, "user", "author"));
  people.Note(author);
  return author;
}

/// The columns both kinds of comment share.
RowWriter AddComment(
    Value node, std::string_view kind, const PrRef& pr, model::RowBatch& rows, People& people
) {
  using model::kPrComments;
  const Person author = AuthorOf(node, people);
  auto row = rows.AddRow(kPrComments);
  PutId(row, kPrComments["external_id"], DatabaseId(node));
  row.Text(kPrComments["repository_external_id"], pr.repository_id);
  row.Integer(kPrComments["pr_number"], pr.number);
  row.Text(kPrComments["kind"], kind);
  PutAuthorId(row, kPrComments["author_external_id"], author);
  PutLogin(row, kPrComments["author_login"], author);
  PutText(row, kPrComments["body"], node["body"]);
  PutInstant(row, kPrComments["source_created_at"], Either(node, "created_at", "createdAt"));
  PutInstant(row, kPrComments["source_updated_at"], Either(node, "updated_at", "updatedAt"));
  return row;
}

ChildProblem CommentProblem(Value node) {
  if (!node.is_object()) return "not_an_object";
  if (DatabaseId(node).id().empty()) return "id.missing";
  if (!InstantOf(Either(node, "created_at", "createdAt"))) return "created_at.not_a_time";
  return std::nullopt;
}

}  // namespace

ChildProblem WriteCommit(
    Value node, std::int64_t position, const PrRef& pr, model::RowBatch& rows, People& people
) {
  using model::kPrCommits;
  if (!node.is_object()) return "not_an_object";
  const Value commit = node["commit"];
  const auto sha = Either(node, "sha", "oid").text();
  const auto oid = sha ? sha : commit["oid"].text();
  if (!oid || oid->empty()) return "sha.missing";

  // REST keeps the linked account beside the commit, GraphQL inside its author.
  const Value account = node["author"].absent() ? commit["author"]["user"] : node["author"];
  const Person author = PersonOf(account);
  people.Note(author);

  auto row = rows.AddRow(kPrCommits);
  row.Text(kPrCommits["repository_external_id"], pr.repository_id);
  row.Integer(kPrCommits["pr_number"], pr.number);
  row.Text(kPrCommits["sha"], *oid);
  row.Integer(kPrCommits["position"], position);
  PutText(row, kPrCommits["message"], commit["message"]);
  PutTextOf(row, kPrCommits["author_name"], commit["author"], "name");
  PutTextOf(row, kPrCommits["author_email"], commit["author"], "email");
  PutLogin(row, kPrCommits["author_login"], author);
  PutTextOf(row, kPrCommits["committer_name"], commit["committer"], "name");
  const Value authored = commit["authoredDate"];
  const Value committed = commit["committedDate"];
  PutInstant(
      row, kPrCommits["authored_at"], authored.absent() ? commit["author"]["date"] : authored
  );
  PutInstant(
      row, kPrCommits["committed_at"], committed.absent() ? commit["committer"]["date"] : committed
  );
  if (node["parents"].is_array()) {
    row.Integer(kPrCommits["parent_count"], static_cast<std::int64_t>(node["parents"].size()));
  }
  const Value stats = node["stats"].is_object() ? node["stats"] : commit;
  PutInteger(row, kPrCommits["additions"], stats["additions"]);
  PutInteger(row, kPrCommits["deletions"], stats["deletions"]);

  LinkWriter links(rows, pr.repository_id, pr.number);
  links.FromCommit(*oid, commit["message"].text().value_or(""));
  return std::nullopt;
}

ChildProblem WriteReview(Value node, const PrRef& pr, model::RowBatch& rows, People& people) {
  using model::kPrReviews;
  if (!node.is_object()) return "not_an_object";
  if (DatabaseId(node).id().empty()) return "id.missing";
  if (!node["state"].is_text()) return "state.not_text";

  const Person author = AuthorOf(node, people);
  auto row = rows.AddRow(kPrReviews);
  PutId(row, kPrReviews["external_id"], DatabaseId(node));
  row.Text(kPrReviews["repository_external_id"], pr.repository_id);
  row.Integer(kPrReviews["pr_number"], pr.number);
  PutAuthorId(row, kPrReviews["author_external_id"], author);
  PutLogin(row, kPrReviews["author_login"], author);
  PutUpper(row, kPrReviews["state"], node["state"]);
  PutText(row, kPrReviews["body"], node["body"]);
  if (node["commit"].absent()) {
    PutText(row, kPrReviews["commit_sha"], node["commit_id"]);
  } else {
    PutTextOf(row, kPrReviews["commit_sha"], node["commit"], "oid");
  }
  PutInstant(row, kPrReviews["submitted_at"], Either(node, "submitted_at", "submittedAt"));
  return std::nullopt;
}

ChildProblem WriteIssueComment(Value node, const PrRef& pr, model::RowBatch& rows, People& people) {
  if (const auto problem = CommentProblem(node)) return problem;
  AddComment(node, "issue", pr, rows, people);
  return std::nullopt;
}

ChildProblem WriteReviewComment(
    Value node, const PrRef& pr, model::RowBatch& rows, People& people
) {
  using model::kPrComments;
  if (const auto problem = CommentProblem(node)) return problem;
  auto row = AddComment(node, "review", pr, rows, people);
  PutId(row, kPrComments["review_external_id"], node["pull_request_review_id"]);
  PutId(row, kPrComments["in_reply_to_external_id"], node["in_reply_to_id"]);
  PutText(row, kPrComments["path"], node["path"]);
  PutInteger(row, kPrComments["line"], node["line"]);
  return std::nullopt;
}

}  // namespace pulse::source::github
