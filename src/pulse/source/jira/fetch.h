#pragma once

/// \file
/// Fetch: one extract step, see Connector::Fetch.
///
/// A job's root step (params "{}") asks who the server is, reads the field catalogue and emits the
/// first step of every entity type that was asked for; it also announces the proven window. Later
/// steps carry a SyncContext and say in their params what they do.

#include <string>
#include <tuple>
#include <vector>

#include "pulse/base/recent.h"
#include "pulse/source/jira/field_mapping.h"
#include "pulse/source/jira/server_info.h"
#include "pulse/source/source.h"

namespace pulse::source::jira {

/// Names of Connector::scope_keys().
inline constexpr std::string_view kProjectScope = "project";
inline constexpr std::string_view kStoryPointsScope = "story_points";

/// What a job asks of a site before it asks for issues.
struct Site {
  ServerInfo server;
  FieldMapping mapping;
};
/// Sites asked a moment ago. Only small jobs take their word, those with a query of their own: one
/// issue then costs one call. A field that is new to the site is known to them that much later.
using RecentSites = Recent<std::tuple<TenantId, IntegrationId, std::string>, Site>;

/// Thread-safe.
Result<Fetched> FetchStep(const FetchRequest& request, Transport& transport, RecentSites& recent);

}  // namespace pulse::source::jira
