#pragma once

/// \file
/// JiraSource: where the Jira simulator's records come from. Backends: the generated world
/// (jira_world_source.h) and payload files (jira_file_source.h).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/time.h"
#include "pulse/simulate/jira_fields.h"
#include "pulse/simulate/world.h"

namespace pulse::simulate {

/// The forms one record is served in.
enum class Dialect : unsigned char {
  kCloudV3,     ///< Texts as ADF.
  kCloudV2,     ///< The same site, texts as wiki markup; also the agile and software paths.
  kDataCenter,  ///< Wiki markup, users by name and key, sprints as toString texts.
};
inline constexpr std::size_t kDialectCount = 3;

/// Reference data of a site.
enum class ItemKind : unsigned char {
  kProject,
  kIssueType,
  kStatus,
  kPriority,
  kResolution,
  kLinkType,
  kField,
  kBoard,
  kSprint,
  kUser,
  kVersion,
};
inline constexpr std::size_t kItemKindCount = 11;

struct Item {
  std::string id;
  std::string key;  ///< Project key, user name; empty for others.
  std::string name;
  std::int64_t owner = -1;  ///< Position of the project (boards, versions, scoped types and
                            ///< statuses) or the board id (sprints); -1: the whole site.
  std::string group;        ///< Status: category key; sprint: state; board: scrum or kanban.
  std::string json;         ///< As the reference endpoints give it.
};

/// All reference data in one dialect.
struct Catalogue {
  std::array<std::vector<Item>, kItemKindCount> items;

  const std::vector<Item>& of(ItemKind kind) const { return items[static_cast<std::size_t>(kind)]; }
  std::vector<Item>& of(ItemKind kind) { return items[static_cast<std::size_t>(kind)]; }
};

/// What JQL can ask about an issue.
struct IssueFacts {
  std::int64_t position = 0;
  std::int64_t id = 0;
  int project = 0;  ///< Position in the catalogue, as are type and status.
  int type = 0;
  std::int64_t number = 0;  ///< The 123 of PAY-123, to order by key.
  EpochMs created = 0;
  EpochMs updated = 0;
  // Only with Depth::kState:
  int status = 0;
  std::vector<std::int64_t> sprints;  ///< Ids.
};

enum class Depth : unsigned char { kHead, kState };

struct IssueView {
  Dialect dialect = Dialect::kCloudV3;
  const FieldChoice* fields = nullptr;
  bool changelog = false;  ///< expand=changelog.
};

/// How histories are written.
enum class HistoryForm : unsigned char {
  kText,    ///< `created` as text.
  kNumber,  ///< `created` as epoch milliseconds, as changelog/bulkfetch does.
};

/// A part of a child collection: elements [from, from + count) oldest first.
struct Slice {
  std::int64_t from = 0;
  std::int64_t count = 0;
};

/// What a record's visitors find of it.
enum class Presence : unsigned char {
  kShown,
  kUnindexed,  ///< Exists, but no search finds it unless it is named.
  kArchived,   ///< Answers by id and says so; no search finds it.
  kGone,       ///< Deleted or hidden: nobody can tell which.
};

/// Thread-safe and, but for what jira_edits.h changes, immutable. Positions 0 .. issue_count()-1
/// are in order of creation.
class JiraSource {
 public:
  virtual ~JiraSource() = default;

  virtual const Catalogue& catalogue(Dialect dialect) const = 0;
  virtual std::int64_t issue_count() const = 0;
  virtual void Facts(std::int64_t position, Depth depth, IssueFacts& facts) const = 0;
  /// By id (digits) or key.
  virtual std::optional<std::int64_t> Find(std::string_view id_or_key) const = 0;
  virtual std::string KeyOf(std::int64_t position) const = 0;

  /// Appends the issue as one JSON object.
  virtual void AppendIssue(std::string& out, std::int64_t position, const IssueView& view)
      const = 0;

  /// Children of one issue. Counts are of what the source has; appended elements are separated by
  /// commas, without brackets, and a slice beyond the end is cut short.
  virtual std::int64_t HistoryCount(std::int64_t position) const = 0;
  virtual void AppendHistories(
      std::string& out, std::int64_t position, Slice slice, Dialect dialect, HistoryForm form
  ) const = 0;
  virtual std::int64_t CommentCount(std::int64_t position) const = 0;
  virtual void AppendComments(std::string& out, std::int64_t position, Slice slice, Dialect dialect)
      const = 0;
  virtual std::int64_t WorklogCount(std::int64_t position) const = 0;
  virtual void AppendWorklogs(std::string& out, std::int64_t position, Slice slice, Dialect dialect)
      const = 0;

  /// The place of a comment or worklog by its id: the issue and the position in it.
  struct ChildPlace {
    std::int64_t issue = 0;
    std::int64_t position = 0;
  };
  virtual std::optional<ChildPlace> FindComment(std::int64_t id) const = 0;
  virtual std::optional<ChildPlace> FindWorklog(std::int64_t id) const = 0;

  struct WorklogChange {
    std::int64_t id = 0;
    EpochMs updated = 0;
  };
  /// The first `limit` worklogs updated at or after `since`, oldest first.
  virtual std::vector<WorklogChange> WorklogsSince(EpochMs since, std::size_t limit) const = 0;

  virtual Presence PresenceOf(std::int64_t /*position*/) const { return Presence::kShown; }
  /// `project` is its position in the catalogue; never kUnindexed.
  virtual Presence PresenceOfProject(int /*project*/) const { return Presence::kShown; }
};

/// `2023-06-24T19:24:50.000+0530`: Jira writes times in the zone of the account that asks, and the
/// simulator's account lives half an hour off every full one, so that zone mistakes show.
inline constexpr std::string_view kAccountZone = "Asia/Kolkata";
inline constexpr int kAccountZoneMinutes = 330;
void AppendJiraTime(std::string& out, EpochMs instant);

/// Without a trailing slash: `https://acme.atlassian.example/rest/api/3`. Never the simulator's own
/// address: links inside payloads must not be followed, and must not change with the port.
std::string_view SelfBase(Dialect dialect) noexcept;
std::string_view SiteBase(Dialect dialect) noexcept;

}  // namespace pulse::simulate
