#pragma once

/// \file
/// Atlassian Document Format to plain text, for descriptions, comments and worklogs of Jira Cloud.

#include <string>

#include "pulse/source/json_page.h"

namespace pulse::source::jira {

/// The document's words in reading order, one line per block, nothing for marks and layout. Unknown
/// nodes are walked through. Nesting below 100 levels and text beyond 1 MiB are left out (Jira
/// itself stops at 32,767 characters).
std::string AdfToText(Value document);

}  // namespace pulse::source::jira
