#pragma once

/// \file
/// Shapes of real Jira payloads that tell what a custom field is, without its catalogue.

#include <string>
#include <string_view>
#include <vector>

namespace pulse::simulate {

/// One sprint as an issue carries it: an object (Cloud) or a toString text (Data Center).
struct SeenSprint {
  std::string id;
  std::string name;
  std::string state;  ///< Lower case.
  std::string board_id;
  std::string json;  ///< As the agile API would give it.
};

/// The sprints in a raw field value: an object, an array of objects or of toString texts. Empty
/// when it holds anything else.
std::vector<SeenSprint> SprintsIn(std::string_view raw);

bool LooksLikeIssueKey(std::string_view raw);  ///< A JSON text like "PAY-12".
bool LooksLikeNumber(std::string_view raw);

}  // namespace pulse::simulate
