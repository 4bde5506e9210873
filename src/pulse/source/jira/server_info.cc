#include "pulse/source/jira/server_info.h"

#include <algorithm>

#include "pulse/base/http_date.h"
#include "pulse/source/jira/judge.h"

namespace pulse::source::jira {
namespace {

constexpr std::size_t kMaxReach = 20;

/// Keys of projects in reach, at most 20.
Result<std::vector<std::string>> Reach(const SyncContext& context, Transport& transport) {
  const bool is_cloud = context.deployment == Deployment::kCloud;
  const Call call = is_cloud ? GetCall(context, "/project/search", "/project/search?maxResults=20")
                             : GetCall(context, "/project", "/project");
  auto reply = Ask(transport, call);
  std::vector<std::string> keys;
  if (!reply && reply.error().kind() == ErrorKind::kNotFound) return keys;
  if (!reply) return std::move(reply).error();
  const Value root = reply->root();
  (is_cloud ? root["values"] : root).ForEach([&](Value project) {
    if (keys.size() < kMaxReach) keys.push_back(project["key"].id());
  });
  return keys;
}

/// A project in the integration's scope that the account cannot see; empty when there is none.
Result<std::string> UnseenProject(
    const model::Integration& integration, const SyncContext& context, Transport& transport
) {
  for (const std::string& key : ProjectsInScope(integration)) {
    const auto reply = Ask(transport, GetCall(context, "/project/{key}", "/project/" + key));
    if (reply) continue;
    if (reply.error().kind() == ErrorKind::kNotFound) return key;
    return reply.error();
  }
  return std::string();
}

}  // namespace

Result<ServerInfo> AskServerInfo(Transport& transport, EpochMs now) {
  const Call call{
      .endpoint = "GET /rest/api/2/serverInfo", .path = "/rest/api/2/serverInfo", .body = {}
  };
  PULSE_TRY(const Reply reply, Ask(transport, call));
  const Value root = reply.root();
  if (!root["version"].is_text() && !root["deploymentType"].is_text()) {
    return Error{ErrorKind::kInvalid, "this is no jira: serverInfo names no version"};
  }
  ServerInfo info;
  const bool is_cloud = root["deploymentType"].text() == "Cloud";
  info.deployment = is_cloud ? Deployment::kCloud : Deployment::kServer;
  info.version = root["version"].id();
  info.site = root["baseUrl"].text().value_or("");
  while (info.site.ends_with('/')) info.site.pop_back();
  info.time = ParseHttpDate(HeaderOf(reply.answer, "Date")).value_or(now);
  return info;
}

Result<Account> CheckAccount(const model::Integration& integration, Transport& transport) {
  PULSE_TRY(const ServerInfo server, AskServerInfo(transport, 0));
  SyncContext context;
  context.deployment = server.deployment;
  PULSE_TRY(const Reply myself, Ask(transport, GetCall(context, "/myself", "/myself")));

  Account account;
  account.name = myself.root()["displayName"].text().value_or("");
  const bool is_cloud = server.deployment == Deployment::kCloud;
  account.server = (is_cloud ? "Jira Cloud " : "Jira Data Center ") + server.version;
  PULSE_TRY(account.reach, Reach(context, transport));
  if (account.reach.empty()) {
    account.warnings.push_back(
        "the account sees no project: grant it the browse projects permission"
    );
  }
  PULSE_TRY(const std::string unseen, UnseenProject(integration, context, transport));
  if (!unseen.empty()) {
    account.warnings.push_back(
        "project " + unseen + " does not exist or is hidden from the account: check the scope"
    );
  }
  const Call boards{
      .endpoint = "GET /rest/agile/1.0/board",
      .path = "/rest/agile/1.0/board?maxResults=1",
      .body = {}
  };
  const auto seen = transport.Send(boards);
  if (!seen && seen.error().kind() != ErrorKind::kCancelled) {
    account.warnings.push_back(
        "boards cannot be read, so sprints come from issues only: add the scopes "
        "read:board-scope:jira-software and read:sprint:jira-software"
    );
  }
  return account;
}

}  // namespace pulse::source::jira
