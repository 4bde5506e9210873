#pragma once

/// \file
/// IssueFields: an issue's `fields`, gathered in one pass. A real issue has 60 to 200 of them, and
/// looking up forty by name one after the other would cost more than everything else.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pulse/source/json_page.h"

namespace pulse::source::jira {

/// The system fields we read, in the order of their names in issue_fields.cc.
enum class Field : unsigned char {
  kAssignee,
  kClosedSprints,
  kComment,
  kComponents,
  kCreated,
  kCreator,
  kDescription,
  kDueDate,
  kEnvironment,
  kEpic,
  kFixVersions,
  kFlagged,
  kIssueLinks,
  kIssueType,
  kLabels,
  kParent,
  kPriority,
  kProject,
  kReporter,
  kResolution,
  kResolutionDate,
  kSprint,
  kStatus,
  kSubtasks,
  kSummary,
  kTimeEstimate,
  kTimeOriginalEstimate,
  kTimeSpent,
  kTimeTracking,
  kUpdated,
  kVersions,
  kWorklog,
  kCount
};

class IssueFields {
 public:
  struct Custom {
    std::string_view id;
    Value value;
  };

  /// Views into `fields`. May be called again for the next issue; keeps its memory.
  void Read(Value fields);

  Value operator[](Field field) const { return values_[static_cast<std::size_t>(field)]; }
  const std::vector<Custom>& custom() const { return custom_; }
  /// Absent when the issue has no such custom field.
  Value Find(std::string_view custom_id) const;

  /// The first field that is neither absent, null nor of the type Jira documents: its name and
  /// what it should have been ("summary", "not_a_text").
  std::optional<std::pair<std::string_view, std::string_view>> WrongType() const;

 private:
  std::array<Value, static_cast<std::size_t>(Field::kCount)> values_;
  std::vector<Custom> custom_;
};

}  // namespace pulse::source::jira
