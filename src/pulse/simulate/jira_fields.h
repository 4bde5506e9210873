#pragma once

/// \file
/// The issue fields of a generated Jira world, and a request's choice among fields.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::simulate {

/// In the order they are written.
enum class JiraField : unsigned char {
  kSummary,
  kIssueType,
  kProject,
  kStatus,
  kStatusCategoryChanged,
  kPriority,
  kResolution,
  kResolutionDate,
  kCreated,
  kUpdated,
  kDueDate,
  kAssignee,
  kReporter,
  kCreator,
  kLabelSet,
  kComponents,
  kFixVersions,
  kVersions,
  kParent,
  kSubtasks,
  kIssueLinks,
  kDescription,
  kEnvironment,
  kTimeSpent,
  kTimeEstimate,
  kWorkRatio,
  kVotes,
  kWatches,
  kEpicLink,
  kStoryPoints,
  kRank,
  kSprint,
  kFlagged,
  kComment,
  kWorklog,
};
inline constexpr std::size_t kJiraFieldCount = 35;

struct JiraFieldInfo {
  std::string_view id;
  std::string_view name;
  bool navigable;           ///< Part of `*navigable`.
  std::string_view schema;  ///< JSON of the field's schema.
  bool custom = false;
};
const std::array<JiraFieldInfo, kJiraFieldCount>& JiraFields() noexcept;

/// What `fields` asks for: names, `*all`, `*navigable`, `-name`.
class FieldChoice {
 public:
  /// `names` as the request lists them, still with their signs.
  explicit FieldChoice(const std::vector<std::string>& names);

  /// Of a generated world's field.
  bool Wants(JiraField field) const noexcept {
    return ((mask_ >> static_cast<unsigned>(field)) & 1) != 0;
  }
  /// Of any field by its id.
  bool Wants(std::string_view id) const noexcept;
  /// Every field there is, nothing taken away: the payload can be served as it is.
  bool everything() const noexcept { return all_ && excluded_.empty(); }
  /// No field at all, only `id` or `key`: such a page may hold 5,000 issues.
  bool only_identity() const noexcept { return only_identity_; }
  bool wants_key() const noexcept { return wants_key_; }

 private:
  bool all_ = false;
  bool navigable_ = false;
  bool only_identity_ = true;
  bool wants_key_ = false;
  std::vector<std::string> included_;
  std::vector<std::string> excluded_;
  std::uint64_t mask_ = 0;
};

}  // namespace pulse::simulate
