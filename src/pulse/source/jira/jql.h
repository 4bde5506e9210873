#pragma once

/// \file
/// The JQL of an issue search.
///
/// Bounds are unquoted epoch milliseconds: quoted dates have minute precision and are read in the
/// account's own time zone. There is no upper bound but that of a backfill, which lies in the past:
/// with one that moves along, an issue that changes all the time is never seen. Order is by
/// creation, which never changes, so pages do not shift.

#include <string>
#include <string_view>

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

/// Everything in the integration's scope, updated since context.since, and matching the job's own
/// query, if any. Always bounded, as /search/jql demands.
std::string BoundedJql(const FetchRequest& request, const SyncContext& context);

/// The same in the order of reading.
std::string SweepJql(const FetchRequest& request, const SyncContext& context);

/// The part of a query before its own ORDER BY (outside quotes, in any case).
std::string_view WithoutOrder(std::string_view jql);

}  // namespace pulse::source::jira
