#pragma once

/// \file
/// github_prs: pull requests of either API.

#include <string_view>

#include "pulse/source/github/page.h"

namespace pulse::source::github {

/// One record per pull request: its row, issue links and, from GraphQL, its children. Version: its
/// own updated time. Commits and reviews are marked complete when the page holds all of them;
/// links when it holds all commits too.
void TransformPrs(std::string_view body, const PageContext& context, PageSink& sink);

}  // namespace pulse::source::github
