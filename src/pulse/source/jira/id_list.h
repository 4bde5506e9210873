#pragma once

/// \file
/// Issue ids as one text, `10001,10002`: the form they travel in.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::source::jira {

std::string JoinIds(std::span<const std::string> ids);
/// The opposite; no ids for an empty text.
std::vector<std::string> SplitIds(std::string_view joined);

}  // namespace pulse::source::jira
