#pragma once

/// \file
/// Model: what the simulated GitHub knows, in the form both of its APIs are answered from.
///
/// The same structs are filled from the generated world (github_world.h) and from payload files
/// (github_files.h). An empty optional is something a payload did not say; it is answered with
/// null even where GitHub's schema promises a value, because inventing one would hide the hole.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/time.h"

namespace pulse::simulate::github {

using Count = std::optional<std::int64_t>;
using Instant = std::optional<EpochMs>;

/// Who did something. A deleted account is a null pointer wherever an Actor is pointed to.
struct Actor {
  std::string type = "User";  ///< User | Bot | Organization | Mannequin | Team.
  std::string login;          ///< The slug of a team.
  std::int64_t id = 0;
  std::string node_id;
  std::string name;
  std::string email;
  std::string rest;  ///< Its REST form, where it was made beforehand because it is written often.
};

struct Label {
  std::int64_t id = 0;
  std::string node_id;
  std::string name;
  std::string color;
  std::optional<std::string> description;
};

struct Milestone {
  std::int64_t id = 0;
  std::string node_id;
  std::int64_t number = 0;
  std::string title;
  std::string state;  ///< open | closed.
  Instant due_on;
  Instant created;
  Instant updated;
};

struct Repository {
  int index = 0;  ///< Position in Data::repositories().
  std::int64_t id = 0;
  std::string node_id;
  std::string name;
  std::string full_name;
  std::string url;  ///< Where a person opens it.
  const Actor* owner = nullptr;
  std::optional<std::string> description;
  std::optional<std::string> language;
  std::string default_branch;
  std::string head_oid;
  std::string visibility = "public";  ///< public | private | internal.
  bool archived = false;
  bool disabled = false;
  bool fork = false;
  bool is_template = false;
  Instant created;
  Instant updated;
  Instant pushed;
  Count disk_kib;
  Count stars;
  Count forks;
  std::vector<std::string> topics;
  bool generated = false;                 ///< Nothing about it is unknown.
  const std::string* verbatim = nullptr;  ///< REST payload as given in a file.
};

enum class PullState : unsigned char { kOpen, kClosed, kMerged };

/// The cheap part of a pull request: enough to sort, filter and page.
struct PullHead {
  std::int64_t number = 0;
  PullState state = PullState::kOpen;
  EpochMs created = 0;
  EpochMs updated = 0;
};

struct IssueReference {
  std::int64_t number = 0;
  const Repository* repository = nullptr;
};

/// How a record is broken on purpose (fault `bad-record`).
enum class Breakage : unsigned char {
  kNone,
  kBadTime,
  kNoTitle,
  kNumberIsObject,
  kUpdatedIsNumber,
  kNoId,
  kInvalidUtf8,
  kLoneSurrogate,
  kHugeNumber,
  kDeepNesting,
};
inline constexpr int kBreakageCount = 10;

struct PullRequest : PullHead {
  const Repository* repository = nullptr;
  std::int64_t id = 0;
  std::string node_id;
  std::string url;
  std::optional<std::string> title;
  std::optional<std::string> body;
  std::optional<bool> draft;
  bool merged = false;
  std::optional<bool> locked;
  Instant created_at;  ///< As `created`, but empty where the payload's is no time.
  Instant updated_at;
  Instant closed_at;
  Instant merged_at;
  const Actor* author = nullptr;
  std::string association;
  const Actor* merged_by = nullptr;
  std::string base_ref;
  std::string base_oid;
  std::string head_ref;
  std::string head_oid;
  std::optional<std::string> head_repository;  ///< owner/name; empty when the fork is gone.
  Count additions;
  Count deletions;
  Count changed_files;
  Count commits;
  Count comments;
  Count review_comments;
  std::optional<std::string> review_decision;
  std::string merge_oid;  ///< Of an unmerged pull request: GitHub's test merge. May be empty.
  const Milestone* milestone = nullptr;
  std::vector<const Label*> labels;
  std::vector<const Actor*> assignees;
  std::vector<const Actor*> requested;  ///< Users and teams.
  std::vector<IssueReference> closes;
  Breakage breakage = Breakage::kNone;
  const std::string* verbatim = nullptr;
};

struct GitActor {
  std::string name;
  std::string email;
  const Actor* user = nullptr;  ///< Null: the address belongs to no account.
};

struct Commit {
  const Repository* repository = nullptr;
  std::string oid;
  std::string message;
  Instant authored;
  Instant committed;
  GitActor author;
  GitActor committer;
  Count additions;
  Count deletions;
  Count changed_files;
  std::string parent_oid;
  const std::string* verbatim = nullptr;
};

struct Review {
  std::int64_t id = 0;
  std::string node_id;
  std::string state;  ///< APPROVED | CHANGES_REQUESTED | COMMENTED | DISMISSED | PENDING.
  std::optional<std::string> body;
  Instant submitted;  ///< A pending review has none.
  Instant created;
  const Actor* author = nullptr;
  std::string association;
  std::string commit_oid;
  Count comments;
  std::int64_t pull_number = 0;
  const Repository* repository = nullptr;
  const std::string* verbatim = nullptr;
};

/// A comment of either kind; the second half is empty on the conversation's own.
struct Comment {
  std::int64_t id = 0;
  std::string node_id;
  std::optional<std::string> body;
  Instant created;
  Instant updated;
  const Actor* author = nullptr;
  std::string association;
  std::int64_t pull_number = 0;
  const Repository* repository = nullptr;
  const std::string* verbatim = nullptr;

  std::string path;
  Count line;
  Count original_line;
  std::string diff_hunk;
  std::string commit_oid;
  std::string original_oid;
  std::int64_t review_id = 0;  ///< 0: unknown.
  std::int64_t reply_to = 0;   ///< Comment id; 0: starts its thread.
  std::string reply_to_node;
};

struct Thread {
  std::string node_id;
  bool resolved = false;
  bool outdated = false;
  std::string path;
  Count line;
  const Actor* resolved_by = nullptr;
  std::int64_t first = 0;  ///< Position of the thread's first comment among the review comments.
  std::int64_t count = 0;  ///< Its comments follow each other.
  PullHead pull;
  const Repository* repository = nullptr;
};

struct DeploymentStatus {
  std::int64_t id = 0;
  std::string node_id;
  std::string state;  ///< Upper case.
  EpochMs created = 0;
  const Actor* creator = nullptr;
  std::string environment;
  std::string log_url;
};

struct Deployment {
  std::int64_t id = 0;
  std::string node_id;
  std::string oid;
  std::string ref;
  std::string environment;
  std::string original_environment;
  std::string description;
  std::string state;  ///< Upper case, GraphQL's DeploymentState.
  EpochMs created = 0;
  EpochMs updated = 0;
  const Actor* creator = nullptr;
  std::vector<DeploymentStatus> statuses;  ///< Newest first, as the APIs list them.
};

struct Release {
  std::int64_t id = 0;
  std::string node_id;
  std::string tag;
  std::string name;
  std::string body;
  bool draft = false;
  bool prerelease = false;
  bool latest = false;
  EpochMs created = 0;
  Instant published;
  const Actor* author = nullptr;
  std::string oid;
};

/// When a comment of a feed happened, without its text.
struct CommentHead {
  EpochMs created = 0;
  EpochMs updated = 0;
};

}  // namespace pulse::simulate::github
