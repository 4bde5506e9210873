#pragma once

/// \file
/// How Jira says no, and how much it says is left. API notes: rate limiting page of
/// developer.atlassian.com, 2026-08-12.

#include <string_view>

#include "pulse/source/source.h"

namespace pulse::source::jira {

/// See Connector::Judge. Error kinds: kUnauthorized (401, 403), kNotFound (404, 410), kTimeout
/// (408), kConflict (409), kRateLimited (429), kUnavailable (5xx), kInvalid (every other status
/// that is no success).
///
/// A 429 names its `RateLimit-Reason`:
///   jira-quota-…        stops the integration until the quota's reset
///   jira-burst-based    stops the endpoint until Retry-After, or else the reset
///   another, or none    stops the integration until the same
/// and has no retry_after when the answer names no time.
Verdict JudgeAnswer(const Call& call, const Answer& answer, EpochMs now);

/// HTML where JSON should be. With a success it is no error here but an answer that cannot be
/// decoded: it may be a proxy's hiccup, and kUnauthorized would pause the integration.
bool IsWebPage(const Answer& answer);

/// Case-insensitive; empty when absent. The first of several.
std::string_view HeaderOf(const Answer& answer, std::string_view name);

}  // namespace pulse::source::jira
