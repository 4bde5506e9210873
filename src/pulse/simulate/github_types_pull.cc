#include <fmt/format.h>

#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

using Pull = PullRequest;

std::string_view StateName(const Pull& pull) {
  switch (pull.state) {
    case PullState::kOpen:
      return "OPEN";
    case PullState::kClosed:
      return "CLOSED";
    case PullState::kMerged:
      return "MERGED";
  }
  return "OPEN";
}

/// Null unless both parts are known: a sum with a hole is no sum.
Count AllComments(const Pull& pull) {
  if (!pull.comments || !pull.review_comments) return std::nullopt;
  return *pull.comments + *pull.review_comments;
}

std::vector<FieldDef> Identity() {
  return {
      Leaf<Pull>("databaseId: Int", [](const Pull& pull) { return SmallId(pull.id); }),
      Leaf<Pull>("fullDatabaseId: BigInt", [](const Pull& pull) { return FullId(pull.id); }),
      Leaf<Pull>("id: ID!", [](const Pull& pull) { return std::string_view(pull.node_id); }),
      Leaf<Pull>("number: Int!", [](const Pull& pull) { return pull.number; }),
      Leaf<Pull>("permalink: URI!", [](const Pull& pull) { return std::string_view(pull.url); }),
      Leaf<Pull>(
          "resourcePath: URI!",
          [](const Pull& pull) {
            return fmt::format("/{}/pull/{}", pull.repository->full_name, pull.number);
          }
      ),
      Leaf<Pull>("url: URI!", [](const Pull& pull) { return std::string_view(pull.url); }),
  };
}

std::vector<FieldDef> Facts() {
  return {
      Leaf<Pull>("additions: Int!", [](const Pull& pull) { return pull.additions; }),
      Leaf<Pull>(
          "authorAssociation: CommentAuthorAssociation!",
          [](const Pull& pull) { return Known(pull.association); }
      ),
      Leaf<Pull>("body: String!", [](const Pull& pull) { return pull.body.value_or(""); }),
      Leaf<Pull>("bodyText: String!", [](const Pull& pull) { return pull.body.value_or(""); }),
      Leaf<Pull>("changedFiles: Int!", [](const Pull& pull) { return pull.changed_files; }),
      Leaf<Pull>(
          "closed: Boolean!", [](const Pull& pull) { return pull.state != PullState::kOpen; }
      ),
      Leaf<Pull>("deletions: Int!", [](const Pull& pull) { return pull.deletions; }),
      Leaf<Pull>("isDraft: Boolean!", [](const Pull& pull) { return pull.draft; }),
      Leaf<Pull>("locked: Boolean!", [](const Pull& pull) { return pull.locked; }),
      Leaf<Pull>("merged: Boolean!", [](const Pull& pull) { return pull.merged; }),
      Leaf<Pull>(
          "reviewDecision: PullRequestReviewDecision",
          [](const Pull& pull) { return pull.review_decision; }
      ),
      Leaf<Pull>("state: PullRequestState!", [](const Pull& pull) { return StateName(pull); }),
      Leaf<Pull>("title: String!", [](const Pull& pull) { return pull.title; }),
      Leaf<Pull>("totalCommentsCount: Int", [](const Pull& pull) { return AllComments(pull); }),
  };
}

std::vector<FieldDef> Times() {
  return {
      When<Pull>("closedAt: DateTime", [](const Pull& pull) { return pull.closed_at; }),
      When<Pull>("createdAt: DateTime!", [](const Pull& pull) { return pull.created_at; }),
      When<Pull>("mergedAt: DateTime", [](const Pull& pull) { return pull.merged_at; }),
      When<Pull>("publishedAt: DateTime", [](const Pull& pull) { return pull.created_at; }),
      When<Pull>("updatedAt: DateTime!", [](const Pull& pull) { return pull.updated_at; }),
  };
}

std::vector<FieldDef> Branches() {
  return {
      Leaf<Pull>("baseRefName: String!", [](const Pull& pull) { return Known(pull.base_ref); }),
      Leaf<Pull>("baseRefOid: GitObjectID!", [](const Pull& pull) { return Known(pull.base_oid); }),
      Field<Pull>(
          "baseRepository: Repository",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            out.Object(field, "Repository", pull.repository);
          }
      ),
      Leaf<Pull>("headRefName: String!", [](const Pull& pull) { return Known(pull.head_ref); }),
      Leaf<Pull>("headRefOid: GitObjectID!", [](const Pull& pull) { return Known(pull.head_oid); }),
      Field<Pull>(
          "headRepository: Repository",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            if (!pull.head_repository) return out.Null();
            if (*pull.head_repository == pull.repository->full_name) {
              return out.Object(field, "Repository", pull.repository);
            }
            // A fork: nothing is known of it but its name and that it was made from this one.
            Repository fork = *pull.repository;
            fork.full_name = *pull.head_repository;
            fork.name = fork.full_name.substr(fork.full_name.find('/') + 1);
            fork.id = 0;
            fork.node_id = "R_fork_" + fork.full_name;
            fork.fork = true;
            fork.url = fmt::format("{}/{}", kWebBase, fork.full_name);
            out.Object(field, "Repository", &fork);
          }
      ),
      Leaf<Pull>(
          "isCrossRepository: Boolean!",
          [](const Pull& pull) { return pull.head_repository != pull.repository->full_name; }
      ),
      Field<Pull>(
          "mergeCommit: Commit",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            if (!pull.merged || pull.merge_oid.empty()) return out.Null();
            const Commit commit = CommitStub(pull.repository, pull.merge_oid, pull.merged_at);
            out.Object(field, "Commit", &commit);
          }
      ),
      // What REST calls merge_commit_sha of an unmerged pull request: a test merge.
      Field<Pull>(
          "potentialMergeCommit: Commit",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            if (pull.merged || pull.merge_oid.empty()) return out.Null();
            const Commit commit = CommitStub(pull.repository, pull.merge_oid, pull.updated_at);
            out.Object(field, "Commit", &commit);
          }
      ),
      Field<Pull>(
          "repository: Repository!",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            out.Object(field, "Repository", pull.repository);
          }
      ),
  };
}

std::vector<FieldDef> People() {
  return {
      Who<Pull>("author: Actor", [](const Pull& pull) { return pull.author; }),
      Who<Pull>("mergedBy: Actor", [](const Pull& pull) { return pull.merged_by; }),
      Field<Pull>(
          "assignees(after: String, before: String, first: Int, last: Int): UserConnection!",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            const auto count = static_cast<std::int64_t>(pull.assignees.size());
            out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
              out.Object(node, "User", pull.assignees[static_cast<std::size_t>(i)]);
            });
          }
      ),
      Field<Pull>(
          "reviewRequests(after: String, before: String, first: Int, last: Int): "
          "ReviewRequestConnection",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            const auto count = static_cast<std::int64_t>(pull.requested.size());
            out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
              out.Object(node, "ReviewRequest", pull.requested[static_cast<std::size_t>(i)]);
            });
          }
      ),
  };
}

std::vector<FieldDef> Planning() {
  return {
      Field<Pull>(
          "milestone: Milestone",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            if (pull.milestone == nullptr) return out.Null();
            out.Object(field, "Milestone", pull.milestone);
          }
      ),
      Field<Pull>(
          "labels(after: String, before: String, first: Int, last: Int): LabelConnection",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            const auto count = static_cast<std::int64_t>(pull.labels.size());
            out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
              out.Object(node, "Label", pull.labels[static_cast<std::size_t>(i)]);
            });
          }
      ),
      Field<Pull>(
          "closingIssuesReferences(after: String, before: String, first: Int, last: Int): "
          "IssueConnection",
          [](Executor& out, const Pull& pull, const PlanField& field) {
            const auto count = static_cast<std::int64_t>(pull.closes.size());
            out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
              out.Object(node, "Issue", &pull.closes[static_cast<std::size_t>(i)]);
            });
          }
      ),
  };
}

TypeDef PullRequestType() {
  TypeDef type{"PullRequest", TypeKind::kObject, {}, {}};
  for (auto* group :
       {&Identity, &Facts, &Times, &Branches, &People, &Planning, &ConversationFields}) {
    for (FieldDef& field : group()) type.fields.push_back(std::move(field));
  }
  return type;
}

TypeDef LabelType() {
  TypeDef type{"Label", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<Label>(
          "color: String!", [](const Label& label) { return std::string_view(label.color); }
      ),
      Leaf<Label>("description: String", [](const Label& label) { return label.description; }),
      Leaf<Label>("id: ID!", [](const Label& label) { return std::string_view(label.node_id); }),
      Leaf<Label>("name: String!", [](const Label& label) { return std::string_view(label.name); }),
  };
  return type;
}

TypeDef MilestoneType() {
  TypeDef type{"Milestone", TypeKind::kObject, {}, {}};
  type.fields = {
      When<Milestone>("createdAt: DateTime!", [](const Milestone& m) { return m.created; }),
      When<Milestone>("dueOn: DateTime", [](const Milestone& m) { return m.due_on; }),
      Leaf<Milestone>("id: ID!", [](const Milestone& m) { return std::string_view(m.node_id); }),
      Leaf<Milestone>("number: Int!", [](const Milestone& m) { return m.number; }),
      Leaf<Milestone>("state: MilestoneState!", [](const Milestone& m) { return Upper(m.state); }),
      Leaf<Milestone>(
          "title: String!", [](const Milestone& m) { return std::string_view(m.title); }
      ),
      When<Milestone>("updatedAt: DateTime!", [](const Milestone& m) { return m.updated; }),
  };
  return type;
}

TypeDef IssueTypeDef() {
  TypeDef type{"Issue", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<IssueReference>(
          "id: ID!",
          [](const IssueReference& issue) {
            return fmt::format("I_{}_{}", issue.repository->node_id, issue.number);
          }
      ),
      Leaf<IssueReference>(
          "number: Int!", [](const IssueReference& issue) { return issue.number; }
      ),
      Field<IssueReference>(
          "repository: Repository!",
          [](Executor& out, const IssueReference& issue, const PlanField& field) {
            out.Object(field, "Repository", issue.repository);
          }
      ),
      Leaf<IssueReference>(
          "url: URI!",
          [](const IssueReference& issue) {
            return fmt::format("{}/issues/{}", issue.repository->url, issue.number);
          }
      ),
  };
  return type;
}

TypeDef ReviewRequestType() {
  TypeDef type{"ReviewRequest", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<Actor>("asCodeOwner: Boolean!", [](const Actor& who) { return who.type == "Team"; }),
      Leaf<Actor>("id: ID!", [](const Actor& who) { return "RR_" + who.node_id; }),
      Who<Actor>("requestedReviewer: RequestedReviewer", [](const Actor& who) { return &who; }),
  };
  return type;
}

}  // namespace

std::vector<TypeDef> PullRequestTypes() {
  std::vector<TypeDef> types;
  types.push_back(PullRequestType());
  types.push_back(LabelType());
  types.push_back(MilestoneType());
  types.push_back(IssueTypeDef());
  types.push_back(ReviewRequestType());
  return types;
}

void WritePull(
    Executor& out, const PlanField& field, const Repository& repository, std::int64_t number
) {
  PullRequest pull;
  if (out.data().PullOf(repository, number, pull)) return out.Pull(field, pull);
  out.Fail(
      field,
      "NOT_FOUND",
      fmt::format("Could not resolve to a PullRequest with the number of {}.", number)
  );
}

}  // namespace pulse::simulate::github
