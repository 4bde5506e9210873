#include "pulse/simulate/jira_world_catalogue.h"

#include <utility>

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"

namespace pulse::simulate {
namespace {

struct StatusInfo {
  std::string_view id;
  std::string_view name;
  Category category;
};
constexpr std::array<StatusInfo, 10> kStatuses = {{
    {"10000", "To Do", Category::kNew},
    {"3", "In Progress", Category::kIndeterminate},
    {"10001", "In Review", Category::kIndeterminate},
    {"10002", "Blocked", Category::kIndeterminate},
    {"10003", "Done", Category::kDone},
    {"10100", "Zu erledigen", Category::kNew},
    {"10101", "In Arbeit", Category::kIndeterminate},
    {"10102", "In Prüfung", Category::kIndeterminate},
    {"10103", "Blockiert", Category::kIndeterminate},
    {"10104", "Fertig", Category::kDone},
}};
struct CategoryInfo {
  int id;
  std::string_view key;
  std::string_view color;
  std::string_view name;
};
constexpr std::array<CategoryInfo, 3> kCategories = {{
    {2, "new", "blue-gray", "To Do"},
    {4, "indeterminate", "yellow", "In Progress"},
    {3, "done", "green", "Done"},
}};
struct TypeInfo {
  int id;
  std::string_view name;
  int level;
};
constexpr std::array<TypeInfo, 10> kTypes = {{
    {10000, "Epic", 1},
    {10001, "Story", 0},
    {10002, "Task", 0},
    {10003, "Bug", 0},
    {10004, "Sub-task", -1},
    {10100, "Epic", 1},
    {10101, "Story", 0},
    {10102, "Aufgabe", 0},
    {10103, "Fehler", 0},
    {10104, "Teilaufgabe", -1},
}};

constexpr int kTeamProject = 5;
constexpr std::string_view kIconBase = "https://acme.atlassian.example/images/";

Item MakeItem(std::string id, std::string_view key, std::string_view name) {
  Item item;
  item.id = std::move(id);
  item.key = key;
  item.name = name;
  return item;
}

void AppendAvatars(std::string& out, std::string_view what, std::int64_t id) {
  out += "\"avatarUrls\":{";
  for (const int size : {48, 32, 24, 16}) {
    Append(out, size == 48 ? "" : ",", "\"", size, "x", size, "\":\"https://avatars.acme.example/");
    Append(out, what, "/", id, "/", size, ".png\"");
  }
  out += '}';
}

void AppendScope(std::string& out) {
  Append(out, R"(,"scope":{"type":"PROJECT","project":{"id":")");
  Append(out, World::ProjectAt(kTeamProject).id, "\"}}");
}

Item UserItem(const World& world, int index, Dialect dialect) {
  const Person person = world.PersonAt(index);
  const std::string_view base = SelfBase(dialect);
  const bool cloud = dialect != Dialect::kDataCenter;
  Item item;
  item.id = cloud ? person.account_id : person.user_key;
  item.key = person.user_name;
  item.name = person.display_name;
  std::string& out = item.json;
  if (cloud) {
    Append(out, "{\"self\":\"", base, "/user?accountId=", person.account_id, "\",\"accountId\":\"");
    Append(out, person.account_id, "\",");
  } else {
    Append(out, "{\"self\":\"", base, "/user?username=", person.user_name, "\",\"name\":\"");
    Append(out, person.user_name, "\",\"key\":\"", person.user_key, "\",");
  }
  if (!cloud || !person.email_hidden) Append(out, "\"emailAddress\":\"", person.email, "\",");
  AppendAvatars(out, "user", index);
  out += ",\"displayName\":";
  model::AppendJsonString(out, person.display_name);
  Append(out, ",\"active\":", person.active ? "true" : "false");
  Append(out, ",\"timeZone\":\"", person.time_zone, "\"");
  if (cloud) out += R"(,"accountType":"atlassian")";
  out += '}';
  return item;
}

Item StatusItemOf(std::size_t place, Dialect dialect) {
  const StatusInfo& info = kStatuses[place];
  const CategoryInfo& category = kCategories[static_cast<std::size_t>(info.category)];
  const std::string_view base = SelfBase(dialect);
  Item item = MakeItem(std::string(info.id), "", info.name);
  item.group = category.key;
  if (place >= kStatusCount) item.owner = kTeamProject;
  std::string& out = item.json;
  Append(out, "{\"self\":\"", base, "/status/", info.id, R"(","description":"","iconUrl":")");
  Append(out, kIconBase, "status.png\",\"name\":\"", info.name, R"(","id":")", info.id);
  Append(out, R"(","statusCategory":{"self":")", base, "/statuscategory/", category.id);
  Append(out, "\",\"id\":", category.id, ",\"key\":\"", category.key, R"(","colorName":")");
  Append(out, category.color, R"(","name":")", category.name, "\"}");
  if (item.owner >= 0 && dialect != Dialect::kDataCenter) AppendScope(out);
  out += '}';
  return item;
}

Item TypeItemOf(std::size_t place, Dialect dialect) {
  const TypeInfo& info = kTypes[place];
  Item item = MakeItem(std::to_string(info.id), "", info.name);
  if (place >= 5) item.owner = kTeamProject;
  item.group = std::to_string(info.level);
  std::string& out = item.json;
  Append(out, "{\"self\":\"", SelfBase(dialect), "/issuetype/", info.id, R"(","id":")", info.id);
  Append(out, R"(","description":"","iconUrl":")", kIconBase, "type.png\",\"name\":\"", info.name);
  Append(out, R"(","subtask":)", info.level < 0 ? "true" : "false", ",\"avatarId\":10307");
  if (dialect != Dialect::kDataCenter) Append(out, ",\"hierarchyLevel\":", info.level);
  if (item.owner >= 0 && dialect != Dialect::kDataCenter) AppendScope(out);
  out += '}';
  return item;
}

Item ProjectItem(const Project& project, Dialect dialect) {
  Item item = MakeItem(std::to_string(project.id), project.key, project.name);
  std::string& out = item.json;
  Append(
      out, "{\"self\":\"", SelfBase(dialect), "/project/", project.id, R"(","id":")", project.id
  );
  Append(out, R"(","key":")", project.key, R"(","name":)");
  model::AppendJsonString(out, project.name);
  Append(out, R"(,"projectTypeKey":"software",)");
  if (dialect != Dialect::kDataCenter) {
    Append(out, "\"simplified\":", project.team_managed ? "true" : "false", ",\"style\":\"");
    Append(out, project.team_managed ? "next-gen" : "classic", "\",\"isPrivate\":false,");
  }
  AppendAvatars(out, "project", project.id);
  out += '}';
  return item;
}

Item NamedItem(
    std::string_view path, int id, std::string_view name, std::string_view more, Dialect dialect
) {
  Item item = MakeItem(std::to_string(id), "", name);
  Append(item.json, "{\"self\":\"", SelfBase(dialect), "/", path, "/", id, R"(","id":")", id);
  Append(item.json, R"(","name":")", name, "\"", more, "}");
  return item;
}

Item LinkTypeItem(const LinkType& type, Dialect dialect) {
  std::string more;
  Append(more, R"(,"inward":")", type.inward, R"(","outward":")", type.outward, "\"");
  return NamedItem("issueLinkType", type.id, type.name, more, dialect);
}

Item FieldItem(const JiraFieldInfo& field) {
  Item item = MakeItem(std::string(field.id), field.id, field.name);
  std::string& out = item.json;
  Append(out, R"({"id":")", field.id, R"(","key":")", field.id, R"(","name":")", field.name);
  Append(out, R"(","custom":)", field.custom ? "true" : "false", R"(,"orderable":true,)");
  Append(out, R"("navigable":)", field.navigable ? "true" : "false");
  Append(out, R"(,"searchable":true,"clauseNames":[")");
  if (field.custom) {
    Append(out, "cf[", field.id.substr(std::string_view("customfield_").size()), "]\",\"");
    Append(out, field.name);
  } else {
    out += field.id;
  }
  Append(out, "\"],\"schema\":", field.schema, "}");
  return item;
}

Item BoardItem(const Project& project, Dialect dialect) {
  const bool scrum = project.board == BoardKind::kScrum;
  Item item = MakeItem(std::to_string(project.index + 1), "", std::string(project.key) + " board");
  item.owner = project.index;
  item.group = scrum ? "scrum" : "kanban";
  std::string& out = item.json;
  Append(out, R"({"id":)", item.id, R"(,"self":")", SiteBase(dialect), "/rest/agile/1.0/board/");
  Append(out, item.id, R"(","name":")", item.name, R"(","type":")");
  Append(out, project.team_managed ? "simple" : item.group, "\"");
  if (dialect != Dialect::kDataCenter) {
    Append(out, R"(,"location":{"projectId":)", project.id, R"(,"displayName":")", project.name);
    Append(out, " (", project.key, R"x()","projectName":")x", project.name, R"(","projectKey":")");
    Append(
        out,
        project.key,
        R"(","projectTypeKey":"software","avatarURI":"https://avatars.acme.example/project/16.png","name":")"
    );
    Append(out, project.name, " (", project.key, ")\"}");
  }
  out += '}';
  return item;
}

std::string_view StateName(SprintState state) {
  constexpr std::array<std::string_view, 3> kNames = {"closed", "active", "future"};
  return kNames[static_cast<std::size_t>(state)];
}

/// `"startDate":…,"endDate":…,"completeDate":…` as far as the sprint got; Z times, unlike issues.
void AppendSprintDates(std::string& out, const Sprint& sprint) {
  if (sprint.state == SprintState::kFuture) return;
  Append(out, R"(,"startDate":")", FormatInstant(sprint.start), R"(","endDate":")");
  Append(out, FormatInstant(sprint.end), "\"");
  if (sprint.complete == 0) return;
  Append(out, R"(,"completeDate":")", FormatInstant(sprint.complete), "\"");
}

Item SprintItem(const Sprint& sprint, Dialect dialect) {
  Item item = MakeItem(std::to_string(sprint.id), "", SprintName(sprint.project, sprint.number));
  item.owner = sprint.board_id;
  item.group = StateName(sprint.state);
  std::string& out = item.json;
  Append(out, R"({"id":)", sprint.id, R"(,"self":")", SiteBase(dialect), "/rest/agile/1.0/sprint/");
  Append(out, sprint.id, R"(","state":")", item.group, R"(","name":")", item.name, "\"");
  AppendSprintDates(out, sprint);
  if (dialect != Dialect::kDataCenter) {
    const EpochMs made = sprint.start - 10 * kDayMs;
    Append(out, R"(,"createdDate":")", FormatInstant(made), "\"");
  }
  Append(out, R"(,"originBoardId":)", sprint.board_id, R"(,"goal":""})");
  return item;
}

/// A sprint inside an issue, on Cloud.
std::string SprintObject(const Sprint& sprint) {
  std::string out;
  Append(out, R"({"id":)", sprint.id, R"(,"name":")", SprintName(sprint.project, sprint.number));
  Append(out, R"(","state":")", StateName(sprint.state), R"(","boardId":)", sprint.board_id);
  out += R"(,"goal":"")";
  AppendSprintDates(out, sprint);
  out += '}';
  return out;
}

/// A sprint inside an issue, on Data Center: a JSON text of what its Java object prints.
std::string SprintText(const Sprint& sprint) {
  constexpr std::array<std::string_view, 3> kStates = {"CLOSED", "ACTIVE", "FUTURE"};
  const auto date = [&](EpochMs instant) {
    const bool none = sprint.state == SprintState::kFuture || instant == 0;
    return none ? std::string("<null>") : FormatInstant(instant);
  };
  std::string out;
  Append(out, "\"com.atlassian.greenhopper.service.sprint.Sprint@", sprint.id + 4096, "[id=");
  Append(out, sprint.id, ",rapidViewId=", sprint.board_id, ",state=");
  Append(out, kStates[static_cast<std::size_t>(sprint.state)], ",name=");
  Append(out, SprintName(sprint.project, sprint.number), ",startDate=", date(sprint.start));
  Append(out, ",endDate=", date(sprint.end), ",completeDate=", date(sprint.complete));
  Append(out, ",activatedDate=", date(sprint.start), ",sequence=", sprint.id);
  out += ",goal=,autoStartStop=false]\"";
  return out;
}

Item VersionItem(const World& world, int project, int version, Dialect dialect) {
  const EpochMs released = world.VersionReleasedAt(version);
  const int id = 10200 + project * 1000 + version;
  std::string more;
  Append(more, R"(,"archived":false,"released":)", released <= world.now() ? "true" : "false");
  Append(more, R"(,"releaseDate":")", FormatInstant(released).substr(0, 10), R"(","projectId":)");
  Append(more, World::ProjectAt(project).id);
  Item item = NamedItem("version", id, world.VersionName(project, version), more, dialect);
  item.owner = project;
  return item;
}

void AddFixedItems(Catalogue& catalogue, Dialect dialect) {
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    catalogue.of(ItemKind::kStatus).push_back(StatusItemOf(i, dialect));
  }
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    catalogue.of(ItemKind::kIssueType).push_back(TypeItemOf(i, dialect));
  }
  for (std::size_t i = 0; i < kPriorities.size(); ++i) {
    std::string icon;
    Append(icon, R"(,"iconUrl":")", kIconBase, "priority.svg\"");
    const auto id = static_cast<int>(i) + 1;
    catalogue.of(ItemKind::kPriority)
        .push_back(NamedItem("priority", id, kPriorities[i], icon, dialect));
  }
  for (std::size_t i = 0; i < kResolutions.size(); ++i) {
    const auto id = static_cast<int>(i) + 10000;
    catalogue.of(ItemKind::kResolution)
        .push_back(NamedItem("resolution", id, kResolutions[i], R"(,"description":"")", dialect));
  }
  for (const LinkType& type : kLinkTypes) {
    catalogue.of(ItemKind::kLinkType).push_back(LinkTypeItem(type, dialect));
  }
  for (const JiraFieldInfo& field : JiraFields()) {
    catalogue.of(ItemKind::kField).push_back(FieldItem(field));
  }
}

}  // namespace

std::string SprintName(int project, int number) {
  return std::string(World::ProjectAt(project).key) + " Sprint " + std::to_string(number + 1);
}

Catalogue WorldCatalogue(const World& world, Dialect dialect) {
  Catalogue catalogue;
  AddFixedItems(catalogue, dialect);
  for (int i = 0; i < world.person_count(); ++i) {
    catalogue.of(ItemKind::kUser).push_back(UserItem(world, i, dialect));
  }
  for (int i = 0; i < kProjectCount; ++i) {
    const Project& project = World::ProjectAt(i);
    catalogue.of(ItemKind::kProject).push_back(ProjectItem(project, dialect));
    catalogue.of(ItemKind::kBoard).push_back(BoardItem(project, dialect));
    for (int version = 0; version < world.version_count(); ++version) {
      catalogue.of(ItemKind::kVersion).push_back(VersionItem(world, i, version, dialect));
    }
    if (project.board != BoardKind::kScrum) continue;
    for (int number = 0; number < world.sprint_count(); ++number) {
      catalogue.of(ItemKind::kSprint).push_back(SprintItem(world.SprintAt(i, number), dialect));
    }
  }
  return catalogue;
}

std::vector<std::string> SprintFieldValues(const World& world, Dialect dialect) {
  std::vector<std::string> values;
  for (int number = 0; number < world.sprint_count(); ++number) {
    for (int project = 0; project < kProjectCount; ++project) {
      const Sprint sprint = world.SprintAt(project, number);
      values.push_back(dialect == Dialect::kDataCenter ? SprintText(sprint) : SprintObject(sprint));
    }
  }
  return values;
}

std::vector<std::string> ComponentValues(Dialect dialect) {
  std::vector<std::string> values;
  for (int project = 0; project < kProjectCount; ++project) {
    for (int i = 0; i < kComponentCount; ++i) {
      const auto name = World::ProjectAt(project).components[static_cast<std::size_t>(i)];
      values.push_back(NamedItem("component", 10000 + project * 100 + i, name, "", dialect).json);
    }
  }
  return values;
}

}  // namespace pulse::simulate
