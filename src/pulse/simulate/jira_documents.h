#pragma once

/// \file
/// Documents of the world as Jira serves them: ADF (REST v3) and wiki markup (v2, Data Center).

#include <string>
#include <vector>

#include "pulse/simulate/world_text.h"

namespace pulse::simulate {

/// The names a mention needs, by person index.
struct Mentionable {
  std::string account_id;
  std::string user_name;
  std::string display_name;
};

/// Appends the document as an ADF object; null when it is empty. `awkward` is woven into the first
/// paragraph.
void AppendAdf(
    std::string& out,
    const Document& document,
    Awkward awkward,
    const std::vector<Mentionable>& people
);

/// Appends the document as a JSON string of wiki markup; null when it is empty.
void AppendWiki(
    std::string& out,
    const Document& document,
    Awkward awkward,
    const std::vector<Mentionable>& people
);

}  // namespace pulse::simulate
