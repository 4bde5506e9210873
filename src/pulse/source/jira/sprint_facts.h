#pragma once

/// \file
/// Sprints as they appear inside issues: an object (Cloud), or the text Java's toString made of one
/// (Data Center).

#include <optional>
#include <string>
#include <string_view>

#include "pulse/source/json_page.h"

namespace pulse::source::jira {

/// Views into the value it was read from; nothing where the source says nothing.
struct SprintFacts {
  std::string id;
  std::optional<std::string_view> name;
  std::optional<std::string_view> state;
  std::optional<std::string_view> goal;
  std::string board;
  std::optional<std::string_view> starts;
  std::optional<std::string_view> ends;
  std::optional<std::string_view> completed;
  std::optional<std::string_view> created;

  bool is_active() const;
};

/// Nothing when `value` is no sprint in either form (it has no id).
std::optional<SprintFacts> ReadSprint(Value value);

/// `com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,rapidViewId=8,state=CLOSED,name=…]`.
/// Values may hold commas and brackets; a value ends where the next known key begins.
std::optional<SprintFacts> ParseSprintText(std::string_view text);

/// Whether a custom field's value, by its shape alone, is a list of sprints.
bool LooksLikeSprints(Value value);

}  // namespace pulse::source::jira
