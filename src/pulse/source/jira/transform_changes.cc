#include "pulse/source/jira/transform_changes.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "pulse/source/jira/cell_values.h"
#include "pulse/source/jira/issue_children.h"
#include "pulse/source/jira/transform_issue.h"

namespace pulse::source::jira {
namespace {

/// One issue's history, in the order and in the pieces it came in.
struct IssueLog {
  std::string issue_id;
  std::vector<Value> pieces;
};

EpochMs NewestIn(Value histories) {
  EpochMs newest = 0;
  histories.ForEach([&](Value history) {
    newest = std::max(newest, InstantOf(history["created"]).value_or(0));
  });
  return newest;
}

void AddLog(PageContext& page, const IssueLog& log, std::int32_t position, bool is_all) {
  EpochMs version = 0;
  for (const Value piece : log.pieces) version = std::max(version, NewestIn(piece));
  const IssueRef issue{log.issue_id, version, position};
  page.rows.BeginRecord(kIssuesEntity, issue.id, version, position);
  bool whole = is_all;
  for (const Value piece : log.pieces) whole = AddChanges(page, issue, piece) && whole;
  if (page.short_histories.contains(log.issue_id)) {
    whole = false;
    page.SetAside(
        Loss::kPiece,
        position,
        log.issue_id,
        "jira_change.not_shown",
        "the source counts more history entries of this issue than it shows",
        {}
    );
  }
  page.rows.EndRecord(whole ? model::SetOf(model::kWorkItemChanges) : 0);
}

class LogCollector {
 public:
  void AddPage(PageContext& page, Value root) {
    root["issueChangeLogs"].ForEach([&](Value log) {
      const std::string id = log["issueId"].id();
      if (id.empty()) {
        page.SetAside(
            Loss::kPiece,
            static_cast<std::int32_t>(logs_.size()),
            "",
            "jira_changes.issueId.missing",
            "a history names no issue",
            log
        );
        return;
      }
      const auto [known, is_new] = by_issue_.emplace(id, logs_.size());
      if (is_new) logs_.push_back({id, {}});
      logs_[known->second].pieces.push_back(log["changeHistories"]);
    });
  }

  const std::vector<IssueLog>& logs() const { return logs_; }

 private:
  std::map<std::string, std::size_t> by_issue_;
  std::vector<IssueLog> logs_;
};

/// The page does not parse: whatever histories can be told apart from the damage are kept, none is
/// called complete.
Result<> AddDamagedPage(PageContext& page, std::string_view body, int depth) {
  constexpr std::string_view kPath[] = {"issueChangeLogs"};
  const auto add = [&](std::int32_t position, Value log) {
    const std::string id = log["issueId"].id();
    if (!id.empty()) AddLog(page, {id, {log["changeHistories"]}}, position, false);
  };
  const auto set_aside = [&](const BrokenRecord& record) {
    page.SetAside(Loss::kPiece, record, "jira_changes.not_json");
  };
  if (ForEachRecord(body, kPath, add, set_aside)) return {};
  if (depth > 0) return Error{ErrorKind::kInvalid, "no page of histories"};
  const auto add_page = [&](std::int32_t, Value root) {
    root["issueChangeLogs"].ForEach([&](Value log) { add(0, log); });
  };
  return ForEachRecord(body, {}, add_page, [&](const BrokenRecord& inner) {
    if (!AddDamagedPage(page, inner.raw, depth + 1)) set_aside(inner);
  });
}

void AddPart(PageContext& page, std::int32_t position, Value part) {
  const std::string id = part["issue_id"].id();
  const std::string_view kind = part["kind"].text().value_or("");
  if (id.empty() || (kind != "comment" && kind != "worklog")) {
    page.SetAside(
        Loss::kPiece,
        position,
        id,
        "jira_issue_details.part.unknown",
        "a part names no issue or kind",
        part
    );
    return;
  }
  const IssueRef issue{id, 0, position};
  page.rows.BeginRecord(kIssuesEntity, id, issue.version, position);
  bool whole = true;
  part["pages"].ForEach([&](Value list) {
    const bool added = kind == "comment" ? AddComments(page, issue, list["comments"])
                                         : AddWorklogs(page, issue, list["worklogs"]);
    whole = whole && added;
  });
  if (part["missing"].integer().value_or(0) > 0) {
    whole = false;
    page.SetAside(
        Loss::kPiece,
        position,
        id,
        kind == "comment" ? "jira_comment.not_shown" : "jira_worklog.not_shown",
        "the source counts more entries of this issue than it shows",
        part["missing"]
    );
  }
  const model::Table& table = kind == "comment" ? model::kComments : model::kWorklogs;
  page.rows.EndRecord(whole ? model::SetOf(table) : 0);
}

}  // namespace

Result<> AddChangePage(PageContext& page, std::string_view body) {
  const auto parsed = JsonPage::Parse(body);
  if (!parsed) return AddDamagedPage(page, body, 0);
  const Value root = (*parsed)->root();
  if (root["items"].is_array() && !page.issue_id.empty()) {
    const IssueRef issue{page.issue_id, InstantOf(root["created"]).value_or(0), 0};
    page.rows.BeginRecord(kIssuesEntity, issue.id, issue.version, issue.position);
    AddHistory(page, issue, root);
    page.rows.EndRecord();
    return {};
  }
  LogCollector collector;
  if (root.is_array()) {
    root.ForEach([&](Value element) { collector.AddPage(page, element); });
  } else if (root["issueChangeLogs"].is_array()) {
    collector.AddPage(page, root);
  } else {
    return Error{ErrorKind::kInvalid, "no page of histories"};
  }
  std::int32_t position = 0;
  for (const IssueLog& log : collector.logs()) AddLog(page, log, position++, true);
  return {};
}

Result<> AddDetailPage(PageContext& page, std::string_view body) {
  constexpr std::string_view kPath[] = {"parts"};
  return ForEachRecord(
      body,
      kPath,
      [&](std::int32_t position, Value part) { AddPart(page, position, part); },
      [&](const BrokenRecord& record) {
        page.SetAside(Loss::kPiece, record, "jira_issue_details.not_json");
      }
  );
}

}  // namespace pulse::source::jira
