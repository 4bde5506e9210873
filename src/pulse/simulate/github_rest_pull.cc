#include <fmt/format.h>

#include "pulse/simulate/github_rest_json.h"
#include "pulse/simulate/github_rest_urls.h"
#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

void AppendTeam(std::string& out, const Actor& team) {
  ObjectWriter object(out);
  object.Number("id", team.id);
  object.Text("node_id", team.node_id);
  object.Text("name", team.name);
  object.Text("slug", team.login);
  const std::string url = fmt::format("{}/organizations/900000/team/{}", kApiBase, team.id);
  object.Text("url", url);
  object.Text("html_url", fmt::format("{}/orgs/teams/{}", kWebBase, team.login));
  object.Text("members_url", url + "/members{/member}");
  object.Text("repositories_url", url + "/repos");
  object.Text("description", "");
  object.Text("permission", "push");
  object.Text("privacy", "closed");
  object.Text("type", "organization");
  object.Raw("parent", "null");
}

void AppendLabel(std::string& out, const Label& label) {
  ObjectWriter object(out);
  object.Number("id", label.id);
  object.Text("node_id", label.node_id);
  object.Text("url", fmt::format("{}/labels/{}", kApiBase, label.id));
  object.Text("name", label.name);
  object.Text("color", label.color);
  object.Bool("default", false);
  object.MaybeText("description", label.description);
}

void AppendMilestone(std::string& out, const Milestone* milestone) {
  if (milestone == nullptr) {
    out += "null";
    return;
  }
  ObjectWriter object(out);
  object.Number("id", milestone->id);
  object.Text("node_id", milestone->node_id);
  object.Number("number", milestone->number);
  object.Text("title", milestone->title);
  object.Text("state", milestone->state);
  object.Time("created_at", milestone->created);
  object.Time("updated_at", milestone->updated);
  object.Time("due_on", milestone->due_on);
  const std::string url = fmt::format("{}/milestones/{}", kApiBase, milestone->number);
  object.Text("url", url);
  object.Text("html_url", fmt::format("{}/milestone/{}", kWebBase, milestone->number));
  object.Text("labels_url", url + "/labels");
  object.Text("description", "");
  object.Raw("creator", "null");
  object.Number("open_issues", 0);
  object.Number("closed_issues", 0);
  object.Time("closed_at", milestone->state == "closed" ? milestone->due_on : Instant());
}

std::string OwnerOf(std::string_view full_name) {
  return std::string(full_name.substr(0, full_name.find('/')));
}

void AppendFork(std::string& out, const Repository& origin, const std::string& full_name) {
  Repository fork = origin;
  Actor owner;
  owner.login = OwnerOf(full_name);
  fork.owner = &owner;
  fork.full_name = full_name;
  fork.id = origin.id + 1;
  fork.node_id = "R_fork_" + full_name;
  fork.url = fmt::format("{}/{}", kWebBase, full_name);
  fork.fork = true;
  fork.verbatim = nullptr;
  AppendRepository(out, fork);
}

/// `head` and `base`.
void AppendHead(std::string& out, const PullRequest& pull) {
  ObjectWriter object(out);
  const std::string owner = OwnerOf(pull.head_repository.value_or("unknown repository"));
  object.Text("label", owner + ":" + pull.head_ref);
  object.Text("ref", pull.head_ref);
  object.Text("sha", pull.head_oid);
  object.Value("user", [&](std::string& to) {
    AppendUser(
        to,
        pull.head_repository == pull.repository->full_name ? pull.repository->owner : pull.author
    );
  });
  object.Value("repo", [&](std::string& to) {
    if (!pull.head_repository) {
      to += "null";
    } else if (*pull.head_repository == pull.repository->full_name) {
      AppendRepository(to, *pull.repository);
    } else {
      AppendFork(to, *pull.repository, *pull.head_repository);
    }
  });
}

void AppendBase(std::string& out, const PullRequest& pull) {
  ObjectWriter object(out);
  object.Text("label", pull.repository->owner->login + ":" + pull.base_ref);
  object.Text("ref", pull.base_ref);
  object.Text("sha", pull.base_oid);
  object.Value("user", [&](std::string& to) { AppendUser(to, pull.repository->owner); });
  object.Value("repo", [&](std::string& to) { AppendRepository(to, *pull.repository); });
}

/// What the pull request and the issue view have in common.
void WriteShared(ObjectWriter& object, const PullRequest& pull) {
  object.Number("number", pull.number);
  object.Text("state", pull.state == PullState::kOpen ? "open" : "closed");
  object.Bool("locked", pull.locked.value_or(false));
  object.MaybeText("title", pull.title);
  object.Value("user", [&](std::string& to) { AppendUser(to, pull.author); });
  object.MaybeText("body", pull.body);
  object.Time("created_at", pull.created_at);
  object.Time("updated_at", pull.updated_at);
  object.Time("closed_at", pull.closed_at);
  object.Value("assignee", [&](std::string& to) {
    AppendUser(to, pull.assignees.empty() ? nullptr : pull.assignees.front());
  });
  object.List("assignees", pull.assignees, AppendUser);
  object.List("labels", pull.labels, [](std::string& to, const Label* label) {
    AppendLabel(to, *label);
  });
  object.Value("milestone", [&](std::string& to) { AppendMilestone(to, pull.milestone); });
  object.Text("author_association", pull.association);
  object.Raw("active_lock_reason", "null");
}

void WriteReviewers(ObjectWriter& object, const PullRequest& pull) {
  std::vector<const Actor*> users;
  std::vector<const Actor*> teams;
  for (const Actor* actor : pull.requested)
    (actor->type == "Team" ? teams : users).push_back(actor);
  object.List("requested_reviewers", users, AppendUser);
  object.List("requested_teams", teams, [](std::string& to, const Actor* team) {
    AppendTeam(to, *team);
  });
}

void WriteDetail(ObjectWriter& object, const PullRequest& pull) {
  object.Bool("merged", pull.merged);
  object.Raw("mergeable", "null");
  object.Text("mergeable_state", "unknown");
  object.Value("merged_by", [&](std::string& to) { AppendUser(to, pull.merged_by); });
  object.Number("comments", pull.comments);
  object.Number("review_comments", pull.review_comments);
  object.Bool("maintainer_can_modify", false);
  object.Number("commits", pull.commits);
  object.Number("additions", pull.additions);
  object.Number("deletions", pull.deletions);
  object.Number("changed_files", pull.changed_files);
}

}  // namespace

void AppendPull(std::string& out, const PullRequest& pull, PullShape shape) {
  if (pull.verbatim != nullptr) {
    out += *pull.verbatim;
    return;
  }
  const std::string url = PullUrl(*pull.repository, pull.number);
  const std::string issue = fmt::format("{}/issues/{}", ApiUrl(*pull.repository), pull.number);
  const std::string statuses =
      fmt::format("{}/statuses/{}", ApiUrl(*pull.repository), pull.head_oid);
  ObjectWriter object(out, pull.breakage);
  object.Text("url", url);
  object.Number("id", pull.id);
  object.Text("node_id", pull.node_id);
  object.Text("html_url", pull.url);
  object.Text("issue_url", issue);
  object.Text("diff_url", pull.url + ".diff");
  object.Text("patch_url", pull.url + ".patch");
  object.Text("commits_url", url + "/commits");
  object.Text("review_comments_url", url + "/comments");
  object.Text("review_comment_url", ApiUrl(*pull.repository) + "/pulls/comments{/number}");
  object.Text("comments_url", issue + "/comments");
  object.Text("statuses_url", statuses);
  WriteLinks(
      object,
      {{"self", url},
       {"html", pull.url},
       {"issue", issue},
       {"comments", issue + "/comments"},
       {"review_comments", url + "/comments"},
       {"review_comment", ApiUrl(*pull.repository) + "/pulls/comments{/number}"},
       {"commits", url + "/commits"},
       {"statuses", statuses}}
  );
  WriteShared(object, pull);
  object.Time("merged_at", pull.merged_at);
  object.Text("merge_commit_sha", pull.merge_oid);
  object.Bool("draft", pull.draft.value_or(false));
  object.Raw("auto_merge", "null");
  WriteReviewers(object, pull);
  object.Value("head", [&](std::string& to) { AppendHead(to, pull); });
  object.Value("base", [&](std::string& to) { AppendBase(to, pull); });
  if (shape == PullShape::kDetail) WriteDetail(object, pull);
}

void AppendIssue(std::string& out, const PullRequest& pull) {
  const std::string issue = fmt::format("{}/issues/{}", ApiUrl(*pull.repository), pull.number);
  ObjectWriter object(out, pull.breakage);
  object.Text("url", issue);
  object.Text("repository_url", ApiUrl(*pull.repository));
  object.Text("labels_url", issue + "/labels{/name}");
  object.Text("comments_url", issue + "/comments");
  object.Text("events_url", issue + "/events");
  object.Text("html_url", pull.url);
  // Issue ids are a series of their own: never the id of the pull request.
  object.Number("id", pull.id + 1'000'000'000);
  object.Text("node_id", "I_" + pull.node_id);
  WriteShared(object, pull);
  object.Number("comments", pull.comments);
  object.Bool("draft", pull.draft.value_or(false));
  object.Value("pull_request", [&](std::string& to) {
    ObjectWriter link(to);
    link.Text("url", PullUrl(*pull.repository, pull.number));
    link.Text("html_url", pull.url);
    link.Text("diff_url", pull.url + ".diff");
    link.Text("patch_url", pull.url + ".patch");
    link.Time("merged_at", pull.merged_at);
  });
}

}  // namespace pulse::simulate::github
