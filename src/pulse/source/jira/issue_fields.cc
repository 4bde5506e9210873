#include "pulse/source/jira/issue_fields.h"

#include <algorithm>

namespace pulse::source::jira {
namespace {

enum class Shape : unsigned char { kText, kObject, kArray, kNumber, kTextOrObject, kAny };

struct Known {
  std::string_view name;
  Shape shape;
};

/// Sorted by name; the position is the Field.
constexpr std::array<Known, static_cast<std::size_t>(Field::kCount)> kKnown = {{
    {"assignee", Shape::kObject},
    {"closedSprints", Shape::kArray},
    {"comment", Shape::kObject},
    {"components", Shape::kArray},
    {"created", Shape::kAny},
    {"creator", Shape::kObject},
    {"description", Shape::kTextOrObject},
    {"duedate", Shape::kText},
    {"environment", Shape::kTextOrObject},
    {"epic", Shape::kAny},
    {"fixVersions", Shape::kArray},
    {"flagged", Shape::kAny},
    {"issuelinks", Shape::kArray},
    {"issuetype", Shape::kObject},
    {"labels", Shape::kArray},
    {"parent", Shape::kObject},
    {"priority", Shape::kObject},
    {"project", Shape::kObject},
    {"reporter", Shape::kObject},
    {"resolution", Shape::kObject},
    {"resolutiondate", Shape::kAny},
    {"sprint", Shape::kAny},
    {"status", Shape::kObject},
    {"subtasks", Shape::kArray},
    {"summary", Shape::kText},
    {"timeestimate", Shape::kNumber},
    {"timeoriginalestimate", Shape::kNumber},
    {"timespent", Shape::kNumber},
    {"timetracking", Shape::kObject},
    {"updated", Shape::kAny},
    {"versions", Shape::kArray},
    {"worklog", Shape::kObject},
}};

constexpr bool IsSorted() {
  for (std::size_t i = 1; i < kKnown.size(); ++i) {
    if (!(kKnown[i - 1].name < kKnown[i].name)) return false;
  }
  return true;
}
static_assert(IsSorted());

bool Fits(Value value, Shape shape) {
  switch (shape) {
    case Shape::kText:
      return value.is_text();
    case Shape::kObject:
      return value.is_object();
    case Shape::kArray:
      return value.is_array();
    case Shape::kNumber:
      return value.is_number();
    case Shape::kTextOrObject:
      return value.is_text() || value.is_object();
    case Shape::kAny:
      return true;
  }
  return true;
}

std::string_view Complaint(Shape shape) {
  switch (shape) {
    case Shape::kText:
      return "not_a_text";
    case Shape::kObject:
      return "not_an_object";
    case Shape::kArray:
      return "not_an_array";
    case Shape::kNumber:
      return "not_a_number";
    case Shape::kTextOrObject:
      return "not_a_text_or_document";
    case Shape::kAny:
      break;
  }
  return "";
}

}  // namespace

void IssueFields::Read(Value fields) {
  values_.fill(Value());
  custom_.clear();
  fields.ForEachField([&](std::string_view key, Value value) {
    if (key.starts_with("customfield_")) {
      custom_.push_back({key, value});
      return;
    }
    const auto* known =
        std::lower_bound(kKnown.begin(), kKnown.end(), key, [](const Known& a, std::string_view b) {
          return a.name < b;
        });
    if (known != kKnown.end() && known->name == key) {
      values_[static_cast<std::size_t>(known - kKnown.begin())] = value;
    }
  });
}

Value IssueFields::Find(std::string_view custom_id) const {
  for (const Custom& field : custom_) {
    if (field.id == custom_id) return field.value;
  }
  return {};
}

std::optional<std::pair<std::string_view, std::string_view>> IssueFields::WrongType() const {
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    if (values_[i].has_value() && !Fits(values_[i], kKnown[i].shape)) {
      return std::pair{kKnown[i].name, Complaint(kKnown[i].shape)};
    }
  }
  return std::nullopt;
}

}  // namespace pulse::source::jira
