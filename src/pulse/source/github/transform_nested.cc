#include <map>
#include <vector>

#include "pulse/source/github/children.h"
#include "pulse/source/github/transform_children.h"

namespace pulse::source::github {
namespace {

using model::SetOf;

/// The connections of one pull request, in the order their pages came.
struct NestedPr {
  Value pr;  ///< Its identity, from the first answer that names it.
  std::vector<Value> commits;
  std::vector<Value> reviews;
  std::vector<Value> comments;
};

using NestedPrs = std::map<std::int64_t, NestedPr>;

NestedPrs Collect(Value parts) {
  NestedPrs prs;
  parts.ForEach([&](Value answer) {
    answer["data"].ForEachField([&](std::string_view, Value pr) {
      const auto number = pr["number"].integer();
      if (!number) return;
      NestedPr& nested = prs[*number];
      if (nested.pr.absent() || pr["title"].is_text()) nested.pr = pr;
      if (pr["commits"].is_object()) nested.commits.push_back(pr["commits"]);
      if (pr["reviews"].is_object()) nested.reviews.push_back(pr["reviews"]);
      if (pr["comments"].is_object()) nested.comments.push_back(pr["comments"]);
    });
  });
  return prs;
}

/// Writes the nodes of all pages; answers whether the last page was the end and every node good.
template <class Write>
bool WritePages(
    const std::vector<Value>& pages, std::int32_t record, PageSink& sink, Write&& write
) {
  bool whole = !pages.empty() && pages.back()["pageInfo"]["hasNextPage"].boolean() == false;
  std::int64_t position = 0;
  for (const Value page : pages) {
    page["nodes"].ForEach([&](Value node) {
      const ChildProblem problem = write(node, position++);
      if (!problem) return;
      whole = false;
      sink.RejectChild(record, *problem, node);
    });
  }
  return whole && position > 0;
}

void WriteNested(
    std::int64_t number,
    const NestedPr& nested,
    std::string_view repository_id,
    std::int32_t position,
    PageSink& sink
) {
  model::RowBatch& rows = sink.rows();
  People& people = sink.people();
  const PrRef pr{repository_id, number};
  const EpochMs version = InstantOf(nested.pr["updatedAt"]).value_or(0);
  rows.BeginRecord("github_prs", PrName(repository_id, number), version, position);
  model::TableSet complete = 0;
  if (WritePages(nested.commits, position, sink, [&](Value node, std::int64_t at) {
        return WriteCommit(node, at, pr, rows, people);
      })) {
    // With the words of the pull request itself the links are all there too.
    LinkWriter links(rows, repository_id, number);
    links.FromTitle(nested.pr["title"].text().value_or(""));
    links.FromBranch(nested.pr["headRefName"].text().value_or(""));
    links.FromBody(nested.pr["body"].text().value_or(""));
    complete |= SetOf(model::kPrCommits) | SetOf(model::kWorkItemPrs);
  }
  if (WritePages(nested.reviews, position, sink, [&](Value node, std::int64_t) {
        return WriteReview(node, pr, rows, people);
      })) {
    complete |= SetOf(model::kPrReviews);
  }
  WritePages(nested.comments, position, sink, [&](Value node, std::int64_t) {
    return WriteIssueComment(node, pr, rows, people);
  });
  rows.EndRecord(complete);
}

}  // namespace

void TransformNested(std::string_view body, const PageContext& context, PageSink& sink) {
  const auto page = JsonPage::Parse(body);
  if (!page) return sink.RejectPage("not_json", page.error().message(), body);
  const Value parts = (*page)->root()["parts"];
  if (!parts.is_array()) return sink.RejectPage("no_records", "the page has no parts", body);
  const RepositoryRef repository = RepositoryOf(context, {});
  if (repository.id.empty()) {
    return sink.RejectPage("repository.missing", "the request names no repository", body);
  }
  std::int32_t position = 0;
  for (const auto& [number, nested] : Collect(parts)) {
    WriteNested(number, nested, repository.id, position++, sink);
  }
}

}  // namespace pulse::source::github
