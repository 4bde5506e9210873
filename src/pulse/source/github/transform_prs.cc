#include "pulse/source/github/transform_prs.h"

#include "pulse/source/github/children.h"
#include "pulse/source/github/links.h"
#include "pulse/source/github/pr_row.h"

namespace pulse::source::github {
namespace {

using model::SetOf;

/// GraphQL writes camel case and keeps `id` for its node ids.
bool IsGraphql(Value pr) { return !pr["fullDatabaseId"].absent() || !pr["createdAt"].absent(); }

struct Wrong {
  std::string_view code;
  std::string message;
};

/// Fills what a pull request cannot do without; answers what is missing.
std::optional<Wrong> ReadIdentity(
    const PageRecord& record, const PageContext& context, PrIdentity& pr
) {
  const Value value = record.value;
  const bool graphql = IsGraphql(value);
  pr.id = value[graphql ? "fullDatabaseId" : "id"].id();
  if (pr.id.empty()) return Wrong{"id.missing", "the pull request has no id"};
  const auto number = value["number"].integer();
  if (!number || *number <= 0) {
    return Wrong{"number.missing", "pull request " + pr.id + " has no number"};
  }
  pr.number = *number;
  const std::string name = "pull request " + pr.id + " (#" + std::to_string(pr.number) + ")";
  const auto title = value["title"].text();
  if (!title) return Wrong{"title.not_text", name + " has no title"};
  pr.title = *title;
  const auto created = InstantOf(value[graphql ? "createdAt" : "created_at"]);
  if (!created) return Wrong{"created_at.not_a_time", name + " has no time of creation"};
  pr.created_at = *created;
  const auto updated = InstantOf(value[graphql ? "updatedAt" : "updated_at"]);
  if (!updated) return Wrong{"updated_at.not_a_time", name + " has no time of its last update"};
  pr.updated_at = *updated;

  const RepositoryRef fallback = RepositoryOf(context, record);
  const Value base = value["base"]["repo"];
  pr.repository_name = base["full_name"].text().value_or(fallback.name);
  pr.repository_id = base["id"].id();
  if (pr.repository_id.empty()) pr.repository_id = fallback.id;
  if (pr.repository_id.empty()) pr.repository_id = pr.repository_name;
  if (pr.repository_id.empty()) return Wrong{"repository.missing", name + " names no repository"};
  return std::nullopt;
}

enum class Child : unsigned char { kCommit, kReview, kComment };

/// Writes the nodes of one connection; answers whether they are all there are.
bool WriteConnection(
    const PageRecord& record, std::string_view field, Child kind, const PrRef& pr, PageSink& sink
) {
  const Value connection = record.value[field];
  bool whole = connection["nodes"].is_array() &&
               !connection["pageInfo"]["hasNextPage"].boolean().value_or(true);
  std::int64_t position = 0;
  connection["nodes"].ForEach([&](Value node) {
    ChildProblem problem;
    switch (kind) {
      case Child::kCommit:
        problem = WriteCommit(node, position, pr, sink.rows(), sink.people());
        break;
      case Child::kReview:
        problem = WriteReview(node, pr, sink.rows(), sink.people());
        break;
      case Child::kComment:
        problem = WriteIssueComment(node, pr, sink.rows(), sink.people());
        break;
    }
    ++position;
    if (!problem) return;
    whole = false;
    sink.RejectChild(record.position, std::string(field) + '.' + std::string(*problem), node);
  });
  return whole;
}

model::TableSet WriteChildren(const PageRecord& record, const PrRef& pr, PageSink& sink) {
  model::TableSet complete = 0;
  if (WriteConnection(record, "commits", Child::kCommit, pr, sink)) {
    complete |= SetOf(model::kPrCommits) | SetOf(model::kWorkItemPrs);
  }
  if (WriteConnection(record, "reviews", Child::kReview, pr, sink)) {
    complete |= SetOf(model::kPrReviews);
  }
  WriteConnection(record, "comments", Child::kComment, pr, sink);
  return complete;
}

/// Lists that are read by one page only: what one holds beyond it is reported.
void ReportCutLists(const PageRecord& record, PageSink& sink) {
  for (const std::string_view field : {"labels", "assignees", "reviewRequests"}) {
    const Value list = record.value[field];
    if (list["pageInfo"]["hasNextPage"].boolean() != true) continue;
    sink.RejectChild(record.position, std::string(field) + ".more_than_a_page", list["pageInfo"]);
  }
}

void WritePr(const PageRecord& record, const PageContext& context, PageSink& sink) {
  PrIdentity pr;
  if (auto wrong = ReadIdentity(record, context, pr)) {
    return sink.Reject(record, wrong->code, std::move(wrong->message));
  }
  const Value value = record.value;
  const bool graphql = IsGraphql(value);
  sink.rows().BeginRecord("github_prs", pr.id, pr.updated_at, record.position);
  auto row = sink.rows().AddRow(model::kPrs);
  WriteIdentity(row, pr);
  const PrOutcome outcome = graphql ? WriteGraphqlColumns(row, value, sink.people())
                                    : WriteRestColumns(row, value, sink.people());
  row.Text(model::kPrs["base_repository"], pr.repository_name);
  WriteDerived(row, pr, outcome);

  LinkWriter links(sink.rows(), pr.repository_id, pr.number);
  links.FromTitle(pr.title);
  links.FromBranch(value["headRefName"].text().value_or(value["head"]["ref"].text().value_or("")));
  links.FromBody(outcome.body);
  ReportCutLists(record, sink);
  const model::TableSet complete =
      graphql ? WriteChildren(record, {pr.repository_id, pr.number}, sink) : 0;
  sink.rows().EndRecord(complete);
}

}  // namespace

void TransformPrs(std::string_view body, const PageContext& context, PageSink& sink) {
  ForEachPageRecord(
      body,
      {"data", "repository", "pullRequests", "nodes"},
      sink,
      [&](const PageRecord& record) { WritePr(record, context, sink); }
  );
}

}  // namespace pulse::source::github
