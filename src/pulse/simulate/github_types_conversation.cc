#include <fmt/format.h>

#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

std::string_view Headline(const Commit& commit) {
  return std::string_view(commit.message).substr(0, commit.message.find('\n'));
}

std::string_view BodyOf(const Commit& commit) {
  const std::size_t end = commit.message.find('\n');
  if (end == std::string::npos) return {};
  const std::size_t start = commit.message.find_first_not_of("\r\n", end);
  return start == std::string::npos ? std::string_view()
                                    : std::string_view(commit.message).substr(start);
}

TypeDef GitActorType() {
  TypeDef type{"GitActor", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<GitActor>("email: String", [](const GitActor& who) { return Known(who.email); }),
      Leaf<GitActor>("name: String", [](const GitActor& who) { return Known(who.name); }),
      Who<GitActor>("user: User", [](const GitActor& who) { return who.user; }),
  };
  return type;
}

void WriteGitActor(Executor& out, const GitActor& who, const PlanField& field) {
  if (who.name.empty() && who.email.empty()) return out.Null();
  out.Object(field, "GitActor", &who);
}

TypeDef CommitType() {
  TypeDef type{"Commit", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<Commit>(
          "abbreviatedOid: String!",
          [](const Commit& c) { return std::string_view(c.oid).substr(0, 7); }
      ),
      Leaf<Commit>("additions: Int!", [](const Commit& c) { return c.additions; }),
      Field<Commit>(
          "author: GitActor",
          [](Executor& out, const Commit& c, const PlanField& field) {
            WriteGitActor(out, c.author, field);
          }
      ),
      When<Commit>("authoredDate: DateTime!", [](const Commit& c) { return c.authored; }),
      Leaf<Commit>("changedFiles: Int!", [](const Commit& c) { return c.changed_files; }),
      Leaf<Commit>("changedFilesIfAvailable: Int", [](const Commit& c) { return c.changed_files; }),
      When<Commit>("committedDate: DateTime!", [](const Commit& c) { return c.committed; }),
      Field<Commit>(
          "committer: GitActor",
          [](Executor& out, const Commit& c, const PlanField& field) {
            WriteGitActor(out, c.committer, field);
          }
      ),
      Leaf<Commit>("deletions: Int!", [](const Commit& c) { return c.deletions; }),
      Leaf<Commit>("id: ID!", [](const Commit& c) { return "C_" + c.oid; }),
      Leaf<Commit>("message: String!", [](const Commit& c) { return std::string_view(c.message); }),
      Leaf<Commit>("messageBody: String!", [](const Commit& c) { return BodyOf(c); }),
      Leaf<Commit>("messageHeadline: String!", [](const Commit& c) { return Headline(c); }),
      Leaf<Commit>("oid: GitObjectID!", [](const Commit& c) { return std::string_view(c.oid); }),
      Leaf<Commit>(
          "url: URI!",
          [](const Commit& c) { return fmt::format("{}/commit/{}", c.repository->url, c.oid); }
      ),
  };
  return type;
}

TypeDef PullRequestCommitType() {
  TypeDef type{"PullRequestCommit", TypeKind::kObject, {}, {}};
  type.fields = {
      Field<Commit>(
          "commit: Commit!",
          [](Executor& out, const Commit& c, const PlanField& field) {
            out.Object(field, "Commit", &c);
          }
      ),
      Leaf<Commit>("id: ID!", [](const Commit& c) { return "PURC_" + c.oid; }),
  };
  return type;
}

TypeDef GitObjectType() {
  TypeDef type{"GitObject", TypeKind::kInterface, {}, {"Commit"}};
  for (const std::string_view field : {"abbreviatedOid: String!", "id: ID!", "oid: GitObjectID!"}) {
    type.fields.emplace_back(field, nullptr);
  }
  return type;
}

/// Fields that issue comments, review comments and reviews share.
template <class T>
std::vector<FieldDef> SharedFields(std::string_view pull_request) {
  std::vector<FieldDef> fields = {
      Who<T>("author: Actor", [](const T& self) { return self.author; }),
      Leaf<T>(
          "authorAssociation: CommentAuthorAssociation!",
          [](const T& self) { return Known(self.association); }
      ),
      Leaf<T>("body: String!", [](const T& self) { return self.body.value_or(""); }),
      Leaf<T>("bodyText: String!", [](const T& self) { return self.body.value_or(""); }),
      When<T>("createdAt: DateTime!", [](const T& self) { return self.created; }),
      Leaf<T>("databaseId: Int", [](const T& self) { return SmallId(self.id); }),
      Leaf<T>("fullDatabaseId: BigInt", [](const T& self) { return FullId(self.id); }),
      Leaf<T>("id: ID!", [](const T& self) { return std::string_view(self.node_id); }),
      Field<T>(
          pull_request,
          [](Executor& out, const T& self, const PlanField& field) {
            WritePull(out, field, *self.repository, self.pull_number);
          }
      ),
      Field<T>(
          "repository: Repository!",
          [](Executor& out, const T& self, const PlanField& field) {
            out.Object(field, "Repository", self.repository);
          }
      ),
  };
  return fields;
}

TypeDef IssueCommentType() {
  TypeDef type{
      "IssueComment", TypeKind::kObject, SharedFields<Comment>("pullRequest: PullRequest"), {}
  };
  type.fields.push_back(When<Comment>("publishedAt: DateTime", [](const Comment& c) {
    return c.created;
  }));
  type.fields.push_back(When<Comment>("updatedAt: DateTime!", [](const Comment& c) {
    return c.updated;
  }));
  type.fields.push_back(Leaf<Comment>("url: URI!", [](const Comment& c) {
    return fmt::format("{}/pull/{}#issuecomment-{}", c.repository->url, c.pull_number, c.id);
  }));
  return type;
}

TypeDef ReviewCommentType() {
  TypeDef type{
      "PullRequestReviewComment",
      TypeKind::kObject,
      SharedFields<Comment>("pullRequest: PullRequest!"),
      {}
  };
  std::vector<FieldDef> fields = {
      Field<Comment>(
          "commit: Commit",
          [](Executor& out, const Comment& c, const PlanField& field) {
            if (c.commit_oid.empty()) return out.Null();
            const Commit commit = CommitStub(c.repository, c.commit_oid, c.created);
            out.Object(field, "Commit", &commit);
          }
      ),
      Leaf<Comment>(
          "diffHunk: String!", [](const Comment& c) { return std::string_view(c.diff_hunk); }
      ),
      Leaf<Comment>("line: Int", [](const Comment& c) { return c.line; }),
      Leaf<Comment>("originalLine: Int", [](const Comment& c) { return c.original_line; }),
      Leaf<Comment>("outdated: Boolean!", [](const Comment& c) { return !c.line.has_value(); }),
      Leaf<Comment>("path: String!", [](const Comment& c) { return std::string_view(c.path); }),
      When<Comment>("publishedAt: DateTime", [](const Comment& c) { return c.created; }),
      Field<Comment>(
          "pullRequestReview: PullRequestReview",
          [](Executor& out, const Comment& c, const PlanField& field) {
            PullRequest pull;
            Review review;
            if (c.review_id == 0 || !out.data().PullOf(*c.repository, c.pull_number, pull))
              return out.Null();
            for (std::int64_t i = 0; i < out.data().ReviewCount(pull); ++i) {
              out.data().ReviewAt(pull, i, review);
              if (review.id == c.review_id) return out.Object(field, "PullRequestReview", &review);
            }
            out.Null();
          }
      ),
      Field<Comment>(
          "replyTo: PullRequestReviewComment",
          [](Executor& out, const Comment& c, const PlanField& field) {
            if (c.reply_to == 0) return out.Null();
            Comment first = c;
            first.id = c.reply_to;
            first.node_id = c.reply_to_node;
            first.reply_to = 0;
            out.Object(field, "PullRequestReviewComment", &first);
          }
      ),
      When<Comment>("updatedAt: DateTime!", [](const Comment& c) { return c.updated; }),
      Leaf<Comment>(
          "url: URI!",
          [](const Comment& c) {
            return fmt::format("{}/pull/{}#discussion_r{}", c.repository->url, c.pull_number, c.id);
          }
      ),
  };
  for (FieldDef& field : fields) type.fields.push_back(std::move(field));
  return type;
}

TypeDef ReviewType() {
  TypeDef type{
      "PullRequestReview", TypeKind::kObject, SharedFields<Review>("pullRequest: PullRequest!"), {}
  };
  std::vector<FieldDef> fields = {
      // Only its size: which comments they are is asked through the threads or over REST.
      Field<Review>(
          "comments(after: String, before: String, first: Int, last: Int): "
          "PullRequestReviewCommentConnection!",
          [](Executor& out, const Review& review, const PlanField& field) {
            out.Connection(field, 0, review.comments, [](std::int64_t, const PlanField&) {});
          }
      ),
      Field<Review>(
          "commit: Commit",
          [](Executor& out, const Review& review, const PlanField& field) {
            if (review.commit_oid.empty()) return out.Null();
            const Commit commit = CommitStub(review.repository, review.commit_oid, review.created);
            out.Object(field, "Commit", &commit);
          }
      ),
      When<Review>("publishedAt: DateTime", [](const Review& review) { return review.submitted; }),
      Leaf<Review>(
          "state: PullRequestReviewState!",
          [](const Review& review) { return std::string_view(review.state); }
      ),
      When<Review>("submittedAt: DateTime", [](const Review& review) { return review.submitted; }),
      When<Review>(
          "updatedAt: DateTime!",
          [](const Review& review) { return review.submitted ? review.submitted : review.created; }
      ),
      Leaf<Review>(
          "url: URI!",
          [](const Review& review) {
            return fmt::format(
                "{}/pull/{}#pullrequestreview-{}",
                review.repository->url,
                review.pull_number,
                review.id
            );
          }
      ),
  };
  for (FieldDef& field : fields) type.fields.push_back(std::move(field));
  return type;
}

TypeDef ThreadType() {
  TypeDef type{"PullRequestReviewThread", TypeKind::kObject, {}, {}};
  type.fields = {
      Field<Thread>(
          "comments(after: String, before: String, first: Int, last: Int): "
          "PullRequestReviewCommentConnection!",
          [](Executor& out, const Thread& thread, const PlanField& field) {
            Comment comment;
            out.Connection(field, thread.count, [&](std::int64_t i, const PlanField& node) {
              out.data().CommentAt(
                  *thread.repository, thread.pull, CommentKind::kReview, thread.first + i, comment
              );
              out.Object(node, "PullRequestReviewComment", &comment);
            });
          }
      ),
      Leaf<Thread>(
          "id: ID!", [](const Thread& thread) { return std::string_view(thread.node_id); }
      ),
      Leaf<Thread>("isCollapsed: Boolean!", [](const Thread& thread) { return thread.resolved; }),
      Leaf<Thread>("isOutdated: Boolean!", [](const Thread& thread) { return thread.outdated; }),
      Leaf<Thread>("isResolved: Boolean!", [](const Thread& thread) { return thread.resolved; }),
      Leaf<Thread>("line: Int", [](const Thread& thread) { return thread.line; }),
      Leaf<Thread>(
          "path: String!", [](const Thread& thread) { return std::string_view(thread.path); }
      ),
      Field<Thread>(
          "pullRequest: PullRequest!",
          [](Executor& out, const Thread& thread, const PlanField& field) {
            WritePull(out, field, *thread.repository, thread.pull.number);
          }
      ),
      Who<Thread>("resolvedBy: User", [](const Thread& thread) { return thread.resolved_by; }),
  };
  return type;
}

}  // namespace

Commit CommitStub(const Repository* repository, std::string oid, Instant at) {
  Commit commit;
  commit.repository = repository;
  commit.oid = std::move(oid);
  commit.authored = at;
  commit.committed = at;
  if (repository->generated) commit.additions = commit.deletions = commit.changed_files = 0;
  return commit;
}

std::vector<FieldDef> ConversationFields() {
  return {
      Field<PullRequest>(
          "comments(after: String, before: String, first: Int, last: Int): IssueCommentConnection!",
          [](Executor& out, const PullRequest& pull, const PlanField& field) {
            const Data& data = out.data();
            const auto count = data.CommentCount(*pull.repository, pull, CommentKind::kIssue);
            Comment comment;
            out.Connection(field, count, pull.comments, [&](std::int64_t i, const PlanField& node) {
              data.CommentAt(*pull.repository, pull, CommentKind::kIssue, i, comment);
              out.Object(node, "IssueComment", &comment);
            });
          }
      ),
      Field<PullRequest>(
          "commits(after: String, before: String, first: Int, last: Int): "
          "PullRequestCommitConnection!",
          [](Executor& out, const PullRequest& pull, const PlanField& field) {
            Commit commit;
            const auto count = out.data().CommitCount(pull);
            out.Connection(field, count, pull.commits, [&](std::int64_t i, const PlanField& node) {
              out.data().CommitAt(pull, i, commit);
              out.Object(node, "PullRequestCommit", &commit);
            });
          }
      ),
      Field<PullRequest>(
          "reviewThreads(after: String, before: String, first: Int, last: Int): "
          "PullRequestReviewThreadConnection!",
          [](Executor& out, const PullRequest& pull, const PlanField& field) {
            Thread thread;
            const auto count = out.data().ThreadCount(pull);
            out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
              out.data().ThreadAt(pull, i, thread);
              out.Object(node, "PullRequestReviewThread", &thread);
            });
          }
      ),
      Field<PullRequest>(
          "reviews(after: String, before: String, first: Int, last: Int): "
          "PullRequestReviewConnection",
          [](Executor& out, const PullRequest& pull, const PlanField& field) {
            Review review;
            const auto count = out.data().ReviewCount(pull);
            out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
              out.data().ReviewAt(pull, i, review);
              out.Object(node, "PullRequestReview", &review);
            });
          }
      ),
  };
}

std::vector<TypeDef> ConversationTypes() {
  std::vector<TypeDef> types;
  types.push_back(GitActorType());
  types.push_back(CommitType());
  types.push_back(PullRequestCommitType());
  types.push_back(GitObjectType());
  types.push_back(IssueCommentType());
  types.push_back(ReviewCommentType());
  types.push_back(ReviewType());
  types.push_back(ThreadType());
  return types;
}

}  // namespace pulse::simulate::github
