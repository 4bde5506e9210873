#include "pulse/source/jira/issue_children.h"

#include <algorithm>
#include <vector>

#include "pulse/source/jira/cell_values.h"

namespace pulse::source::jira {
namespace {

void SetPerson(
    RowWriter& row,
    model::ColumnIndex id_column,
    model::ColumnIndex name_column,
    const std::optional<PersonRef>& person
) {
  if (!person) return;
  if (!person->id.empty()) row.Text(id_column, person->id);
  if (person->name) row.Text(name_column, *person->name);
}

/// True when all of `keys` are instants, null or absent; sets the element aside otherwise.
bool TimesAreReadable(
    PageContext& page,
    const IssueRef& issue,
    Value element,
    std::initializer_list<std::string_view> keys,
    std::string_view code
) {
  for (const std::string_view key : keys) {
    const Value time = element[key];
    if (!time.has_value() || InstantOf(time)) continue;
    page.SetAside(
        Loss::kPiece,
        issue.position,
        element["id"].id(),
        code,
        std::string(key).append(" of this entry is no time"),
        element
    );
    return false;
  }
  return true;
}

bool HasId(PageContext& page, const IssueRef& issue, Value element, std::string_view code) {
  if (!element["id"].id().empty()) return true;
  page.SetAside(
      Loss::kPiece, issue.position, issue.id, code, "an entry of this issue has no id", element
  );
  return false;
}

void AddChange(
    PageContext& page,
    const IssueRef& issue,
    Value history,
    const std::optional<PersonRef>& author,
    std::int64_t position,
    Value item
) {
  using model::kWorkItemChanges;
  RowWriter row = page.rows.AddRow(kWorkItemChanges);
  row.Text(kWorkItemChanges["work_item_external_id"], issue.id);
  SetId(row, kWorkItemChanges["history_id"], history["id"]);
  row.Integer(kWorkItemChanges["item_position"], position);
  SetInstant(row, kWorkItemChanges["source_created_at"], history["created"]);
  SetPerson(row, kWorkItemChanges["author_external_id"], kWorkItemChanges["author_name"], author);
  SetText(row, kWorkItemChanges["field"], item["field"]);
  SetText(row, kWorkItemChanges["field_id"], item["fieldId"]);
  SetText(row, kWorkItemChanges["field_type"], item["fieldtype"]);
  SetText(row, kWorkItemChanges["from_value"], item["from"]);
  SetText(row, kWorkItemChanges["from_string"], item["fromString"]);
  SetText(row, kWorkItemChanges["to_value"], item["to"]);
  SetText(row, kWorkItemChanges["to_string"], item["toString"]);
}

}  // namespace

bool AddHistory(PageContext& page, const IssueRef& issue, Value history) {
  if (!HasId(page, issue, history, "jira_change.id.missing")) return false;
  if (!TimesAreReadable(page, issue, history, {"created"}, "jira_change.created.not_a_time")) {
    return false;
  }
  const auto author = page.people.See(history["author"], issue.version, issue.position);
  std::int64_t position = 0;
  history["items"].ForEach([&](Value item) {
    AddChange(page, issue, history, author, position++, item);
  });
  return true;
}

bool AddChanges(PageContext& page, const IssueRef& issue, Value histories) {
  bool whole = true;
  histories.ForEach([&](Value history) { whole = AddHistory(page, issue, history) && whole; });
  return whole;
}

bool AddComments(PageContext& page, const IssueRef& issue, Value comments) {
  using model::kComments;
  bool whole = true;
  comments.ForEach([&](Value comment) {
    if (!HasId(page, issue, comment, "jira_comment.id.missing") ||
        !TimesAreReadable(
            page, issue, comment, {"created", "updated"}, "jira_comment.time.not_a_time"
        )) {
      whole = false;
      return;
    }
    const auto author = page.people.See(comment["author"], issue.version, issue.position);
    RowWriter row = page.rows.AddRow(kComments);
    SetId(row, kComments["external_id"], comment["id"]);
    row.Text(kComments["work_item_external_id"], issue.id);
    SetPerson(row, kComments["author_external_id"], kComments["author_name"], author);
    const Value body = comment["body"];
    SetRichText(row, kComments["body"], body);
    if (body.has_value()) row.Text(kComments["body_format"], body.is_object() ? "adf" : "wiki");
    row.Boolean(kComments["is_restricted"], comment["visibility"].has_value());
    SetInstant(row, kComments["source_created_at"], comment["created"]);
    SetInstant(row, kComments["source_updated_at"], comment["updated"]);
  });
  return whole;
}

bool AddWorklogs(PageContext& page, const IssueRef& issue, Value worklogs) {
  using model::kWorklogs;
  bool whole = true;
  worklogs.ForEach([&](Value worklog) {
    if (!HasId(page, issue, worklog, "jira_worklog.id.missing") ||
        !TimesAreReadable(
            page, issue, worklog, {"started", "created", "updated"}, "jira_worklog.time.not_a_time"
        )) {
      whole = false;
      return;
    }
    const auto author = page.people.See(worklog["author"], issue.version, issue.position);
    RowWriter row = page.rows.AddRow(kWorklogs);
    SetId(row, kWorklogs["external_id"], worklog["id"]);
    row.Text(kWorklogs["work_item_external_id"], issue.id);
    SetPerson(row, kWorklogs["author_external_id"], kWorklogs["author_name"], author);
    SetInstant(row, kWorklogs["started_at"], worklog["started"]);
    SetInteger(row, kWorklogs["seconds"], worklog["timeSpentSeconds"]);
    SetRichText(row, kWorklogs["comment"], worklog["comment"]);
    SetInstant(row, kWorklogs["source_created_at"], worklog["created"]);
    SetInstant(row, kWorklogs["source_updated_at"], worklog["updated"]);
  });
  return whole;
}

bool AddLinks(PageContext& page, const IssueRef& issue, Value links) {
  using model::kWorkItemLinks;
  bool whole = true;
  links.ForEach([&](Value link) {
    if (!HasId(page, issue, link, "jira_link.id.missing")) {
      whole = false;
      return;
    }
    for (const bool outward : {true, false}) {
      const Value other = link[outward ? "outwardIssue" : "inwardIssue"];
      if (!other.is_object()) continue;
      const Value type = link["type"];
      RowWriter row = page.rows.AddRow(kWorkItemLinks);
      row.Text(kWorkItemLinks["work_item_external_id"], issue.id);
      SetId(row, kWorkItemLinks["link_id"], link["id"]);
      row.Text(kWorkItemLinks["direction"], outward ? "outward" : "inward");
      SetText(row, kWorkItemLinks["type"], type["name"]);
      SetId(row, kWorkItemLinks["type_id"], type["id"]);
      SetText(row, kWorkItemLinks["description"], type[outward ? "outward" : "inward"]);
      SetId(row, kWorkItemLinks["linked_external_id"], other["id"]);
      SetText(row, kWorkItemLinks["linked_key"], other["key"]);
    }
  });
  return whole;
}

bool AddSprints(PageContext& page, const IssueRef& issue) {
  using model::kWorkItemSprints;
  std::vector<std::string> listed;
  const auto add = [&](Value value) {
    const auto sprint = ReadSprint(value);
    if (!sprint || std::find(listed.begin(), listed.end(), sprint->id) != listed.end()) return;
    listed.push_back(sprint->id);
    page.sprints.See(*sprint, issue.position);
    RowWriter row = page.rows.AddRow(kWorkItemSprints);
    row.Text(kWorkItemSprints["work_item_external_id"], issue.id);
    row.Text(kWorkItemSprints["sprint_external_id"], sprint->id);
    row.Boolean(kWorkItemSprints["is_active"], sprint->is_active());
  };
  const auto add_all = [&](Value value) {
    if (value.is_array()) {
      value.ForEach(add);
    } else if (value.has_value()) {
      add(value);
    }
  };
  add_all(page.fields[Field::kSprint]);
  add_all(page.fields[Field::kClosedSprints]);
  for (const std::string& id : page.mapping.sprint) add_all(page.fields.Find(id));
  for (const IssueFields::Custom& field : page.fields.custom()) {
    if (LooksLikeSprints(field.value)) add_all(field.value);
  }
  return true;
}

}  // namespace pulse::source::jira
