#pragma once

/// \file
/// World: a believable engineering organisation, computed instead of stored.
///
/// Everything is a pure function of (seed, index): no state, O(1) memory, thread-safe, and the same
/// in every run. Two worlds of different seeds have the same ids, keys, logins and counts but
/// different people, texts and histories: as two tenants of a product do, they collide.
///
/// Issues are numbered 0 .. issues-1 in the order of their creation (`created` strictly ascends
/// with the index), so a reader can page through any world without sorting it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/time.h"
#include "pulse/simulate/random.h"

namespace pulse::simulate {

/// 2026-10-01T00:00:00Z: nothing in a world happens after its clock, and this default is fixed so
/// that two runs on different days serve the same bytes.
inline constexpr EpochMs kDefaultWorldNow = 1790812800000;
inline constexpr EpochMs kMinuteMs = 60'000;
inline constexpr EpochMs kHourMs = 60 * kMinuteMs;
inline constexpr EpochMs kDayMs = 24 * kHourMs;

struct WorldOptions {
  std::uint64_t seed = 1;
  std::int64_t issues = 1000;
  EpochMs now = kDefaultWorldNow;
};

// --- People ------------------------------------------------------------------------------------

struct Person {
  int index = 0;
  std::string display_name;
  std::string account_id;    ///< Jira Cloud; the same in every world.
  std::string user_key;      ///< Jira Data Center: `JIRAUSER10012`.
  std::string user_name;     ///< Jira Data Center: `mnovak12`.
  std::string github_login;  ///< The same in every world.
  std::string email;
  bool email_hidden = false;  ///< Jira Cloud leaves emailAddress out.
  bool active = true;
  std::string_view time_zone;
};

// --- Projects, boards, sprints -----------------------------------------------------------------

inline constexpr int kProjectCount = 6;
inline constexpr int kStatusCount = 5;
inline constexpr int kComponentCount = 4;  ///< Per project.
inline constexpr int kLabelCount = 12;

enum class BoardKind : unsigned char { kScrum, kKanban };

struct Project {
  int index = 0;
  std::int64_t id = 0;
  std::string_view key;  ///< PAY, OPS, WEB, DATA, IOS, LAB.
  std::string_view name;
  BoardKind board = BoardKind::kScrum;
  /// A team-managed project has status and issue type ids of its own, and localised status names.
  bool team_managed = false;
  std::array<std::string_view, kComponentCount> components{};
};

enum class SprintState : unsigned char { kClosed, kActive, kFuture };

/// Two weeks, Monday to Monday. `number` counts from 0 at the start of the world.
struct Sprint {
  int project = 0;
  int number = 0;
  std::int64_t id = 0;
  std::int64_t board_id = 0;
  SprintState state = SprintState::kClosed;
  EpochMs start = 0;
  EpochMs end = 0;
  EpochMs complete = 0;  ///< 0: not closed.
};

// --- Issues ------------------------------------------------------------------------------------

enum class IssueType : unsigned char { kEpic, kStory, kTask, kBug, kSubtask };
enum class Status : unsigned char { kToDo, kInProgress, kInReview, kBlocked, kDone };
enum class Category : unsigned char { kNew, kIndeterminate, kDone };

constexpr Category CategoryOf(Status status) noexcept {
  if (status == Status::kToDo) return Category::kNew;
  return status == Status::kDone ? Category::kDone : Category::kIndeterminate;
}

/// True when the workflow has a transition from one to the other.
bool IsTransition(Status from, Status to) noexcept;

inline constexpr int kNobody = -1;
inline constexpr int kNoSprint = -1;

/// Sprint numbers `first..last` of the issue's project; empty when first is kNoSprint.
struct SprintRange {
  int first = kNoSprint;
  int last = kNoSprint;
  bool operator==(const SprintRange&) const = default;
};

/// What a change can change; the state of an issue is exactly these.
struct IssueState {
  Status status = Status::kToDo;
  int resolution = -1;  ///< Index into kResolutions; -1: unresolved.
  int assignee = kNobody;
  int priority = 2;  ///< Index into kPriorities.
  int points = -1;   ///< Story points; -1: not estimated.
  SprintRange sprints;
  std::uint32_t labels = 0;  ///< Bit n: kLabels[n].
  bool flagged = false;
  bool operator==(const IssueState&) const = default;
};

enum class ChangedField : unsigned char {
  kStatus,
  kResolution,
  kAssignee,
  kPriority,
  kPoints,
  kSprint,
  kLabels,
  kFlagged,
  kDescription,  ///< Noise: no part of IssueState.
  kRank,         ///< Noise, as Jira writes it on every board move.
};

/// One history entry: one or two fields at one moment by one person.
struct History {
  std::int64_t id = 0;  ///< Ascends with time inside one issue.
  EpochMs at = 0;
  int author = 0;
  int field_count = 1;
  std::array<ChangedField, 2> fields{};
  IssueState before;
  IssueState after;
};

struct Comment {
  std::int64_t id = 0;
  int author = 0;
  EpochMs created = 0;
  EpochMs updated = 0;
  std::uint64_t text_seed = 0;
};

struct Worklog {
  std::int64_t id = 0;
  int author = 0;
  EpochMs started = 0;
  EpochMs created = 0;
  EpochMs updated = 0;
  int seconds = 0;
  std::uint64_t text_seed = 0;
};

enum class LinkSide : unsigned char { kOutward, kInward };

struct Link {
  std::int64_t id = 0;                 ///< The same seen from both ends.
  int type = 0;                        ///< Index into kLinkTypes.
  LinkSide side = LinkSide::kOutward;  ///< What the other issue is to this one.
  std::int64_t other = 0;              ///< Index of the other issue.
};

/// The cheap part of an issue: about 20 ns, enough to filter and to page.
struct IssueHead {
  std::int64_t index = 0;
  std::int64_t id = 0;
  int project = 0;
  std::int64_t number = 0;  ///< The 123 of PAY-123.
  IssueType type = IssueType::kTask;
  EpochMs created = 0;
  EpochMs updated = 0;
};

/// A complete issue. Reuse one object for many calls: its vectors keep their memory.
struct Issue : IssueHead {
  int reporter = 0;
  int creator = 0;
  std::int64_t parent = -1;        ///< Index of the epic or, for a subtask, of the story; -1: none.
  std::int64_t epic = -1;          ///< Index of the epic, also through the story; -1: none.
  int component = -1;              ///< Index into the project's components; -1: none.
  int fix_version = -1;            ///< Version number of the project; -1: none.
  EpochMs due = 0;                 ///< A day; 0: none.
  EpochMs resolved = 0;            ///< 0: no resolution date.
  IssueState initial;              ///< When it was created.
  IssueState state;                ///< Now: initial with every history applied.
  std::vector<History> histories;  ///< Oldest first.
  std::vector<Comment> comments;   ///< Oldest first.
  std::vector<Worklog> worklogs;   ///< Oldest first.
  std::vector<Link> links;
  std::vector<std::int64_t> subtasks;  ///< Indexes.
  std::uint64_t text_seed = 0;
};

struct LinkType {
  int id;
  std::string_view name;
  std::string_view inward;
  std::string_view outward;
};

inline constexpr std::array<std::string_view, 5> kPriorities = {
    "Highest", "High", "Medium", "Low", "Lowest"
};
inline constexpr std::array<std::string_view, 4> kResolutions = {
    "Done", "Won't Do", "Duplicate", "Cannot Reproduce"
};
inline constexpr std::array<std::string_view, kLabelCount> kLabels = {
    "backend",
    "frontend",
    "flaky-test",
    "incident",
    "latency",
    "mobile",
    "performance",
    "refactor",
    "regression",
    "security",
    "tech-debt",
    "ux"
};
inline constexpr std::array<LinkType, 4> kLinkTypes = {{
    {10000, "Blocks", "is blocked by", "blocks"},
    {10001, "Cloners", "is cloned by", "clones"},
    {10002, "Duplicate", "is duplicated by", "duplicates"},
    {10003, "Relates", "relates to", "relates to"},
}};

/// A simulated organisation. Copyable and small; every member function is thread-safe.
class World {
 public:
  explicit World(WorldOptions options);

  std::uint64_t seed() const noexcept { return options_.seed; }
  EpochMs now() const noexcept { return options_.now; }
  EpochMs start() const noexcept { return start_; }  ///< The first issue is made after this.
  std::int64_t issue_count() const noexcept { return options_.issues; }

  int person_count() const noexcept { return person_count_; }  ///< 40 + issues / 500.
  Person PersonAt(int index) const;

  static const Project& ProjectAt(int index);
  /// Versions are numbered from 0; one per quarter, named `PAY 2024.3`.
  int version_count() const noexcept { return version_count_; }
  std::string VersionName(int project, int version) const;
  EpochMs VersionReleasedAt(int version) const noexcept;

  int sprint_count() const noexcept { return sprint_count_; }  ///< Per scrum project.
  /// `number` in 0 .. sprint_count()-1; the project must have a scrum board.
  Sprint SprintAt(int project, int number) const noexcept;
  /// Of a sprint id; nothing when there is none.
  std::optional<Sprint> FindSprint(std::int64_t id) const noexcept;

  IssueHead HeadAt(std::int64_t index) const noexcept;
  /// Everything about the issue, into `issue` (whatever it held is replaced).
  void IssueAt(std::int64_t index, Issue& issue) const;

  static std::int64_t IssueId(std::int64_t index) noexcept;
  static std::string IssueKey(std::int64_t index);  ///< `PAY-123`; the same in every world.
  /// Index of the `number`-th issue of a project (from 1), whether or not the world goes that far.
  static std::int64_t IndexOf(int project, std::int64_t number) noexcept;
  std::optional<std::int64_t> FindIssue(std::int64_t id) const noexcept;
  std::optional<std::int64_t> FindIssueKey(std::string_view key) const noexcept;

  /// The issue a comment or worklog id belongs to, and its position there; existence is not
  /// checked.
  static std::int64_t IssueOfChild(std::int64_t child_id) noexcept;

 private:
  EpochMs CreatedAt(std::int64_t index) const noexcept;
  void FillPlace(Issue& issue) const;
  void FillHistories(Issue& issue) const;
  void FillConversation(Issue& issue) const;
  void FillLinks(Issue& issue) const;

  WorldOptions options_;
  EpochMs start_;
  EpochMs step_;  ///< Between two creations.
  EpochMs first_sprint_;
  int person_count_;
  int sprint_count_;
  int version_count_;
};

}  // namespace pulse::simulate
