#include "pulse/simulate/jira_file_catalogue.h"

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_payload_shapes.h"
#include "pulse/simulate/payload_files.h"

namespace pulse::simulate {
namespace {

constexpr std::string_view kCustomPrefix = "customfield_";

/// What a field is when nothing but its id and the shape of its values is known.
std::string_view SchemaTypeOf(std::string_view id, bool sprints, bool keys, bool numbers) {
  if (sprints) return "com.pyxis.greenhopper.jira:gh-sprint";
  if (id == "customfield_10014" && keys) return "com.pyxis.greenhopper.jira:gh-epic-link";
  if (id == "customfield_10016" && numbers) {
    return "com.pyxis.greenhopper.jira:jsw-story-points";
  }
  return "com.atlassian.jira.plugin.system.customfieldtypes:textfield";
}

Item FieldItem(std::string_view id, std::string_view name, std::string_view schema, bool custom) {
  Item item;
  item.id = id;
  item.key = id;
  item.name = name;
  Append(item.json, R"({"id":")", id, R"(","key":")", id, R"(","name":)");
  model::AppendJsonString(item.json, name);
  Append(item.json, R"(,"custom":)", custom ? "true" : "false", R"(,"orderable":true,)");
  Append(item.json, R"("navigable":true,"searchable":true,"clauseNames":[")");
  if (custom) {
    Append(item.json, "cf[", id.substr(kCustomPrefix.size()), "]");
  } else {
    item.json += id;
  }
  Append(item.json, R"("],"schema":)", schema, "}");
  return item;
}

}  // namespace

int FileCatalogue::AddObject(ItemKind kind, std::string_view raw, Item item) {
  const auto place = static_cast<int>(catalogue_.of(kind).size());
  const auto [known, fresh] = known_.try_emplace({kind, item.id}, place);
  if (!fresh) return known->second;
  if (item.json.empty()) item.json = raw;
  catalogue_.of(kind).push_back(std::move(item));
  return place;
}

int FileCatalogue::AddReference(ItemKind kind, std::string_view raw) {
  const auto members = SliceObject(raw);
  if (!members) return -1;
  Item item;
  item.id = TextOf(SliceOf(*members, "id"));
  item.key = TextOf(SliceOf(*members, "key"));
  item.name = TextOf(SliceOf(*members, "name"));
  if (item.id.empty()) item.id = item.key.empty() ? item.name : item.key;
  if (item.id.empty()) return -1;
  if (kind == ItemKind::kStatus) {
    item.group = TextOf(SliceOf(SliceOf(*members, "statusCategory"), "key"));
  } else if (kind == ItemKind::kIssueType) {
    const bool subtask = SliceOf(*members, "subtask") == "true";
    item.group = subtask ? "-1" : TextOf(SliceOf(*members, "hierarchyLevel"));
    if (item.group.empty()) item.group = "0";
  }
  return AddObject(kind, raw, std::move(item));
}

void FileCatalogue::AddUser(std::string_view raw) {
  const auto members = SliceObject(raw);
  if (!members) return;
  Item item;
  for (const std::string_view name : {"accountId", "key", "name", "emailAddress"}) {
    item.id = TextOf(SliceOf(*members, name));
    if (!item.id.empty()) break;
  }
  item.key = TextOf(SliceOf(*members, "name"));
  item.name = TextOf(SliceOf(*members, "displayName"));
  if (!item.id.empty()) AddObject(ItemKind::kUser, raw, std::move(item));
}

void FileCatalogue::AddLinkTypes(std::string_view raw) {
  const auto links = SliceArray(raw);
  if (!links) return;
  for (const std::string_view link : *links)
    AddReference(ItemKind::kLinkType, SliceOf(link, "type"));
}

void FileCatalogue::AddSprints(std::string_view raw, Seen& seen) {
  for (SeenSprint& sprint : SprintsIn(raw)) {
    std::int64_t id = 0;
    if (sprint.id.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const char c : sprint.id) id = id * 10 + (c - '0');
    seen.sprints.push_back(id);
    if (!sprint.board_id.empty()) {
      Item board;
      board.id = sprint.board_id;
      board.name = "Board " + sprint.board_id;
      board.owner = std::max(0, seen.project);
      board.group = "scrum";
      Append(board.json, R"({"id":)", board.id, R"(,"self":")", SiteBase(Dialect::kCloudV3));
      Append(board.json, "/rest/agile/1.0/board/", board.id, R"(","name":")", board.name);
      board.json += R"(","type":"scrum"})";
      AddObject(ItemKind::kBoard, "", std::move(board));
    }
    Item item;
    item.id = sprint.id;
    item.name = sprint.name;
    item.group = sprint.state;
    if (sprint.board_id.find_first_not_of("0123456789") == std::string::npos) {
      std::int64_t owner = 0;
      for (const char c : sprint.board_id) owner = owner * 10 + (c - '0');
      item.owner = owner;
    }
    AddObject(ItemKind::kSprint, sprint.json, std::move(item));
  }
}

void FileCatalogue::AddCustomField(std::string_view id, std::string_view raw, Seen& seen) {
  auto found = custom_.find(id);
  if (found == custom_.end()) found = custom_.emplace(std::string(id), CustomField{}).first;
  if (raw == "null") return;
  CustomField& field = found->second;
  field.keys = field.keys && LooksLikeIssueKey(raw);
  field.numbers = field.numbers && LooksLikeNumber(raw);
  if (raw.front() != '[') return;
  const std::size_t before = seen.sprints.size();
  AddSprints(raw, seen);
  field.sprints = field.sprints || seen.sprints.size() > before;
}

FileCatalogue::Seen FileCatalogue::Add(const JsonSlices& fields) {
  Seen seen;
  seen.project = AddReference(ItemKind::kProject, SliceOf(fields, "project"));
  seen.type = AddReference(ItemKind::kIssueType, SliceOf(fields, "issuetype"));
  seen.status = AddReference(ItemKind::kStatus, SliceOf(fields, "status"));
  AddReference(ItemKind::kPriority, SliceOf(fields, "priority"));
  AddReference(ItemKind::kResolution, SliceOf(fields, "resolution"));
  for (const std::string_view who : {"assignee", "reporter", "creator"}) {
    AddUser(SliceOf(fields, who));
  }
  AddLinkTypes(SliceOf(fields, "issuelinks"));
  AddSprints(SliceOf(fields, "sprint"), seen);
  AddSprints(SliceOf(fields, "closedSprints"), seen);
  for (const auto& [id, raw] : fields) {
    if (id.starts_with(kCustomPrefix)) AddCustomField(id, raw, seen);
  }
  return seen;
}

Result<> FileCatalogue::AddFieldFiles(const std::vector<std::string>& paths) {
  PULSE_TRY(auto lines, ReadPayloadFiles(paths));
  for (PayloadLine& line : lines) {
    Item item;
    item.id = TextOf(SliceOf(line.payload, "id"));
    if (item.id.empty()) return Error(ErrorKind::kInvalid, line.where + ": a field without id");
    item.key = item.id;
    item.name = TextOf(SliceOf(line.payload, "name"));
    item.json = std::move(line.payload);
    given_fields_.insert_or_assign(item.id, std::move(item));
  }
  return {};
}

Catalogue FileCatalogue::Finish() && {
  std::map<std::string, Item> fields;
  for (const JiraFieldInfo& field : JiraFields()) {
    if (field.custom) continue;
    fields.emplace(field.id, FieldItem(field.id, field.name, field.schema, false));
  }
  for (const auto& [id, field] : custom_) {
    std::string schema;
    const bool array = field.sprints;
    Append(schema, R"({"type":")", array ? "array" : "any", R"(","custom":")");
    Append(schema, SchemaTypeOf(id, field.sprints, field.keys, field.numbers), R"(","customId":)");
    Append(schema, id.substr(kCustomPrefix.size()), "}");
    fields.insert_or_assign(id, FieldItem(id, id, schema, true));
  }
  for (auto& [id, item] : given_fields_) fields.insert_or_assign(id, std::move(item));
  for (auto& [id, item] : fields) catalogue_.of(ItemKind::kField).push_back(std::move(item));
  return std::move(catalogue_);
}

}  // namespace pulse::simulate
