#include "pulse/source/github/transform_children.h"

#include "pulse/source/github/children.h"
#include "pulse/source/github/fetch.h"

namespace pulse::source::github {
namespace {

using Writer = ChildProblem (*)(Value, std::int64_t, const PrRef&, model::RowBatch&, People&);

ChildProblem WriteReviewAt(
    Value v, std::int64_t, const PrRef& pr, model::RowBatch& rows, People& people
) {
  return WriteReview(v, pr, rows, people);
}
ChildProblem WriteIssueCommentAt(
    Value v, std::int64_t, const PrRef& pr, model::RowBatch& rows, People& people
) {
  return WriteIssueComment(v, pr, rows, people);
}
ChildProblem WriteReviewCommentAt(
    Value v, std::int64_t, const PrRef& pr, model::RowBatch& rows, People& people
) {
  return WriteReviewComment(v, pr, rows, people);
}

/// What a page's children are and how they say whose they are.
struct ChildKind {
  Writer write;
  std::string_view pr_address;  ///< Field whose address ends in the pull request's number.
  model::TableSet whole;        ///< Tables that a pull request's full list replaces.
  std::int64_t most;            ///< So many or more in a list: there may be others. 0: no limit.
};

/// REST shows 250 commits of a pull request and says nothing of the others; GraphQL has them.
constexpr std::int64_t kMostCommits = 250;

constexpr ChildKind kCommitKind{&WriteCommit, "", model::SetOf(model::kPrCommits), kMostCommits};
constexpr ChildKind kReviewKind{
    &WriteReviewAt, "pull_request_url", model::SetOf(model::kPrReviews), kMostReviewsRead
};
constexpr ChildKind kReviewCommentKind{&WriteReviewCommentAt, "pull_request_url", 0, 0};
constexpr ChildKind kIssueCommentKind{&WriteIssueCommentAt, "issue_url", 0, 0};

std::int64_t NumberOf(const ChildKind& kind, const PageRecord& record) {
  const auto address = record.value[kind.pr_address].text();
  const std::int64_t number = address ? TrailingNumber(*address) : 0;
  return number > 0 ? number : TrailingNumber(record.group);
}

EpochMs VersionOf(Value child) {
  if (const auto updated = InstantOf(child["updated_at"])) return *updated;
  if (const auto submitted = InstantOf(child["submitted_at"])) return *submitted;
  return InstantOf(child["commit"]["committer"]["date"]).value_or(0);
}

/// One child as a record of its own: it says itself which pull request it belongs to.
void WriteAlone(
    const ChildKind& kind, const PageRecord& record, const PageContext& context, PageSink& sink
) {
  const RepositoryRef repository = RepositoryOf(context, record);
  const std::int64_t number = NumberOf(kind, record);
  if (number == 0 || repository.id.empty()) {
    return sink.Reject(
        record, "pull_request.unknown", "it does not say which pull request it is of"
    );
  }
  const PrRef pr{repository.id, number};
  sink.rows().BeginRecord(
      "github_prs", PrName(repository.id, number), VersionOf(record.value), record.position
  );
  if (const auto problem = kind.write(record.value, 0, pr, sink.rows(), sink.people())) {
    sink.rows().AbandonRecord();
    return sink.Reject(record, *problem, "it could not be read: " + std::string(*problem));
  }
  sink.rows().EndRecord();
}

/// A whole list of one pull request: {"number": 7, "items": [[…], […]]}.
void WriteList(
    const ChildKind& kind, const PageRecord& record, const PageContext& context, PageSink& sink
) {
  const RepositoryRef repository = RepositoryOf(context, record);
  const std::int64_t number = record.value["number"].integer().value_or(0);
  if (number <= 0 || repository.id.empty()) {
    return sink.Reject(record, "pull_request.unknown", "a list does not say whose it is");
  }
  const PrRef pr{repository.id, number};
  bool whole = true;
  std::int64_t position = 0;
  sink.rows().BeginRecord("github_prs", PrName(repository.id, number), 0, record.position);
  record.value["items"].ForEach([&](Value page) {
    page.ForEach([&](Value item) {
      const auto problem = kind.write(item, position++, pr, sink.rows(), sink.people());
      if (!problem) return;
      whole = false;
      sink.RejectChild(record.position, *problem, item);
    });
  });
  if (kind.most > 0 && position >= kind.most) {
    whole = false;
    sink.RejectChild(record.position, "list.may_go_on", record.value["number"]);
  }
  // An empty list has no row that could say whose set it is, and nothing to replace it with.
  sink.rows().EndRecord(whole && position > 0 ? kind.whole : 0);
}

void TransformKind(
    const ChildKind& kind, std::string_view body, const PageContext& context, PageSink& sink
) {
  ForEachPageRecord(body, {"parts"}, sink, [&](const PageRecord& record) {
    const Value parts = record.value["parts"];
    if (!parts.is_array()) return WriteAlone(kind, record, context, sink);
    std::int32_t position = 0;
    parts.ForEach([&](Value part) {
      WriteList(kind, {position++, part, record.group, {}}, context, sink);
    });
  });
}

}  // namespace

void TransformCommits(std::string_view body, const PageContext& context, PageSink& sink) {
  TransformKind(kCommitKind, body, context, sink);
}

void TransformReviews(std::string_view body, const PageContext& context, PageSink& sink) {
  TransformKind(kReviewKind, body, context, sink);
}

void TransformReviewComments(std::string_view body, const PageContext& context, PageSink& sink) {
  TransformKind(kReviewCommentKind, body, context, sink);
}

void TransformIssueComments(std::string_view body, const PageContext& context, PageSink& sink) {
  ForEachPageRecord(body, {}, sink, [&](const PageRecord& record) {
    // The list mixes comments of issues and of pull requests; only the page's address tells them.
    const auto address = record.value["html_url"].text();
    const bool of_issue = address && address->find("/pull/") == std::string_view::npos;
    if (context.only_pull_requests && of_issue) return;
    WriteAlone(kIssueCommentKind, record, context, sink);
  });
}

}  // namespace pulse::source::github
