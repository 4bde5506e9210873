#pragma once

/// \file
/// FieldMapping: which custom fields of one Jira hold the sprint, the estimate, the epic … They are
/// found by the type in the field catalogue, never by name (names are translated and not unique).

#include <string>
#include <string_view>
#include <vector>

#include "pulse/source/json_page.h"

namespace pulse::source::jira {

/// Field ids, most telling first. Travels in step params and raw requests as JSON.
struct FieldMapping {
  std::vector<std::string> sprint;
  std::vector<std::string> story_points;
  std::vector<std::string> epic_link;
  std::vector<std::string> parent_link;
  std::vector<std::string> flagged;

  /// The ids every Jira Cloud site is born with: for payloads that come without a catalogue.
  static FieldMapping CloudDefaults();
  /// From `GET /field` (an array of fields).
  static FieldMapping FromCatalogue(Value fields);
  /// From ToJson(); CloudDefaults() when `json` is no object.
  static FieldMapping FromJson(Value json);
  std::string ToJson() const;
};

/// sprint | story_points | epic_link | parent_link | flagged, or empty: what a catalogue entry says
/// its field is for.
std::string_view RoleOf(Value field);

}  // namespace pulse::source::jira
