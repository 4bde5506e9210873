#pragma once

/// \file
/// Issues that a pull request's description says it closes, by GitHub's own keywords.

#include <string>
#include <string_view>
#include <vector>

namespace pulse::source::github {

/// `close[sd]`, `fix[es|ed]`, `resolve[sd]` in any case, an optional colon, white space, then `#7`,
/// `owner/repo#7` or the address of an issue. Answers `owner/repo#7` each, in order, without
/// repeats; `#7` means an issue of `repository`.
/// https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
std::vector<std::string> ClosedIssues(std::string_view body, std::string_view repository);

}  // namespace pulse::source::github
