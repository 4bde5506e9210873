#include "pulse/simulate/jira_edits.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "pulse/base/sync.h"
#include "pulse/simulate/append.h"

namespace pulse::simulate {
namespace {

using nlohmann::json;

/// What Cloud shows of a history inline.
constexpr std::size_t kInlineHistories = 40;
/// Numbers of moved issues begin where no generated key is.
constexpr std::int64_t kFirstMovedNumber = 1'000'000;
constexpr std::int64_t kMoveHistoryId = 900'000'000;

struct Move {
  int project = 0;
  std::int64_t number = 0;
  std::string from_key;
  std::string from_project;
  EpochMs at = 0;
};

struct IssueEdit {
  Presence presence = Presence::kShown;
  int touches = 0;
  std::optional<EpochMs> updated;
  std::optional<Move> move;
};

struct Edits {
  std::map<std::int64_t, IssueEdit> issues;  ///< By position.
  std::map<std::string, std::int64_t, std::less<>> moved_keys;
  std::map<int, Presence> projects;
};

std::string JiraTime(EpochMs instant) {
  std::string text;
  AppendJiraTime(text, instant);
  return text;
}

class EditedSource final : public EditableJiraSource {
 public:
  EditedSource(std::unique_ptr<JiraSource> source, const Clock& clock)
      : source_(std::move(source)), clock_(clock) {}

  const Catalogue& catalogue(Dialect dialect) const override { return source_->catalogue(dialect); }
  std::int64_t issue_count() const override { return source_->issue_count(); }

  void Facts(std::int64_t position, Depth depth, IssueFacts& facts) const override {
    source_->Facts(position, depth, facts);
    const auto edit = EditOf(position);
    if (!edit) return;
    if (edit->updated) facts.updated = *edit->updated;
    if (!edit->move) return;
    facts.project = edit->move->project;
    facts.number = edit->move->number;
  }

  std::optional<std::int64_t> Find(std::string_view id_or_key) const override {
    if (const auto found = source_->Find(id_or_key)) return found;
    return edits_.With([&](const Edits& edits) -> std::optional<std::int64_t> {
      const auto moved = edits.moved_keys.find(id_or_key);
      return moved == edits.moved_keys.end() ? std::nullopt : std::optional(moved->second);
    });
  }
  std::string KeyOf(std::int64_t position) const override {
    const auto edit = EditOf(position);
    return edit && edit->move ? NewKey(*edit->move) : source_->KeyOf(position);
  }

  void AppendIssue(std::string& out, std::int64_t position, const IssueView& view) const override {
    const auto edit = EditOf(position);
    if (!edit) return source_->AppendIssue(out, position, view);
    std::string text;
    source_->AppendIssue(text, position, view);
    json issue = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (issue.is_object()) Rewrite(*edit, position, view, issue);
    out += issue.is_object() ? issue.dump(-1, ' ', false, json::error_handler_t::replace) : text;
  }

  std::int64_t HistoryCount(std::int64_t position) const override {
    const auto edit = EditOf(position);
    return source_->HistoryCount(position) + (edit && edit->move ? 1 : 0);
  }
  void AppendHistories(
      std::string& out, std::int64_t position, Slice slice, Dialect dialect, HistoryForm form
  ) const override {
    source_->AppendHistories(out, position, slice, dialect, form);
    const auto edit = EditOf(position);
    if (!edit || !edit->move) return;
    const std::int64_t last = source_->HistoryCount(position);
    if (slice.from > last || slice.from + slice.count <= last) return;
    if (slice.from < last) out += ',';
    out += History(*edit->move, position, form).dump();
  }

  std::int64_t CommentCount(std::int64_t position) const override {
    return source_->CommentCount(position);
  }
  void AppendComments(std::string& out, std::int64_t position, Slice slice, Dialect dialect)
      const override {
    source_->AppendComments(out, position, slice, dialect);
  }
  std::int64_t WorklogCount(std::int64_t position) const override {
    return source_->WorklogCount(position);
  }
  void AppendWorklogs(std::string& out, std::int64_t position, Slice slice, Dialect dialect)
      const override {
    source_->AppendWorklogs(out, position, slice, dialect);
  }
  std::optional<ChildPlace> FindComment(std::int64_t id) const override {
    return source_->FindComment(id);
  }
  std::optional<ChildPlace> FindWorklog(std::int64_t id) const override {
    return source_->FindWorklog(id);
  }
  std::vector<WorklogChange> WorklogsSince(EpochMs since, std::size_t limit) const override {
    return source_->WorklogsSince(since, limit);
  }

  Presence PresenceOf(std::int64_t position) const override {
    if (!any_.load(std::memory_order_acquire)) return Presence::kShown;
    if (const auto edit = EditOf(position); edit && edit->presence != Presence::kShown) {
      return edit->presence;
    }
    IssueFacts facts;
    Facts(position, Depth::kHead, facts);
    // Issues of an archived project are as invisible as those of a hidden one.
    return PresenceOfProject(facts.project) == Presence::kShown ? Presence::kShown
                                                                : Presence::kGone;
  }
  Presence PresenceOfProject(int project) const override {
    if (!any_.load(std::memory_order_acquire)) return Presence::kShown;
    return edits_.With([&](const Edits& edits) {
      const auto edited = edits.projects.find(project);
      return edited == edits.projects.end() ? Presence::kShown : edited->second;
    });
  }

  Result<> Edit(std::string_view text) override {
    const json wanted = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!wanted.is_object()) return Error{ErrorKind::kInvalid, "an edit is a JSON object"};
    Edits next = edits_.With([](const Edits& edits) { return edits; });
    for (const auto& [what, names] : wanted.items()) {
      if (what == "move") {
        PULSE_CHECK(MoveAll(names, next));
      } else if (what.ends_with("_projects")) {
        PULSE_CHECK(EditProjects(what, names, next));
      } else {
        PULSE_CHECK(EditIssues(what, names, next));
      }
    }
    edits_.With([&](Edits& edits) { edits = std::move(next); });
    any_.store(true, std::memory_order_release);
    return {};
  }

 private:
  std::optional<IssueEdit> EditOf(std::int64_t position) const {
    if (!any_.load(std::memory_order_acquire)) return std::nullopt;
    return edits_.With([&](const Edits& edits) -> std::optional<IssueEdit> {
      const auto found = edits.issues.find(position);
      return found == edits.issues.end() ? std::nullopt : std::optional(found->second);
    });
  }

  const Item& Project(int place) const {
    const auto& projects = source_->catalogue(Dialect::kCloudV3).of(ItemKind::kProject);
    return projects[static_cast<std::size_t>(place)];
  }
  std::string NewKey(const Move& move) const {
    return Project(move.project).key + "-" + std::to_string(move.number);
  }

  Result<int> ProjectNamed(const std::string& key) const {
    const auto& projects = source_->catalogue(Dialect::kCloudV3).of(ItemKind::kProject);
    const auto found = std::ranges::find(projects, key, &Item::key);
    if (found == projects.end()) return Error{ErrorKind::kInvalid, "no project " + key};
    return static_cast<int>(found - projects.begin());
  }
  Result<std::int64_t> IssueNamed(const std::string& name, const Edits& next) const {
    if (const auto found = source_->Find(name)) return *found;
    if (const auto moved = next.moved_keys.find(name); moved != next.moved_keys.end()) {
      return moved->second;
    }
    return Error{ErrorKind::kInvalid, "no issue " + name};
  }

  static Result<std::vector<std::string>> Names(const std::string& what, const json& names) {
    if (!names.is_array()) return Error{ErrorKind::kInvalid, what + " is no array of names"};
    std::vector<std::string> texts;
    for (const json& name : names) {
      if (!name.is_string()) return Error{ErrorKind::kInvalid, what + " holds no name"};
      texts.push_back(name.get<std::string>());
    }
    return texts;
  }

  Result<> EditIssues(const std::string& what, const json& names, Edits& next) {
    static const std::map<std::string, Presence> kPresences = {
        {"delete", Presence::kGone},
        {"archive", Presence::kArchived},
        {"lag", Presence::kUnindexed},
        {"restore", Presence::kShown},
    };
    const auto presence = kPresences.find(what);
    if (presence == kPresences.end() && what != "touch") {
      return Error{ErrorKind::kInvalid, "no edit is called " + what};
    }
    PULSE_TRY(const auto texts, Names(what, names));
    for (const std::string& name : texts) {
      PULSE_TRY(const std::int64_t position, IssueNamed(name, next));
      IssueEdit& edit = next.issues[position];
      if (presence != kPresences.end()) {
        edit.presence = presence->second;
      } else {
        ++edit.touches;
        edit.updated = clock_.Now();
      }
    }
    return {};
  }

  Result<> EditProjects(const std::string& what, const json& names, Edits& next) {
    static const std::map<std::string, Presence> kPresences = {
        {"hide_projects", Presence::kGone},
        {"archive_projects", Presence::kArchived},
        {"show_projects", Presence::kShown},
    };
    const auto presence = kPresences.find(what);
    if (presence == kPresences.end()) {
      return Error{ErrorKind::kInvalid, "no edit is called " + what};
    }
    PULSE_TRY(const auto texts, Names(what, names));
    for (const std::string& name : texts) {
      PULSE_TRY(const int project, ProjectNamed(name));
      next.projects[project] = presence->second;
    }
    return {};
  }

  Result<> MoveAll(const json& moves, Edits& next) {
    if (!moves.is_object()) return Error{ErrorKind::kInvalid, "move is no object"};
    for (const auto& [name, target] : moves.items()) {
      if (!target.is_string()) return Error{ErrorKind::kInvalid, "move names no project"};
      PULSE_TRY(const std::int64_t position, IssueNamed(name, next));
      PULSE_TRY(const int project, ProjectNamed(target.get<std::string>()));
      IssueFacts facts;
      Facts(position, Depth::kHead, facts);
      Move move{
          .project = project,
          .number = kFirstMovedNumber + static_cast<std::int64_t>(next.moved_keys.size()),
          .from_key = KeyOf(position),
          .from_project = Project(facts.project).name,
          .at = clock_.Now(),
      };
      IssueEdit& edit = next.issues[position];
      edit.updated = move.at;
      next.moved_keys[NewKey(move)] = position;
      edit.move = std::move(move);
    }
    return {};
  }

  json History(const Move& move, std::int64_t position, HistoryForm form) const {
    json history = {
        {"id", std::to_string(kMoveHistoryId + position)},
        {"items",
         json::array(
             {{{"field", "Key"},
               {"fieldtype", "jira"},
               {"from", nullptr},
               {"fromString", move.from_key},
               {"to", nullptr},
               {"toString", NewKey(move)}},
              {{"field", "project"},
               {"fieldtype", "jira"},
               {"from", nullptr},
               {"fromString", move.from_project},
               {"to", Project(move.project).id},
               {"toString", Project(move.project).name}}}
         )},
    };
    if (form == HistoryForm::kNumber) {
      history["created"] = move.at;
    } else {
      history["created"] = JiraTime(move.at);
    }
    return history;
  }

  void Rewrite(const IssueEdit& edit, std::int64_t position, const IssueView& view, json& issue)
      const {
    json* fields = issue.contains("fields") ? &issue["fields"] : nullptr;
    const auto set = [&](const char* name, json value) {
      if (fields != nullptr && fields->contains(name)) (*fields)[name] = std::move(value);
    };
    if (edit.updated) set("updated", JiraTime(*edit.updated));
    if (edit.presence == Presence::kArchived && fields != nullptr) {
      (*fields)["archiveddate"] = JiraTime(clock_.Now());
    }
    if (edit.touches > 0 && fields != nullptr && fields->contains("summary")) {
      const std::string summary = (*fields)["summary"].get<std::string>();
      (*fields)["summary"] = summary + " (edited " + std::to_string(edit.touches) + ")";
    }
    if (!edit.move) return;
    if (issue.contains("key")) issue["key"] = NewKey(*edit.move);
    const auto& items = source_->catalogue(view.dialect).of(ItemKind::kProject);
    const Item& project = items[static_cast<std::size_t>(edit.move->project)];
    set("project", json::parse(project.json, nullptr, /*allow_exceptions=*/false));
    if (issue.contains("changelog")) AddHistory(*edit.move, position, view, issue["changelog"]);
  }

  /// Cloud lists the newest first and cuts the list; Data Center has them oldest first.
  void AddHistory(const Move& move, std::int64_t position, const IssueView& view, json& log) const {
    json& histories = log["histories"];
    const json history = History(move, position, HistoryForm::kText);
    if (view.dialect == Dialect::kDataCenter) {
      histories.push_back(history);
    } else {
      histories.insert(histories.begin(), history);
      if (histories.size() > kInlineHistories) histories.erase(histories.end() - 1);
    }
    log["total"] = log.value("total", 0) + 1;
    if (log.contains("maxResults")) log["maxResults"] = histories.size();
  }

  std::unique_ptr<JiraSource> source_;
  const Clock& clock_;
  std::atomic<bool> any_{false};  ///< Nobody pays for edits that nobody makes.
  Guarded<Edits> edits_;
};

}  // namespace

std::unique_ptr<EditableJiraSource> NewEditableJiraSource(
    std::unique_ptr<JiraSource> source, const Clock& clock
) {
  return std::make_unique<EditedSource>(std::move(source), clock);
}

}  // namespace pulse::simulate
