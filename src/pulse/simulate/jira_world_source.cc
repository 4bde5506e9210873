#include "pulse/simulate/jira_world_source.h"

#include <algorithm>
#include <charconv>

#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_issue_writer.h"
#include "pulse/simulate/jira_world_catalogue.h"

namespace pulse::simulate {
namespace {

/// Appends elements [from, from + count) of `elements`, separated by commas.
template <class T, class Write>
void AppendSlice(std::string& out, const std::vector<T>& elements, Slice slice, Write write) {
  const auto size = static_cast<std::int64_t>(elements.size());
  const std::int64_t end = std::min(size, slice.from + slice.count);
  for (std::int64_t i = std::max<std::int64_t>(0, slice.from); i < end; ++i) {
    if (i > slice.from) out += ',';
    write(elements[static_cast<std::size_t>(i)]);
  }
}

template <class T>
std::optional<JiraSource::ChildPlace> PlaceOf(
    const std::vector<T>& children, std::int64_t issue, std::int64_t id
) {
  const auto found = std::ranges::find(children, id, &T::id);
  if (found == children.end()) return std::nullopt;
  return JiraSource::ChildPlace{issue, found - children.begin()};
}

class WorldJiraSource final : public JiraSource {
 public:
  explicit WorldJiraSource(const WorldOptions& options)
      : world_(options),
        pieces_{
            JiraPieces(world_, Dialect::kCloudV3),
            JiraPieces(world_, Dialect::kCloudV2),
            JiraPieces(world_, Dialect::kDataCenter)
        } {}

  const Catalogue& catalogue(Dialect dialect) const override { return PiecesOf(dialect).catalogue; }
  std::int64_t issue_count() const override { return world_.issue_count(); }

  void Facts(std::int64_t position, Depth depth, IssueFacts& facts) const override {
    facts.sprints.clear();
    if (depth == Depth::kHead) {
      FillHead(world_.HeadAt(position), facts);
      return;
    }
    Issue issue;
    world_.IssueAt(position, issue);
    FillHead(issue, facts);
    facts.status = StatusItem(issue.project, issue.state.status);
    const SprintRange range = issue.state.sprints;
    for (int n = range.first; range.first != kNoSprint && n <= range.last; ++n) {
      facts.sprints.push_back(world_.SprintAt(issue.project, n).id);
    }
  }

  std::optional<std::int64_t> Find(std::string_view id_or_key) const override {
    const char* const begin = id_or_key.data();
    const char* const end = begin + id_or_key.size();
    std::int64_t id = 0;
    const auto read = std::from_chars(begin, end, id);
    if (read.ec == std::errc() && read.ptr == end) return world_.FindIssue(id);
    return world_.FindIssueKey(id_or_key);
  }
  std::string KeyOf(std::int64_t position) const override { return World::IssueKey(position); }

  void AppendIssue(std::string& out, std::int64_t position, const IssueView& view) const override {
    Issue issue;
    world_.IssueAt(position, issue);
    JiraIssueWriter(world_, PiecesOf(view.dialect), out)
        .WriteIssue(issue, *view.fields, view.changelog);
  }

  std::int64_t HistoryCount(std::int64_t position) const override {
    return static_cast<std::int64_t>(At(position).histories.size());
  }
  std::int64_t CommentCount(std::int64_t position) const override {
    return static_cast<std::int64_t>(At(position).comments.size());
  }
  std::int64_t WorklogCount(std::int64_t position) const override {
    return static_cast<std::int64_t>(At(position).worklogs.size());
  }

  void AppendHistories(
      std::string& out, std::int64_t position, Slice slice, Dialect dialect, HistoryForm form
  ) const override {
    const Issue issue = At(position);
    JiraIssueWriter writer(world_, PiecesOf(dialect), out);
    AppendSlice(out, issue.histories, slice, [&](const History& history) {
      writer.WriteHistory(issue, history, form);
    });
  }
  void AppendComments(std::string& out, std::int64_t position, Slice slice, Dialect dialect)
      const override {
    const Issue issue = At(position);
    JiraIssueWriter writer(world_, PiecesOf(dialect), out);
    AppendSlice(out, issue.comments, slice, [&](const Comment& comment) {
      writer.WriteComment(issue, comment);
    });
  }
  void AppendWorklogs(std::string& out, std::int64_t position, Slice slice, Dialect dialect)
      const override {
    const Issue issue = At(position);
    JiraIssueWriter writer(world_, PiecesOf(dialect), out);
    AppendSlice(out, issue.worklogs, slice, [&](const Worklog& worklog) {
      writer.WriteWorklog(issue, worklog);
    });
  }

  std::optional<ChildPlace> FindComment(std::int64_t id) const override {
    const std::int64_t issue = World::IssueOfChild(id);
    if (issue < 0 || issue >= world_.issue_count()) return std::nullopt;
    return PlaceOf(At(issue).comments, issue, id);
  }
  std::optional<ChildPlace> FindWorklog(std::int64_t id) const override {
    const std::int64_t issue = World::IssueOfChild(id);
    if (issue < 0 || issue >= world_.issue_count()) return std::nullopt;
    return PlaceOf(At(issue).worklogs, issue, id);
  }

  std::vector<WorklogChange> WorklogsSince(EpochMs since, std::size_t limit) const override {
    std::vector<WorklogChange> changes;
    const auto older = [](const WorklogChange& a, const WorklogChange& b) {
      return a.updated != b.updated ? a.updated < b.updated : a.id < b.id;
    };
    const auto keep_first = [&] {
      std::sort(changes.begin(), changes.end(), older);
      if (changes.size() > limit) changes.resize(limit);
    };
    Issue issue;
    for (std::int64_t i = 0; i < world_.issue_count(); ++i) {
      if (world_.HeadAt(i).updated < since) continue;
      world_.IssueAt(i, issue);
      for (const Worklog& worklog : issue.worklogs) {
        if (worklog.updated >= since) changes.push_back({worklog.id, worklog.updated});
      }
      if (changes.size() > 4 * limit) keep_first();
    }
    keep_first();
    return changes;
  }

 private:
  static void FillHead(const IssueHead& head, IssueFacts& facts) {
    facts.position = head.index;
    facts.id = head.id;
    facts.project = head.project;
    facts.type = TypeItem(head.project, head.type);
    facts.number = head.number;
    facts.created = head.created;
    facts.updated = head.updated;
  }

  const JiraPieces& PiecesOf(Dialect dialect) const {
    return pieces_[static_cast<std::size_t>(dialect)];
  }
  Issue At(std::int64_t position) const {
    Issue issue;
    world_.IssueAt(position, issue);
    return issue;
  }

  World world_;
  std::array<JiraPieces, kDialectCount> pieces_;
};

}  // namespace

std::unique_ptr<JiraSource> NewWorldJiraSource(const WorldOptions& options) {
  return std::make_unique<WorldJiraSource>(options);
}

}  // namespace pulse::simulate
