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
    if (pieces_.dialect == Dialect::kDataCenter) out_ += R"(,"to":null)";
    out_ += R"(,"toString":")";
    AppendSentence(out_, Mix(static_cast<std::uint64_t>(history.id)));
    out_ += "\"}";
    return;
  }
  WriteChangedValue(issue, field, history.after, "to", "toString");
  out_ += '}';
}

void JiraIssueWriter::WriteChangedValue(
    const Issue& issue,
    ChangedField field,
    const IssueState& state,
    std::string_view key,
    std::string_view text_key
) {
  const auto write_item = [&](ItemKind kind, int place) {
    if (place < 0) {
      return WriteNothing(key, text_key);
    }
    const Item& item = ItemAt(kind, place);
    Append(out_, ",\"", key, "\":\"", item.id, "\",\"", text_key, "\":");
    model::AppendJsonString(out_, item.name);
  };
  switch (field) {
    case ChangedField::kStatus:
      return write_item(ItemKind::kStatus, StatusItem(issue.project, state.status));
    case ChangedField::kResolution:
      return write_item(ItemKind::kResolution, state.resolution);
    case ChangedField::kAssignee:
      return write_item(ItemKind::kUser, state.assignee);
    case ChangedField::kPriority:
      return write_item(ItemKind::kPriority, state.priority);
    case ChangedField::kPoints:
      if (state.points < 0) return WriteNothing(key, text_key);
      if (pieces_.dialect == Dialect::kDataCenter) Append(out_, ",\"", key, "\":null");
      Append(out_, ",\"", text_key, "\":\"", state.points, "\"");
      return;
    case ChangedField::kSprint:
      Append(out_, ",\"", key, "\":\"");
      WriteSprintIds(issue.project, state.sprints);
      Append(out_, "\",\"", text_key, "\":\"");
      WriteSprintNames(issue.project, state.sprints);
      out_ += '"';
      return;
    case ChangedField::kLabels: {
      Append(out_, ",\"", key, "\":\"\",\"", text_key, "\":\"");
      std::uint32_t labels = state.labels;
      for (std::string_view gap; labels != 0; labels &= labels - 1, gap = " ") {
        Append(out_, gap, kLabels[static_cast<std::size_t>(std::countr_zero(labels))]);
      }
      out_ += '"';
      return;
    }
    case ChangedField::kFlagged:
      Append(out_, ",\"", key, state.flagged ? "\":\"[10019]\",\"" : "\":\"\",\"", text_key);
      out_ += state.flagged ? "\":\"Impediment\"" : "\":\"\"";
      return;
    case ChangedField::kDescription:
    case ChangedField::kRank:
      return WriteNothing(key, text_key);
  }
}

void JiraIssueWriter::WriteNothing(std::string_view key, std::string_view text_key) {
  // Data Center writes nulls. Cloud's schema knows texts only: what is not there is left out, except
  // for toString, which its clients want to be there.
  if (pieces_.dialect == Dialect::kDataCenter) {
    Append(out_, ",\"", key, "\":null,\"", text_key, "\":null");
  } else if (text_key == "toString") {
    out_ += R"(,"toString":"")";
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
