#include "pulse/source/jira/transform_reference.h"

#include <array>

#include "pulse/source/jira/adf_text.h"
#include "pulse/source/jira/cell_values.h"
#include "pulse/source/jira/page_walk.h"

namespace pulse::source::jira {
namespace {

/// Reference data carries no time of its own: whoever fetched last is right.
constexpr EpochMs kNoVersion = 0;

void AddField(PageContext& page, std::int32_t position, Value field) {
  using model::kFields;
  page.rows.BeginRecord(kFieldsEntity, field["id"].id(), kNoVersion, position);
  RowWriter row = page.rows.AddRow(kFields);
  SetId(row, kFields["external_id"], field["id"]);
  SetText(row, kFields["name"], field["name"]);
  SetBoolean(row, kFields["is_custom"], field["custom"]);
  const Value schema = field["schema"];
  SetText(row, kFields["type"], schema["type"]);
  SetText(row, kFields["items"], schema["items"]);
  SetText(row, kFields["system"], schema["system"]);
  SetText(row, kFields["custom_type"], schema["custom"]);
  if (const std::string_view role = RoleOf(field); !role.empty()) row.Text(kFields["role"], role);
  page.rows.EndRecord();
}

void AddProject(PageContext& page, std::int32_t position, Value project) {
  using model::kProjects;
  const auto lead = page.people.See(project["lead"], kNoVersion, position);
  page.rows.BeginRecord(kProjectsEntity, project["id"].id(), kNoVersion, position);
  RowWriter row = page.rows.AddRow(kProjects);
  SetId(row, kProjects["external_id"], project["id"]);
  SetText(row, kProjects["key"], project["key"]);
  SetText(row, kProjects["name"], project["name"]);
  SetText(row, kProjects["type"], project["projectTypeKey"]);
  SetText(row, kProjects["style"], project["style"]);
  SetBoolean(row, kProjects["is_archived"], project["archived"]);
  SetBoolean(row, kProjects["is_private"], project["isPrivate"]);
  if (lead && !lead->id.empty()) row.Text(kProjects["lead_external_id"], lead->id);
  SetText(row, kProjects["category"], project["projectCategory"]["name"]);
  const Value description = project["description"];
  if (description.is_object()) {
    row.Text(kProjects["description"], AdfToText(description));
  } else {
    SetText(row, kProjects["description"], description);
  }
  const auto key = project["key"].text();
  if (key && !page.site.empty()) {
    row.Text(kProjects["url"], page.site + "/browse/" + std::string(*key));
  }
  page.rows.EndRecord();
}

void AddStatus(PageContext& page, std::int32_t position, Value status) {
  using model::kStatuses;
  page.rows.BeginRecord(kStatusesEntity, status["id"].id(), kNoVersion, position);
  RowWriter row = page.rows.AddRow(kStatuses);
  SetId(row, kStatuses["external_id"], status["id"]);
  SetText(row, kStatuses["name"], status["name"]);
  SetText(row, kStatuses["untranslated_name"], status["untranslatedName"]);
  SetText(row, kStatuses["category"], status["statusCategory"]["key"]);
  SetId(row, kStatuses["project_external_id"], status["scope"]["project"]["id"]);
  page.rows.EndRecord();
}

void AddIssueType(PageContext& page, std::int32_t position, Value type) {
  using model::kIssueTypes;
  page.rows.BeginRecord(kIssueTypesEntity, type["id"].id(), kNoVersion, position);
  RowWriter row = page.rows.AddRow(kIssueTypes);
  SetId(row, kIssueTypes["external_id"], type["id"]);
  SetText(row, kIssueTypes["name"], type["name"]);
  SetText(row, kIssueTypes["untranslated_name"], type["untranslatedName"]);
  SetBoolean(row, kIssueTypes["is_subtask"], type["subtask"]);
  SetInteger(row, kIssueTypes["hierarchy_level"], type["hierarchyLevel"]);
  SetId(row, kIssueTypes["project_external_id"], type["scope"]["project"]["id"]);
  page.rows.EndRecord();
}

void AddSprint(PageContext& page, std::int32_t position, Value value) {
  if (const auto sprint = ReadSprint(value)) {
    SprintsSeen::Add(page.rows, *sprint, SprintsSeen::kFromBoard, position);
  }
}

void AddPerson(PageContext& page, std::int32_t position, Value user) {
  page.people.See(user, kNoVersion, position);
}

struct Reference {
  std::string_view entity_type;
  std::string_view id_key;  ///< The field every record has.
  std::string_view missing_id;
  std::string_view not_json;
  void (*add)(PageContext&, std::int32_t, Value);
};

constexpr std::array kReferences = {
    Reference{kFieldsEntity, "id", "jira_field.id.missing", "jira_field.not_json", AddField},
    Reference{
        kProjectsEntity, "id", "jira_project.id.missing", "jira_project.not_json", AddProject
    },
    Reference{kStatusesEntity, "id", "jira_status.id.missing", "jira_status.not_json", AddStatus},
    Reference{
        kIssueTypesEntity,
        "id",
        "jira_issue_type.id.missing",
        "jira_issue_type.not_json",
        AddIssueType
    },
    Reference{kSprintsEntity, "id", "jira_sprint.id.missing", "jira_sprint.not_json", AddSprint},
    Reference{
        kPeopleEntity, "displayName", "person.displayName.missing", "person.not_json", AddPerson
    },
};

const Reference* FindReference(std::string_view entity_type) {
  for (const Reference& reference : kReferences) {
    if (reference.entity_type == entity_type) return &reference;
  }
  return nullptr;
}

}  // namespace

bool IsReferenceEntity(std::string_view entity_type) {
  return FindReference(entity_type) != nullptr;
}

Result<> AddReferencePage(PageContext& page, std::string_view entity_type, std::string_view body) {
  const Reference* reference = FindReference(entity_type);
  if (reference == nullptr) return Error{ErrorKind::kInvalid, "no reference data of that name"};
  const auto add = [&](std::int32_t position, Value record) {
    ++page.out.record_count;
    if (record[reference->id_key].id().empty()) {
      page.SetAside(
          Loss::kRecord, position, "", reference->missing_id, "the record has no id", record
      );
      return;
    }
    reference->add(page, position, record);
  };
  return WalkPage(body, "values", reference->id_key, add, [&](const BrokenRecord& record) {
    ++page.out.record_count;
    page.SetAside(Loss::kRecord, record, reference->not_json);
  });
}

}  // namespace pulse::source::jira
