#include "pulse/simulate/github_rest_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "pulse/http/server.h"
#include "pulse/simulate/github_json_writer.h"
#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

constexpr std::string_view kApiBase = "https://github.example/api/v3";

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

using Urls = std::pair<std::string_view, std::string_view>;

/// Links of a user object and what follows the user's own URL in them.
constexpr std::array<Urls, 9> kUserUrls = {{
    {"followers_url", "/followers"},
    {"following_url", "/following{/other_user}"},
    {"gists_url", "/gists{/gist_id}"},
    {"starred_url", "/starred{/owner}{/repo}"},
    {"subscriptions_url", "/subscriptions"},
    {"organizations_url", "/orgs"},
    {"repos_url", "/repos"},
    {"events_url", "/events{/privacy}"},
    {"received_events_url", "/received_events"},
}};

/// The same of a repository object.
constexpr std::array<Urls, 36> kRepositoryUrls = {{
    {"archive_url", "/{archive_format}{/ref}"},
    {"assignees_url", "/assignees{/user}"},
    {"blobs_url", "/git/blobs{/sha}"},
    {"branches_url", "/branches{/branch}"},
    {"collaborators_url", "/collaborators{/collaborator}"},
    {"comments_url", "/comments{/number}"},
    {"commits_url", "/commits{/sha}"},
    {"compare_url", "/compare/{base}...{head}"},
    {"contents_url", "/contents/{+path}"},
    {"contributors_url", "/contributors"},
    {"deployments_url", "/deployments"},
    {"downloads_url", "/downloads"},
    {"events_url", "/events"},
    {"forks_url", "/forks"},
    {"git_commits_url", "/git/commits{/sha}"},
    {"git_refs_url", "/git/refs{/sha}"},
    {"git_tags_url", "/git/tags{/sha}"},
    {"hooks_url", "/hooks"},
    {"issue_comment_url", "/issues/comments{/number}"},
    {"issue_events_url", "/issues/events{/number}"},
    {"issues_url", "/issues{/number}"},
    {"keys_url", "/keys{/key_id}"},
    {"labels_url", "/labels{/name}"},
    {"languages_url", "/languages"},
    {"merges_url", "/merges"},
    {"milestones_url", "/milestones{/number}"},
    {"notifications_url", "/notifications{?since,all,participating}"},
    {"pulls_url", "/pulls{/number}"},
    {"releases_url", "/releases{/id}"},
    {"stargazers_url", "/stargazers"},
    {"statuses_url", "/statuses/{sha}"},
    {"subscribers_url", "/subscribers"},
    {"subscription_url", "/subscription"},
    {"tags_url", "/tags"},
    {"teams_url", "/teams"},
    {"trees_url", "/git/trees{/sha}"},
}};

/// `"_links":{"self":{"href":…},…}`
void WriteLinks(
    ObjectWriter& object, std::initializer_list<std::pair<std::string_view, std::string>> links
) {
  object.Value("_links", [&](std::string& out) {
    ObjectWriter all(out);
    for (const auto& [name, url] : links) {
      all.Value(name, [&url](std::string& to) {
        ObjectWriter link(to);
        link.Text("href", url);
      });
    }
  });
}

std::string ApiUrl(const Repository& repository) {
  return fmt::format("{}/repos/{}", kApiBase, repository.full_name);
}

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

void AppendGitActor(std::string& out, const GitActor& who, const Instant& at) {
  ObjectWriter object(out);
  object.Text("name", who.name);
  object.Text("email", who.email);
  object.Time("date", at);
}

void WriteComment(ObjectWriter& object, const Comment& comment) {
  object.Number("id", comment.id);
  object.Text("node_id", comment.node_id);
  object.Value("user", [&](std::string& to) { AppendUser(to, comment.author); });
  object.Time("created_at", comment.created);
  object.Time("updated_at", comment.updated);
  object.Text("author_association", comment.association);
  object.MaybeText("body", comment.body);
}

std::string PullUrl(const Repository& repository, std::int64_t number) {
  return fmt::format("{}/pulls/{}", ApiUrl(repository), number);
}

}  // namespace

void AppendUser(std::string& out, const Actor* actor) {
  if (actor == nullptr) {
    out += "null";
    return;
  }
  if (!actor->rest.empty()) {
    out += actor->rest;
    return;
  }
  const std::string login = http::PercentEncode(actor->login);
  const std::string url = fmt::format("{}/users/{}", kApiBase, login);
  ObjectWriter object(out);
  object.Text("login", actor->login);
  object.Number("id", actor->id);
  object.Text("node_id", actor->node_id);
  object.Text("avatar_url", fmt::format("{}/avatars/{}", kWebBase, actor->id));
  object.Text("gravatar_id", "");
  object.Text("url", url);
  object.Text("html_url", fmt::format("{}/{}", kWebBase, login));
  for (const auto& [name, suffix] : kUserUrls) object.Text(name, url + std::string(suffix));
  object.Text("type", actor->type);
  object.Bool("site_admin", false);
}

void AppendRepository(std::string& out, const Repository& repository) {
  if (repository.verbatim != nullptr) {
    out += *repository.verbatim;
    return;
  }
  ObjectWriter object(out);
  object.Number("id", repository.id);
  object.Text("node_id", repository.node_id);
  object.Text("name", repository.name);
  object.Text("full_name", repository.full_name);
  object.Bool("private", repository.visibility != "public");
  object.Value("owner", [&](std::string& to) { AppendUser(to, repository.owner); });
  object.Text("html_url", repository.url);
  object.MaybeText("description", repository.description);
  object.Bool("fork", repository.fork);
  object.Text("url", ApiUrl(repository));
  object.Time("created_at", repository.created);
  object.Time("updated_at", repository.updated);
  object.Time("pushed_at", repository.pushed);
  object.Number("size", repository.disk_kib);
  object.Number("stargazers_count", repository.stars);
  object.Number("watchers_count", repository.stars);
  object.MaybeText("language", repository.language);
  object.Number("forks_count", repository.forks);
  object.Bool("archived", repository.archived);
  object.Bool("disabled", repository.disabled);
  object.Number("open_issues_count", 0);
  object.Number("open_issues", 0);
  object.Number("watchers", repository.stars);
  object.Number("forks", repository.forks);
  object.Number("network_count", repository.forks);
  object.Number("subscribers_count", repository.stars);
  for (const auto& [name, suffix] : kRepositoryUrls) {
    object.Text(name, ApiUrl(repository) + std::string(suffix));
  }
  object.Text("clone_url", repository.url + ".git");
  object.Text("git_url", fmt::format("git://github.example/{}.git", repository.full_name));
  object.Text("ssh_url", fmt::format("git@github.example:{}.git", repository.full_name));
  object.Text("svn_url", repository.url);
  for (const std::string_view name : {"homepage", "mirror_url", "license"})
    object.Raw(name, "null");
  for (const std::string_view name :
       {"has_issues", "has_projects", "has_wiki", "has_downloads", "has_discussions"}) {
    object.Bool(name, true);
  }
  object.Bool("has_pages", false);
  object.Bool("is_template", repository.is_template);
  object.List("topics", repository.topics, [](std::string& to, const std::string& topic) {
    model::AppendJsonString(to, topic);
  });
  object.Text("visibility", repository.visibility);
  object.Text("default_branch", repository.default_branch);
}

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

void AppendCommit(std::string& out, const Commit& commit) {
  if (commit.verbatim != nullptr) {
    out += *commit.verbatim;
    return;
  }
  const std::string url = fmt::format("{}/commits/{}", ApiUrl(*commit.repository), commit.oid);
  ObjectWriter object(out);
  object.Text("sha", commit.oid);
  object.Text("node_id", "C_" + commit.oid);
  object.Value("commit", [&](std::string& to) {
    ObjectWriter git(to);
    git.Value("author", [&](std::string& at) {
      AppendGitActor(at, commit.author, commit.authored);
    });
    git.Value("committer", [&](std::string& at) {
      AppendGitActor(at, commit.committer, commit.committed);
    });
    git.Text("message", commit.message);
    git.Number("comment_count", 0);
    git.Text("url", url);
    git.Value("tree", [&](std::string& at) {
      ObjectWriter tree(at);
      tree.Text("sha", commit.oid);
      tree.Text("url", url);
    });
  });
  object.Text("url", url);
  object.Text("comments_url", url + "/comments");
  object.Text("html_url", fmt::format("{}/commit/{}", commit.repository->url, commit.oid));
  object.Value("author", [&](std::string& to) { AppendUser(to, commit.author.user); });
  object.Value("committer", [&](std::string& to) { AppendUser(to, commit.committer.user); });
  object.Value("parents", [&](std::string& to) {
    to += '[';
    {
      ObjectWriter parent(to);
      parent.Text("sha", commit.parent_oid);
      parent.Text("url", url);
    }
    to += ']';
  });
}

void AppendReview(std::string& out, const Review& review) {
  if (review.verbatim != nullptr) {
    out += *review.verbatim;
    return;
  }
  ObjectWriter object(out);
  object.Number("id", review.id);
  object.Text("node_id", review.node_id);
  object.Value("user", [&](std::string& to) { AppendUser(to, review.author); });
  object.MaybeText("body", review.body);
  object.Text("state", review.state);
  object.Text(
      "html_url",
      fmt::format(
          "{}/pull/{}#pullrequestreview-{}", review.repository->url, review.pull_number, review.id
      )
  );
  object.Text("pull_request_url", PullUrl(*review.repository, review.pull_number));
  WriteLinks(
      object,
      {{"html", review.repository->url},
       {"pull_request", PullUrl(*review.repository, review.pull_number)}}
  );
  object.Text("author_association", review.association);
  if (review.submitted) object.Time("submitted_at", review.submitted);
  object.Text("commit_id", review.commit_oid);
}

void AppendIssueComment(std::string& out, const Comment& comment) {
  if (comment.verbatim != nullptr) {
    out += *comment.verbatim;
    return;
  }
  ObjectWriter object(out);
  object.Text("url", fmt::format("{}/issues/comments/{}", ApiUrl(*comment.repository), comment.id));
  object.Text(
      "html_url",
      fmt::format(
          "{}/pull/{}#issuecomment-{}", comment.repository->url, comment.pull_number, comment.id
      )
  );
  object.Text(
      "issue_url", fmt::format("{}/issues/{}", ApiUrl(*comment.repository), comment.pull_number)
  );
  WriteComment(object, comment);
}

void AppendReviewComment(std::string& out, const Comment& comment) {
  if (comment.verbatim != nullptr) {
    out += *comment.verbatim;
    return;
  }
  ObjectWriter object(out);
  const std::string url =
      fmt::format("{}/pulls/comments/{}", ApiUrl(*comment.repository), comment.id);
  object.Text("url", url);
  WriteLinks(
      object,
      {{"self", url},
       {"html", comment.repository->url},
       {"pull_request", PullUrl(*comment.repository, comment.pull_number)}}
  );
  object.Text(
      "html_url",
      fmt::format(
          "{}/pull/{}#discussion_r{}", comment.repository->url, comment.pull_number, comment.id
      )
  );
  object.Text("pull_request_url", PullUrl(*comment.repository, comment.pull_number));
  WriteComment(object, comment);
  object.Number(
      "pull_request_review_id", comment.review_id == 0 ? Count() : Count(comment.review_id)
  );
  object.Text("diff_hunk", comment.diff_hunk);
  object.Text("path", comment.path);
  object.Number("line", comment.line);
  object.Number("original_line", comment.original_line);
  object.Text("side", "RIGHT");
  object.Text("commit_id", comment.commit_oid);
  object.Text("original_commit_id", comment.original_oid);
  if (comment.reply_to != 0) object.Number("in_reply_to_id", comment.reply_to);
}

void AppendDeployment(
    std::string& out, const Repository& repository, const Deployment& deployment
) {
  const std::string url = fmt::format("{}/deployments/{}", ApiUrl(repository), deployment.id);
  ObjectWriter object(out);
  object.Text("url", url);
  object.Number("id", deployment.id);
  object.Text("node_id", deployment.node_id);
  object.Text("task", "deploy");
  object.Text("original_environment", deployment.original_environment);
  object.Text("environment", deployment.environment);
  object.Text("description", deployment.description);
  object.Time("created_at", deployment.created);
  object.Time("updated_at", deployment.updated);
  object.Text("statuses_url", url + "/statuses");
  object.Text("repository_url", ApiUrl(repository));
  object.Value("creator", [&](std::string& to) { AppendUser(to, deployment.creator); });
  object.Text("sha", deployment.oid);
  object.Text("ref", deployment.ref);
  object.Raw("payload", "{}");
  object.Bool("transient_environment", false);
  object.Bool("production_environment", deployment.environment == "production");
}

void AppendDeploymentStatus(
    std::string& out,
    const Repository& repository,
    const Deployment& deployment,
    const DeploymentStatus& status
) {
  const std::string url = fmt::format("{}/deployments/{}", ApiUrl(repository), deployment.id);
  ObjectWriter object(out);
  object.Text("url", fmt::format("{}/statuses/{}", url, status.id));
  object.Number("id", status.id);
  object.Text("node_id", status.node_id);
  object.Text("state", Lower(status.state));
  object.Value("creator", [&](std::string& to) { AppendUser(to, status.creator); });
  object.Text("description", "");
  object.Text("environment", status.environment);
  object.Text("log_url", status.log_url);
  object.Text("target_url", status.log_url);
  object.Time("created_at", status.created);
  object.Time("updated_at", status.created);
  object.Text("deployment_url", url);
  object.Text("repository_url", ApiUrl(repository));
}

void AppendRelease(std::string& out, const Repository& repository, const Release& release) {
  ObjectWriter object(out);
  object.Text("url", fmt::format("{}/releases/{}", ApiUrl(repository), release.id));
  object.Text("html_url", fmt::format("{}/releases/tag/{}", repository.url, release.tag));
  object.Number("id", release.id);
  object.Value("author", [&](std::string& to) { AppendUser(to, release.author); });
  object.Text("node_id", release.node_id);
  object.Text("tag_name", release.tag);
  object.Text("target_commitish", repository.default_branch);
  object.Text("name", release.name);
  object.Bool("draft", release.draft);
  object.Bool("prerelease", release.prerelease);
  object.Time("created_at", release.created);
  object.Time("published_at", release.published);
  object.Text("body", release.body);
  object.Raw("assets", "[]");
  const std::string url = fmt::format("{}/releases/{}", ApiUrl(repository), release.id);
  object.Text("assets_url", url + "/assets");
  object.Text("upload_url", url + "/assets{?name,label}");
  object.Text("tarball_url", fmt::format("{}/tarball/{}", ApiUrl(repository), release.tag));
  object.Text("zipball_url", fmt::format("{}/zipball/{}", ApiUrl(repository), release.tag));
}

}  // namespace pulse::simulate::github
