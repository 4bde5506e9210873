#include <array>
#include <utility>

#include <fmt/format.h>

#include "pulse/http/server.h"
#include "pulse/simulate/github_rest_json.h"
#include "pulse/simulate/github_rest_urls.h"
#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

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

}  // namespace pulse::simulate::github
