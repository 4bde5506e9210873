#pragma once

/// \file
/// github_repositories, github_deployments, github_releases: one primary row per record.

#include <string_view>

#include "pulse/source/github/page.h"

namespace pulse::source::github {

void TransformRepositories(std::string_view body, const PageContext& context, PageSink& sink);
void TransformDeployments(std::string_view body, const PageContext& context, PageSink& sink);
void TransformReleases(std::string_view body, const PageContext& context, PageSink& sink);

}  // namespace pulse::source::github
