#include "pulse/simulate/jira_file_source.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "pulse/base/hash.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_file_catalogue.h"
#include "pulse/simulate/json_slice.h"
#include "pulse/simulate/payload_files.h"

namespace pulse::simulate {
namespace {

/// One payload and views into it. Never moves: the views point at its own bytes.
struct StoredIssue {
  explicit StoredIssue(std::string text) : payload(std::move(text)) {}
  StoredIssue(const StoredIssue&) = delete;
  StoredIssue& operator=(const StoredIssue&) = delete;

  const std::string payload;
  std::string id_text;
  std::string key;
  IssueFacts facts;
  JsonSlices members;
  JsonSlices fields;
  std::vector<std::string_view> histories;  // Oldest first, as the others.
  std::vector<std::string_view> comments;
  std::vector<std::string_view> worklogs;
};

EpochMs InstantOf(std::string_view raw) { return ParseInstant(TextOf(raw)).value_or(0); }

/// Ids are digits on every real site; anything else still gets a stable number.
std::int64_t NumberOf(const std::string& id) {
  std::int64_t number = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), number);
  if (read.ec == std::errc() && read.ptr == id.data() + id.size()) return number;
  return ContentHash(id) & 0x7FFFFFFFFFFF;
}

std::int64_t KeyNumber(const std::string& key) {
  const std::size_t dash = key.rfind('-');
  return dash == std::string::npos ? 0 : NumberOf(key.substr(dash + 1));
}

/// Elements of an array, oldest first: real changelogs come in both orders.
std::vector<std::string_view> Children(std::string_view holder, std::string_view name) {
  std::vector<std::string_view> children =
      SliceArray(SliceOf(holder, name)).value_or(std::vector<std::string_view>{});
  std::stable_sort(children.begin(), children.end(), [](std::string_view a, std::string_view b) {
    return InstantOf(SliceOf(a, "created")) < InstantOf(SliceOf(b, "created"));
  });
  return children;
}

void AppendSlice(std::string& out, const std::vector<std::string_view>& elements, Slice slice) {
  const auto size = static_cast<std::int64_t>(elements.size());
  for (std::int64_t i = slice.from; i < std::min(size, slice.from + slice.count); ++i) {
    Append(out, i > slice.from ? "," : "", elements[static_cast<std::size_t>(i)]);
  }
}

Result<std::unique_ptr<StoredIssue>> ReadIssue(PayloadLine line) {
  auto issue = std::make_unique<StoredIssue>(std::move(line.payload));
  issue->members = SliceObject(issue->payload).value_or(JsonSlices{});
  issue->fields = SliceObject(SliceOf(issue->members, "fields")).value_or(JsonSlices{});
  issue->id_text = TextOf(SliceOf(issue->members, "id"));
  issue->key = TextOf(SliceOf(issue->members, "key"));
  if (issue->id_text.empty())
    return Error(ErrorKind::kInvalid, line.where + ": an issue without id");
  issue->facts.id = NumberOf(issue->id_text);
  issue->facts.number = KeyNumber(issue->key);
  issue->facts.created = InstantOf(SliceOf(issue->fields, "created"));
  issue->facts.updated = InstantOf(SliceOf(issue->fields, "updated"));
  issue->histories = Children(SliceOf(issue->members, "changelog"), "histories");
  issue->comments = Children(SliceOf(issue->fields, "comment"), "comments");
  issue->worklogs = Children(SliceOf(issue->fields, "worklog"), "worklogs");
  return issue;
}

class FileJiraSource final : public JiraSource {
 public:
  using Issues = std::vector<std::unique_ptr<StoredIssue>>;
  FileJiraSource(Issues issues, Catalogue catalogue)
      : issues_(std::move(issues)), catalogue_(std::move(catalogue)) {
    for (std::size_t i = 0; i < issues_.size(); ++i) {
      StoredIssue& issue = *issues_[i];
      issue.facts.position = static_cast<std::int64_t>(i);
      by_name_.emplace(issue.id_text, issue.facts.position);
      by_name_.emplace(issue.key, issue.facts.position);
      Index(issue.comments, issue.facts.position, comments_);
      Index(issue.worklogs, issue.facts.position, worklogs_);
    }
  }

  const Catalogue& catalogue(Dialect) const override { return catalogue_; }
  std::int64_t issue_count() const override { return static_cast<std::int64_t>(issues_.size()); }
  void Facts(std::int64_t position, Depth, IssueFacts& facts) const override {
    facts = At(position).facts;
  }
  std::optional<std::int64_t> Find(std::string_view id_or_key) const override {
    const auto found = by_name_.find(std::string(id_or_key));
    if (found == by_name_.end()) return std::nullopt;
    return found->second;
  }
  std::string KeyOf(std::int64_t position) const override { return At(position).key; }

  void AppendIssue(std::string& out, std::int64_t position, const IssueView& view) const override {
    const StoredIssue& issue = At(position);
    if (view.fields->everything() && view.changelog) {
      out += issue.payload;
      return;
    }
    out += '{';
    std::string_view comma;
    for (const auto& [name, value] : issue.members) {
      if (name == "changelog" && !view.changelog) continue;
      Append(out, comma, "\"", name, "\":");
      comma = ",";
      if (name == "fields" && !view.fields->everything()) {
        AppendFields(out, issue, *view.fields);
      } else {
        out += value;
      }
    }
    out += '}';
  }

  std::int64_t HistoryCount(std::int64_t position) const override {
    return static_cast<std::int64_t>(At(position).histories.size());
  }
  void AppendHistories(std::string& out, std::int64_t position, Slice slice, Dialect, HistoryForm)
      const override {
    AppendSlice(out, At(position).histories, slice);
  }
  std::int64_t CommentCount(std::int64_t position) const override {
    return static_cast<std::int64_t>(At(position).comments.size());
  }
  void AppendComments(std::string& out, std::int64_t position, Slice slice, Dialect)
      const override {
    AppendSlice(out, At(position).comments, slice);
  }
  std::int64_t WorklogCount(std::int64_t position) const override {
    return static_cast<std::int64_t>(At(position).worklogs.size());
  }
  void AppendWorklogs(std::string& out, std::int64_t position, Slice slice, Dialect)
      const override {
    AppendSlice(out, At(position).worklogs, slice);
  }

  std::optional<ChildPlace> FindComment(std::int64_t id) const override {
    return FindChild(comments_, id);
  }
  std::optional<ChildPlace> FindWorklog(std::int64_t id) const override {
    return FindChild(worklogs_, id);
  }

  std::vector<WorklogChange> WorklogsSince(EpochMs since, std::size_t limit) const override {
    std::vector<WorklogChange> changes;
    for (const auto& [id, place] : worklogs_) {
      const StoredIssue& issue = At(place.issue);
      const auto raw = issue.worklogs[static_cast<std::size_t>(place.position)];
      const EpochMs updated = InstantOf(SliceOf(raw, "updated"));
      if (updated >= since) changes.push_back({id, updated});
    }
    std::ranges::sort(changes, {}, [](const WorklogChange& change) {
      return std::pair(change.updated, change.id);
    });
    if (changes.size() > limit) changes.resize(limit);
    return changes;
  }

 private:
  using Places = std::map<std::int64_t, ChildPlace>;

  static void Index(
      const std::vector<std::string_view>& children, std::int64_t issue, Places& places
  ) {
    for (std::size_t i = 0; i < children.size(); ++i) {
      const std::string id = TextOf(SliceOf(children[i], "id"));
      if (id.empty()) continue;
      places.emplace(NumberOf(id), ChildPlace{issue, static_cast<std::int64_t>(i)});
    }
  }
  static std::optional<ChildPlace> FindChild(const Places& places, std::int64_t id) {
    const auto found = places.find(id);
    if (found == places.end()) return std::nullopt;
    return found->second;
  }
  static void AppendFields(std::string& out, const StoredIssue& issue, const FieldChoice& choice) {
    out += '{';
    std::string_view comma;
    for (const auto& [id, value] : issue.fields) {
      if (!choice.Wants(id)) continue;
      Append(out, comma, "\"", id, "\":", value);
      comma = ",";
    }
    out += '}';
  }
  const StoredIssue& At(std::int64_t position) const {
    return *issues_[static_cast<std::size_t>(position)];
  }

  Issues issues_;
  Catalogue catalogue_;
  std::unordered_map<std::string, std::int64_t> by_name_;
  Places comments_;
  Places worklogs_;
};

/// The newest version of every issue, in order of creation.
FileJiraSource::Issues NewestInOrder(FileJiraSource::Issues all) {
  std::map<std::string, std::unique_ptr<StoredIssue>> newest;
  for (auto& issue : all) {
    auto& kept = newest[issue->id_text];
    if (!kept || kept->facts.updated <= issue->facts.updated) kept = std::move(issue);
  }
  FileJiraSource::Issues issues;
  for (auto& [id, issue] : newest) issues.push_back(std::move(issue));
  std::ranges::sort(issues, {}, [](const std::unique_ptr<StoredIssue>& issue) {
    return std::pair(issue->facts.created, issue->facts.id);
  });
  return issues;
}

}  // namespace

Result<std::unique_ptr<JiraSource>> NewFileJiraSource(
    const std::vector<std::string>& issue_files, const std::vector<std::string>& field_files
) {
  PULSE_TRY(auto lines, ReadPayloadFiles(issue_files));
  FileJiraSource::Issues all;
  for (PayloadLine& line : lines) {
    PULSE_TRY(auto issue, ReadIssue(std::move(line)));
    all.push_back(std::move(issue));
  }
  FileJiraSource::Issues issues = NewestInOrder(std::move(all));
  FileCatalogue catalogue;
  for (const auto& issue : issues) {
    FileCatalogue::Seen seen = catalogue.Add(issue->fields);
    // Without a project or status of its own an issue counts to the first one: JQL needs some.
    issue->facts.project = std::max(0, seen.project);
    issue->facts.type = std::max(0, seen.type);
    issue->facts.status = std::max(0, seen.status);
    issue->facts.sprints = std::move(seen.sprints);
  }
  PULSE_CHECK(catalogue.AddFieldFiles(field_files));
  return std::unique_ptr<JiraSource>(
      std::make_unique<FileJiraSource>(std::move(issues), std::move(catalogue).Finish())
  );
}

}  // namespace pulse::simulate
