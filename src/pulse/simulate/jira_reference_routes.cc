#include <algorithm>

#include "pulse/base/clock.h"
#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_call.h"

namespace pulse::simulate {
namespace {

/// Whom every credential belongs to.
constexpr std::string_view kAccountId = "712020:5b10ac8d-82e0-4b22-8c7d-4ef500000001";

const std::vector<Item>& ItemsOf(const JiraSite& site, const JiraCall& call, ItemKind kind) {
  return site.source.catalogue(call.dialect).of(kind);
}

/// `[…]` of the items that `keep` accepts.
template <class Keep>
http::Response PlainArray(const std::vector<Item>& items, Keep keep) {
  std::string body = "[";
  for (const Item& item : items) {
    if (!keep(item)) continue;
    if (body.size() > 1) body += ',';
    body += item.json;
  }
  body += ']';
  return JiraJson(200, std::move(body));
}

http::Response PlainArray(const std::vector<Item>& items) {
  return PlainArray(items, [](const Item&) { return true; });
}

template <class Keep>
http::Response Page(
    const JiraCall& call, const std::vector<Item>& items, std::int64_t most, Keep keep
) {
  std::vector<const std::string*> kept;
  for (const Item& item : items) {
    if (keep(item)) kept.push_back(&item.json);
  }
  return PageOfItems(call, kept, most);
}

/// Position of a project by id or key.
std::optional<std::int64_t> FindProject(
    const JiraSite& site, const JiraCall& call, std::string_view id_or_key
) {
  const std::vector<Item>& projects = ItemsOf(site, call, ItemKind::kProject);
  const auto found = std::ranges::find_if(projects, [&](const Item& project) {
    return project.id == id_or_key || project.key == id_or_key;
  });
  if (found == projects.end()) return std::nullopt;
  return found - projects.begin();
}

http::Response NoProject(std::string_view id_or_key) {
  return JiraError(404, "No project could be found with key '" + std::string(id_or_key) + "'.");
}

/// Whether the project uses this type or status: its own ones, or, without any, the site's.
bool BelongsTo(const std::vector<Item>& items, const Item& item, std::int64_t project) {
  const auto own = [&](const Item& each) { return each.owner == project; };
  return item.owner == (std::ranges::any_of(items, own) ? project : -1);
}

/// Without the closing brace, to add members.
std::string_view Open(const std::string& json) {
  return std::string_view(json).substr(0, json.size() - 1);
}

std::string NowText() {
  std::string text;
  AppendJiraTime(text, SystemClock().Now());
  return text;
}

}  // namespace

http::Response ServerInfo(const JiraSite&, const JiraCall& call) {
  std::string body;
  Append(body, R"({"baseUrl":")", SiteBase(call.dialect), R"(","version":)");
  if (call.cloud()) {
    Append(body, R"("1001.0.0-SNAPSHOT","versionNumbers":[1001,0,0],"deploymentType":"Cloud",)");
    body += R"("buildNumber":100290,"buildDate":"2026-09-01T00:00:00.000+0530",)";
  } else {
    Append(body, R"("9.12.4","versionNumbers":[9,12,4],"deploymentType":"Server",)");
    body += R"("buildNumber":912004,"buildDate":"2024-02-20T00:00:00.000+0530",)";
  }
  Append(
      body, R"("serverTime":")", NowText(), R"(","scmInfo":"8f4d1c0","serverTitle":"Acme Jira")"
  );
  if (call.cloud()) Append(body, R"(,"serverTimeZone":")", kAccountZone, "\"");
  body += '}';
  return JiraJson(200, std::move(body));
}

http::Response Myself(const JiraSite&, const JiraCall& call) {
  std::string body;
  Append(body, R"({"self":")", SelfBase(call.dialect));
  if (call.cloud()) {
    Append(body, "/user?accountId=", kAccountId, R"(","accountId":")", kAccountId);
    body += R"(","accountType":"atlassian",)";
  } else {
    body += R"(/user?username=pulse","name":"pulse","key":"JIRAUSER10000",)";
  }
  body += R"("emailAddress":"pulse@acme.example","avatarUrls":{},"displayName":"Pulse Sync",)";
  Append(body, R"("active":true,"timeZone":")", kAccountZone, R"(","locale":"en_GB"})");
  return JiraJson(200, std::move(body));
}

http::Response Fields(const JiraSite& site, const JiraCall& call) {
  return PlainArray(ItemsOf(site, call, ItemKind::kField));
}

http::Response FieldSearch(const JiraSite& site, const JiraCall& call) {
  // The search form describes a field in fewer words: id, name, schema.
  std::vector<std::string> described;
  for (const Item& field : ItemsOf(site, call, ItemKind::kField)) {
    const std::size_t schema = field.json.find("\"schema\":");
    if (schema == std::string::npos) continue;
    std::string& out = described.emplace_back();
    Append(out, R"({"id":")", field.id, R"(","key":")", field.id, R"(","name":)");
    model::AppendJsonString(out, field.name);
    Append(out, R"(,"description":"",)", std::string_view(field.json).substr(schema));
  }
  std::vector<const std::string*> items;
  items.reserve(described.size());
  for (const std::string& json : described) items.push_back(&json);
  return PageOfItems(call, items, 50);
}

http::Response IssueTypes(const JiraSite& site, const JiraCall& call) {
  return PlainArray(ItemsOf(site, call, ItemKind::kIssueType));
}

http::Response ProjectIssueTypes(const JiraSite& site, const JiraCall& call) {
  const auto project = FindProject(site, call, call.Parameter("projectId"));
  if (!project) return NoProject(call.Parameter("projectId"));
  const std::vector<Item>& types = ItemsOf(site, call, ItemKind::kIssueType);
  const std::string_view level = call.Parameter("level");
  return PlainArray(types, [&](const Item& type) {
    return BelongsTo(types, type, *project) && (level.empty() || type.group == level);
  });
}

http::Response Statuses(const JiraSite& site, const JiraCall& call) {
  return PlainArray(ItemsOf(site, call, ItemKind::kStatus));
}

http::Response StatusSearch(const JiraSite& site, const JiraCall& call) {
  // This endpoint has category words of its own and no category object.
  std::vector<std::string> described;
  const std::string_view wanted = call.Parameter("statusCategory");
  const std::vector<Item>& projects = ItemsOf(site, call, ItemKind::kProject);
  for (const Item& status : ItemsOf(site, call, ItemKind::kStatus)) {
    const std::string_view category = status.group == "new"    ? "TODO"
                                      : status.group == "done" ? "DONE"
                                                               : "IN_PROGRESS";
    if (!wanted.empty() && wanted != category) continue;
    std::string& out = described.emplace_back();
    Append(out, R"({"id":")", status.id, R"(","name":)");
    model::AppendJsonString(out, status.name);
    Append(out, R"(,"description":"","statusCategory":")", category, R"(","scope":{"type":)");
    if (status.owner < 0) {
      out += R"("GLOBAL"}})";
    } else {
      const std::string& id = projects[static_cast<std::size_t>(status.owner)].id;
      Append(out, R"("PROJECT","project":{"id":")", id, R"("}}})");
    }
  }
  std::vector<const std::string*> items;
  items.reserve(described.size());
  for (const std::string& json : described) items.push_back(&json);
  return PageOfItems(call, items, 200);
}

http::Response Projects(const JiraSite& site, const JiraCall& call) {
  std::vector<Item> shown;
  const std::vector<Item>& projects = ItemsOf(site, call, ItemKind::kProject);
  for (std::size_t i = 0; i < projects.size(); ++i) {
    const Presence presence = site.source.PresenceOfProject(static_cast<int>(i));
    if (presence == Presence::kShown) shown.push_back(projects[i]);
  }
  return PlainArray(shown);
}

http::Response ProjectSearch(const JiraSite& site, const JiraCall& call) {
  const std::vector<std::string> keys = call.List("keys");
  const std::vector<std::string> ids = call.List("id");
  const auto named = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
  };
  const std::vector<Item>& projects = ItemsOf(site, call, ItemKind::kProject);
  const auto keep = [&](const Item& project) {
    const auto place = static_cast<int>(&project - projects.data());
    return named(keys, project.key) && named(ids, project.id) &&
           site.source.PresenceOfProject(place) == Presence::kShown;
  };
  if (std::ranges::none_of(projects, keep)) return NoProject(keys.empty() ? "" : keys.front());
  return Page(call, projects, 100, keep);
}

http::Response ProjectByKey(const JiraSite& site, const JiraCall& call) {
  const auto place = FindProject(site, call, call.names[0]);
  if (!place) return NoProject(call.names[0]);
  const Presence presence = site.source.PresenceOfProject(static_cast<int>(*place));
  if (presence == Presence::kGone) return NoProject(call.names[0]);
  const Item& project = ItemsOf(site, call, ItemKind::kProject)[static_cast<std::size_t>(*place)];
  const std::vector<Item>& types = ItemsOf(site, call, ItemKind::kIssueType);
  std::string body(Open(project.json));
  if (presence == Presence::kArchived) body += R"(,"archived":true)";
  body += R"(,"description":"","issueTypes":[)";
  std::string_view comma;
  for (const Item& type : types) {
    if (!BelongsTo(types, type, *place)) continue;
    Append(body, comma, type.json);
    comma = ",";
  }
  body += R"(],"versions":[)";
  comma = "";
  for (const Item& version : ItemsOf(site, call, ItemKind::kVersion)) {
    if (version.owner != *place) continue;
    Append(body, comma, version.json);
    comma = ",";
  }
  body += "]}";
  return JiraJson(200, std::move(body));
}

http::Response ProjectStatuses(const JiraSite& site, const JiraCall& call) {
  const auto place = FindProject(site, call, call.names[0]);
  if (!place) return NoProject(call.names[0]);
  const std::vector<Item>& types = ItemsOf(site, call, ItemKind::kIssueType);
  const std::vector<Item>& statuses = ItemsOf(site, call, ItemKind::kStatus);
  std::string used;
  for (const Item& status : statuses) {
    if (!BelongsTo(statuses, status, *place)) continue;
    Append(used, used.empty() ? "" : ",", status.json);
  }
  std::string body = "[";
  for (const Item& type : types) {
    if (!BelongsTo(types, type, *place)) continue;
    if (body.size() > 1) body += ',';
    Append(body, R"({"self":")", SelfBase(call.dialect), "/issuetype/", type.id, R"(","id":")");
    Append(body, type.id, R"(","name":)");
    model::AppendJsonString(body, type.name);
    Append(body, R"(,"subtask":)", type.group == "-1" ? "true" : "false", R"(,"statuses":[)");
    Append(body, used, "]}");
  }
  body += ']';
  return JiraJson(200, std::move(body));
}

http::Response ProjectVersions(const JiraSite& site, const JiraCall& call) {
  const auto place = FindProject(site, call, call.names[0]);
  if (!place) return NoProject(call.names[0]);
  return PlainArray(ItemsOf(site, call, ItemKind::kVersion), [&](const Item& version) {
    return version.owner == *place;
  });
}

http::Response Priorities(const JiraSite& site, const JiraCall& call) {
  return PlainArray(ItemsOf(site, call, ItemKind::kPriority));
}

http::Response PrioritySearch(const JiraSite& site, const JiraCall& call) {
  const auto all = [](const Item&) { return true; };
  return Page(call, ItemsOf(site, call, ItemKind::kPriority), 50, all);
}

http::Response Resolutions(const JiraSite& site, const JiraCall& call) {
  return PlainArray(ItemsOf(site, call, ItemKind::kResolution));
}

http::Response ResolutionSearch(const JiraSite& site, const JiraCall& call) {
  const auto all = [](const Item&) { return true; };
  return Page(call, ItemsOf(site, call, ItemKind::kResolution), 50, all);
}

http::Response LinkTypes(const JiraSite& site, const JiraCall& call) {
  http::Response response = PlainArray(ItemsOf(site, call, ItemKind::kLinkType));
  response.body = "{\"issueLinkTypes\":" + response.body + "}";
  return response;
}

http::Response UsersSearch(const JiraSite& site, const JiraCall& call) {
  const auto window = WindowOf(call, 50, 1000);
  if (!window) return JiraError(400, "startAt and maxResults must be whole numbers.");
  const std::vector<Item>& users = ItemsOf(site, call, ItemKind::kUser);
  const auto total = static_cast<std::int64_t>(users.size());
  std::string body = "[";
  for (std::int64_t i = window->start; i < std::min(total, window->start + window->limit); ++i) {
    Append(body, i > window->start ? "," : "", users[static_cast<std::size_t>(i)].json);
  }
  body += ']';
  return JiraJson(200, std::move(body));
}

http::Response UserByName(const JiraSite& site, const JiraCall& call) {
  const std::string_view id = call.Parameter(call.cloud() ? "accountId" : "key");
  const std::string_view name = call.cloud() ? "" : call.Parameter("username");
  for (const Item& user : ItemsOf(site, call, ItemKind::kUser)) {
    const bool found = (!id.empty() && user.id == id) || (!name.empty() && user.key == name);
    if (found) return JiraJson(200, user.json);
  }
  return JiraError(404, "Specified user does not exist or you do not have required permissions.");
}

http::Response Filter(const JiraSite& site, const JiraCall& call) {
  // One filter per board, with the same number: what the board shows.
  for (const Item& board : ItemsOf(site, call, ItemKind::kBoard)) {
    if (board.id != call.names[0]) continue;
    const auto project = static_cast<std::size_t>(board.owner);
    const Item& owner = ItemsOf(site, call, ItemKind::kProject)[project];
    std::string body;
    Append(body, R"({"self":")", SelfBase(call.dialect), "/filter/", board.id, R"(","id":")");
    Append(body, board.id, R"(","name":"Filter for )", board.name, R"(","jql":"project = )");
    Append(body, owner.key, R"( ORDER BY created ASC","favourite":false})");
    return JiraJson(200, std::move(body));
  }
  return JiraError(404, "The selected filter is not available to you.");
}

}  // namespace pulse::simulate
