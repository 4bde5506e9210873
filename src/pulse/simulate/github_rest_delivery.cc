
#include <fmt/format.h>

#include "pulse/base/ascii.h"
#include "pulse/simulate/github_rest_json.h"
#include "pulse/simulate/github_rest_urls.h"

namespace pulse::simulate::github {

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
