#include "pulse/source/jira/transform_issue.h"

#include <charconv>
#include <optional>
#include <string>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/cell_values.h"
#include "pulse/source/jira/issue_children.h"

namespace pulse::source::jira {
namespace {

using model::kWorkItems;

constexpr EpochMs kMinute = EpochMs{60} * 1000;

/// Why an issue cannot be read: a constant code and one line.
struct Refusal {
  std::string code;
  std::string message;
};

std::optional<Refusal> CheckTime(Value time, std::string_view name) {
  const std::string prefix = "jira_issue." + std::string(name);
  if (!time.has_value())
    return Refusal{prefix + ".missing", "the issue has no " + std::string(name)};
  if (InstantOf(time)) return std::nullopt;
  return Refusal{prefix + ".not_a_time", std::string(name) + " is no time with an offset"};
}

/// `fields` has been read into page.fields.
std::optional<Refusal> Check(const PageContext& page, Value issue) {
  if (!issue.is_object()) return Refusal{"jira_issue.not_an_object", "the record is no object"};
  if (issue["id"].id().empty()) return Refusal{"jira_issue.id.missing", "the issue has no id"};
  if (issue["key"].text().value_or("").empty()) {
    return Refusal{"jira_issue.key.missing", "the issue has no key"};
  }
  if (!issue["fields"].is_object()) {
    return Refusal{"jira_issue.fields.not_an_object", "the issue has no fields"};
  }
  if (auto refusal = CheckTime(page.fields[Field::kCreated], "created")) return refusal;
  if (auto refusal = CheckTime(page.fields[Field::kUpdated], "updated")) return refusal;
  const Value resolved = page.fields[Field::kResolutionDate];
  if (resolved.has_value()) {
    if (auto refusal = CheckTime(resolved, "resolutiondate")) return refusal;
  }
  if (const auto wrong = page.fields.WrongType()) {
    const auto& [name, complaint] = *wrong;
    return Refusal{
        "jira_issue." + std::string(name) + "." + std::string(complaint),
        "fields." + std::string(name) + " is not of the documented type"
    };
  }
  return std::nullopt;
}

void SetPerson(
    PageContext& page,
    RowWriter& row,
    const IssueRef& issue,
    Value user,
    model::ColumnIndex id_column,
    model::ColumnIndex name_column
) {
  if (user.null()) row.Null(id_column);
  const auto person = page.people.See(user, issue.version, issue.position);
  if (!person) return;
  if (person->id.empty()) {
    row.Null(id_column);
  } else {
    row.Text(id_column, person->id);
  }
  if (person->name) row.Text(name_column, *person->name);
}

void SetPeople(PageContext& page, RowWriter& row, const IssueRef& issue) {
  const IssueFields& fields = page.fields;
  SetPerson(
      page,
      row,
      issue,
      fields[Field::kAssignee],
      kWorkItems["assignee_external_id"],
      kWorkItems["assignee_name"]
  );
  SetPerson(
      page,
      row,
      issue,
      fields[Field::kReporter],
      kWorkItems["reporter_external_id"],
      kWorkItems["reporter_name"]
  );
  SetPerson(
      page,
      row,
      issue,
      fields[Field::kCreator],
      kWorkItems["creator_external_id"],
      kWorkItems["creator_name"]
  );
}

void SetDescription(RowWriter& row, Value description) {
  SetRichText(row, kWorkItems["description"], description);
  std::string_view format = "wiki";
  if (description.is_object()) format = "adf";
  if (description.null()) format = "null";
  if (description.absent()) format = "absent";
  row.Text(kWorkItems["description_format"], format);
}

void SetNamed(RowWriter& row, Value object, model::ColumnIndex name, model::ColumnIndex id) {
  if (object.null()) {
    row.Null(name).Null(id);
    return;
  }
  SetText(row, name, object["name"]);
  SetId(row, id, object["id"]);
}

void SetClassification(const IssueFields& fields, RowWriter& row) {
  const Value status = fields[Field::kStatus];
  SetNamed(row, status, kWorkItems["status"], kWorkItems["status_id"]);
  SetText(row, kWorkItems["status_category"], status["statusCategory"]["key"]);
  const Value type = fields[Field::kIssueType];
  SetNamed(row, type, kWorkItems["type"], kWorkItems["type_id"]);
  SetBoolean(row, kWorkItems["is_subtask"], type["subtask"]);
  SetNamed(row, fields[Field::kPriority], kWorkItems["priority"], kWorkItems["priority_id"]);
  SetNamed(row, fields[Field::kResolution], kWorkItems["resolution"], kWorkItems["resolution_id"]);
}

void SetProject(const IssueFields& fields, RowWriter& row, std::string_view key) {
  const Value project = fields[Field::kProject];
  SetId(row, kWorkItems["project_external_id"], project["id"]);
  if (project["key"].is_text()) {
    SetText(row, kWorkItems["project_key"], project["key"]);
  } else if (const std::size_t dash = key.rfind('-'); dash != std::string_view::npos) {
    row.Text(kWorkItems["project_key"], key.substr(0, dash));
  }
}

void SetParent(RowWriter& row, Value parent) {
  if (parent.null()) row.Null(kWorkItems["parent_external_id"]);
  SetId(row, kWorkItems["parent_external_id"], parent["id"]);
  SetText(row, kWorkItems["parent_key"], parent["key"]);
}

bool IsEpic(Value issue) {
  const Value type = issue["fields"]["issuetype"];
  return type["hierarchyLevel"].integer() == 1 || type["name"].text() == "Epic";
}

/// An issue's key inside a custom field: plain, or wrapped as Advanced Roadmaps does.
std::string_view KeyIn(Value value) {
  if (const auto text = value.text()) return *text;
  if (const auto key = value["key"].text()) return *key;
  return value["data"]["key"].text().value_or("");
}

void SetEpic(const PageContext& page, RowWriter& row) {
  const auto set = [&](std::string_view key, std::string_view route) {
    if (key.empty()) return false;
    row.Text(kWorkItems["epic_key"], key).Text(kWorkItems["epic_source"], route);
    return true;
  };
  const IssueFields& fields = page.fields;
  if (set(fields[Field::kEpic]["key"].text().value_or(""), "fields.epic")) return;
  for (const std::string& id : page.mapping.epic_link) {
    if (set(KeyIn(fields.Find(id)), id)) return;
  }
  const Value parent = fields[Field::kParent];
  if (IsEpic(parent) && set(parent["key"].text().value_or(""), "parent")) return;
  for (const std::string& id : page.mapping.parent_link) {
    if (set(KeyIn(fields.Find(id)), id)) return;
  }
}

std::optional<double> NumberIn(Value value) {
  if (const auto number = value.number()) return number;
  if (const auto whole = value.integer()) return static_cast<double>(*whole);
  const auto text = value.text();
  if (!text || text->empty()) return std::nullopt;
  double number = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

void SetStoryPoints(const PageContext& page, RowWriter& row) {
  for (const std::string& id : page.mapping.story_points) {
    const Value value = page.fields.Find(id);
    if (value.null()) row.Null(kWorkItems["story_points"]);
    if (!value.has_value()) continue;
    row.Text(kWorkItems["story_points_field"], id);
    if (const auto points = NumberIn(value)) {
      row.Real(kWorkItems["story_points"], *points);
    } else {
      row.Null(kWorkItems["story_points"]);
      SetJson(row, kWorkItems["story_points_raw"], value.Json());
    }
    return;
  }
}

/// A boolean from the agile API; a list that is not empty from the impediment field.
void SetFlagged(const PageContext& page, RowWriter& row) {
  const Value flagged = page.fields[Field::kFlagged];
  SetBoolean(row, kWorkItems["is_flagged"], flagged);
  if (flagged.boolean()) return;
  for (const std::string& id : page.mapping.flagged) {
    const Value value = page.fields.Find(id);
    if (value.absent()) continue;
    row.Boolean(kWorkItems["is_flagged"], value.is_array() && value.size() > 0);
    return;
  }
}

void SetDueDate(RowWriter& row, Value due) {
  if (due.null()) row.Null(kWorkItems["due_date"]);
  const auto text = due.text();
  if (!text) return;
  const std::string_view day = text->substr(0, 10);
  if (IsCalendarDate(day)) {
    row.Text(kWorkItems["due_date"], day);
  } else {
    row.Null(kWorkItems["due_date"]);
  }
}

void SetTimes(const IssueFields& fields, RowWriter& row) {
  SetInstant(row, kWorkItems["source_created_at"], fields[Field::kCreated]);
  SetInstant(row, kWorkItems["source_updated_at"], fields[Field::kUpdated]);
  SetInstant(row, kWorkItems["resolved_at"], fields[Field::kResolutionDate]);
  const auto created = InstantOf(fields[Field::kCreated]);
  const auto resolved = InstantOf(fields[Field::kResolutionDate]);
  if (created && resolved) {
    row.Integer(kWorkItems["lead_time_minutes"], (*resolved - *created) / kMinute);
  }
  SetDueDate(row, fields[Field::kDueDate]);
}

void SetEstimate(
    RowWriter& row, model::ColumnIndex column, Value field, Value tracking, std::string_view key
) {
  SetInteger(row, column, field.absent() ? tracking[key] : field);
}

void SetEstimates(const IssueFields& fields, RowWriter& row) {
  const Value tracking = fields[Field::kTimeTracking];
  SetEstimate(
      row,
      kWorkItems["original_estimate_seconds"],
      fields[Field::kTimeOriginalEstimate],
      tracking,
      "originalEstimateSeconds"
  );
  SetEstimate(
      row,
      kWorkItems["remaining_estimate_seconds"],
      fields[Field::kTimeEstimate],
      tracking,
      "remainingEstimateSeconds"
  );
  SetEstimate(
      row, kWorkItems["time_spent_seconds"], fields[Field::kTimeSpent], tracking, "timeSpentSeconds"
  );
}

void SetLists(const IssueFields& fields, RowWriter& row) {
  SetTexts(row, kWorkItems["labels"], fields[Field::kLabels], "");
  SetTexts(row, kWorkItems["components"], fields[Field::kComponents], "name");
  SetTexts(row, kWorkItems["fix_versions"], fields[Field::kFixVersions], "name");
  SetTexts(row, kWorkItems["affects_versions"], fields[Field::kVersions], "name");
  SetTexts(row, kWorkItems["subtask_keys"], fields[Field::kSubtasks], "key");
}

void SetCustomFields(const IssueFields& fields, RowWriter& row) {
  std::string json = "{";
  for (const IssueFields::Custom& field : fields.custom()) {
    if (!field.value.has_value()) continue;
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, field.id);
    json += ':';
    json += field.value.Json();
  }
  SetJson(row, kWorkItems["custom_fields"], json += '}');
}

void SetCounts(const IssueFields& fields, RowWriter& row, Value issue) {
  SetInteger(row, kWorkItems["comment_count"], fields[Field::kComment]["total"]);
  SetInteger(row, kWorkItems["worklog_count"], fields[Field::kWorklog]["total"]);
  SetInteger(row, kWorkItems["change_count"], issue["changelog"]["total"]);
}

void AddWorkItem(PageContext& page, const IssueRef& ref, Value issue) {
  const IssueFields& fields = page.fields;
  const std::string_view key = issue["key"].text().value_or("");
  RowWriter row = page.rows.AddRow(kWorkItems);
  row.Text(kWorkItems["external_id"], ref.id).Text(kWorkItems["key"], key);
  SetText(row, kWorkItems["title"], fields[Field::kSummary]);
  SetClassification(fields, row);
  SetProject(fields, row, key);
  SetDescription(row, fields[Field::kDescription]);
  SetRichText(row, kWorkItems["environment"], fields[Field::kEnvironment]);
  SetPeople(page, row, ref);
  SetParent(row, fields[Field::kParent]);
  SetEpic(page, row);
  SetStoryPoints(page, row);
  SetFlagged(page, row);
  SetTimes(fields, row);
  SetEstimates(fields, row);
  SetLists(fields, row);
  SetCounts(fields, row, issue);
  SetCustomFields(fields, row);
  if (!page.site.empty()) {
    row.Text(kWorkItems["url"], page.site + "/browse/" + std::string(key));
  }
}

/// `list` holds `total` and the elements themselves: did all of them come?
bool CameWhole(Value list, Value elements) {
  const auto total = list["total"].integer();
  return elements.is_array() && total && *total <= static_cast<std::int64_t>(elements.size());
}

model::TableSet AddChildren(PageContext& page, const IssueRef& ref, Value issue) {
  model::TableSet complete = 0;
  const auto note = [&](bool whole, const model::Table& table) {
    if (whole) complete |= model::SetOf(table);
  };
  const Value links = page.fields[Field::kIssueLinks];
  // A site without issue linking shows no list: that does not say that there are no links.
  note(AddLinks(page, ref, links) && links.is_array(), model::kWorkItemLinks);
  note(AddSprints(page, ref), model::kWorkItemSprints);

  const Value comments = page.fields[Field::kComment];
  const bool all_comments = AddComments(page, ref, comments["comments"]);
  note(all_comments && CameWhole(comments, comments["comments"]), model::kComments);

  const Value worklogs = page.fields[Field::kWorklog];
  const bool all_worklogs = AddWorklogs(page, ref, worklogs["worklogs"]);
  note(all_worklogs && CameWhole(worklogs, worklogs["worklogs"]), model::kWorklogs);

  const Value changelog = issue["changelog"];
  const bool all_changes = AddChanges(page, ref, changelog["histories"]);
  note(all_changes && CameWhole(changelog, changelog["histories"]), model::kWorkItemChanges);
  return complete;
}

}  // namespace

void AddIssue(PageContext& page, std::int32_t position, Value issue) {
  page.fields.Read(issue["fields"]);
  const std::string id = issue["id"].id();
  if (const auto refusal = Check(page, issue)) {
    page.SetAside(Loss::kRecord, position, id, refusal->code, refusal->message, issue);
    return;
  }
  const IssueRef ref{id, InstantOf(page.fields[Field::kUpdated]).value_or(0), position};
  page.rows.BeginRecord(kIssuesEntity, id, ref.version, position);
  AddWorkItem(page, ref, issue);
  page.rows.EndRecord(AddChildren(page, ref, issue));
}

}  // namespace pulse::source::jira
