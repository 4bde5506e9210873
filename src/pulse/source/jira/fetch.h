#pragma once

/// \file
/// Fetch: one extract step, see Connector::Fetch.
///
/// A job's root step (params "{}") asks who the server is, reads the field catalogue and emits the
/// first step of every entity type that was asked for; it also announces the proven window. Later
/// steps carry a SyncContext and say in their params what they do.

#include <string>
#include <vector>

#include "pulse/source/source.h"

namespace pulse::source::jira {

/// Names of Connector::scope_keys().
inline constexpr std::string_view kProjectScope = "project";
inline constexpr std::string_view kStoryPointsScope = "story_points";

Result<Fetched> FetchStep(const FetchRequest& request, Transport& transport);

}  // namespace pulse::source::jira
