// The changelog half of JiraIssueWriter: what one history entry says.

#include <bit>

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_issue_writer.h"
#include "pulse/simulate/jira_world_catalogue.h"

namespace pulse::simulate {
namespace {

struct ChangedFieldInfo {
  std::string_view name;
  std::string_view id;
  bool custom;
};

const ChangedFieldInfo& InfoOf(ChangedField field) {
  static constexpr std::array<ChangedFieldInfo, 10> kInfo = {{
      {"status", "status", false},
      {"resolution", "resolution", false},
      {"assignee", "assignee", false},
      {"priority", "priority", false},
      {"Story point estimate", "customfield_10016", true},
      {"Sprint", "customfield_10020", true},
      {"labels", "labels", false},
      {"Flagged", "customfield_10021", true},
      {"description", "description", false},
      {"Rank", "customfield_10019", true},
  }};
  return kInfo[static_cast<std::size_t>(field)];
}

}  // namespace

void JiraIssueWriter::WriteHistory(const Issue& issue, const History& history, HistoryForm form) {
  Append(out_, R"({"id":")", history.id, R"(","author":)");
  WriteUser(history.author);
  out_ += R"(,"created":)";
  if (form == HistoryForm::kNumber) {
    Append(out_, history.at);
  } else {
    WriteTime(history.at);
  }
  out_ += R"(,"items":[)";
  for (int i = 0; i < history.field_count; ++i) {
    if (i > 0) out_ += ',';
    WriteChange(issue, history, history.fields[static_cast<std::size_t>(i)]);
  }
  out_ += "]}";
}

void JiraIssueWriter::WriteChange(const Issue& issue, const History& history, ChangedField field) {
  const ChangedFieldInfo& info = InfoOf(field);
  Append(out_, R"({"field":")", info.name, R"(","fieldtype":")", info.custom ? "custom" : "jira");
  out_ += '"';
  // Data Center's histories name the field only.
  if (pieces_.dialect != Dialect::kDataCenter) Append(out_, R"(,"fieldId":")", info.id, "\"");
  WriteChangedValue(issue, field, history.before, "from", "fromString");
  // Noise fields change nothing in the state: what they say depends on the side alone.
  if (field == ChangedField::kRank) {
    out_ += R"(,"to":"","toString":"Ranked higher"})";
    return;
  }
  if (field == ChangedField::kDescription) {
    out_ += R"(,"toString":")";
    AppendSentence(out_, Mix(static_cast<std::uint64_t>(history.id)));
    out_ += "\"}";
    return;
  }
  WriteChangedValue(issue, field, history.after, "to", "toString");
  out_ += '}';
}

void JiraIssueWriter::WriteChangedNothing(std::string_view key, std::string_view text_key) {
  // Sites write null or leave it out. Cloud's own schema knows only texts, and a `toString` that is
  // absent is a function to every JavaScript client, so there it is empty.
  if (pieces_.dialect == Dialect::kDataCenter) {
    Append(out_, ",\"", key, "\":null,\"", text_key, "\":null");
  } else if (text_key == "toString") {
    Append(out_, ",\"", text_key, "\":\"\"");
  }
}

void JiraIssueWriter::WriteChangedItem(
    ItemKind kind, int place, std::string_view key, std::string_view text_key
) {
  if (place < 0) return WriteChangedNothing(key, text_key);
  const Item& item = ItemAt(kind, place);
  Append(out_, ",\"", key, "\":\"", item.id, "\",\"", text_key, "\":");
  model::AppendJsonString(out_, item.name);
}

void JiraIssueWriter::WriteChangedValue(
    const Issue& issue,
    ChangedField field,
    const IssueState& state,
    std::string_view key,
    std::string_view text_key
) {
  const auto item = [&](ItemKind kind, int place) { WriteChangedItem(kind, place, key, text_key); };
  switch (field) {
    case ChangedField::kStatus:
      return item(ItemKind::kStatus, StatusItem(issue.project, state.status));
    case ChangedField::kResolution:
      return item(ItemKind::kResolution, state.resolution);
    case ChangedField::kAssignee:
      return item(ItemKind::kUser, state.assignee);
    case ChangedField::kPriority:
      return item(ItemKind::kPriority, state.priority);
    case ChangedField::kPoints:
      if (state.points < 0) return WriteChangedNothing(key, text_key);
      Append(out_, ",\"", text_key, "\":\"", state.points, "\"");
      return;
    case ChangedField::kSprint:
      Append(out_, ",\"", key, "\":\"");
      WriteSprintIds(issue.project, state.sprints);
      Append(out_, "\",\"", text_key, "\":\"");
      WriteSprintNames(issue.project, state.sprints);
      out_ += '"';
      return;
    case ChangedField::kLabels:
      Append(out_, ",\"", key, "\":\"\",\"", text_key, "\":\"");
      WriteLabelWords(state.labels);
      out_ += '"';
      return;
    case ChangedField::kFlagged:
      Append(out_, ",\"", key, state.flagged ? "\":\"[10019]\",\"" : "\":\"\",\"", text_key);
      out_ += state.flagged ? "\":\"Impediment\"" : "\":\"\"";
      return;
    case ChangedField::kDescription:
    case ChangedField::kRank:
      return WriteChangedNothing(key, text_key);
  }
}

void JiraIssueWriter::WriteLabelWords(std::uint32_t labels) {
  for (std::string_view gap; labels != 0; labels &= labels - 1, gap = " ") {
    Append(out_, gap, kLabels[static_cast<std::size_t>(std::countr_zero(labels))]);
  }
}

void JiraIssueWriter::WriteSprintIds(int project, SprintRange range) {
  for (int number = range.first; range.first != kNoSprint && number <= range.last; ++number) {
    Append(out_, number == range.first ? "" : ", ", world_.SprintAt(project, number).id);
  }
}

void JiraIssueWriter::WriteSprintNames(int project, SprintRange range) {
  for (int number = range.first; range.first != kNoSprint && number <= range.last; ++number) {
    Append(out_, number == range.first ? "" : ", ", SprintName(project, number));
  }
}

}  // namespace pulse::simulate
