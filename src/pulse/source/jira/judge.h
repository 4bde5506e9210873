#pragma once

/// \file
/// How Jira says no, and how much it says is left. API notes: rate limiting page of
/// developer.atlassian.com, 2026-08-12.

#include <string_view>

#include "pulse/source/source.h"

namespace pulse::source::jira {

/// See Connector::Judge. Error kinds: kUnauthorized (401, 403, or a login page where JSON should
/// be), kNotFound (404, 410), kTimeout (408), kConflict (409), kRateLimited (429), kUnavailable
/// (5xx), kInvalid (every other status that is no success).
Verdict JudgeAnswer(const Call& call, const Answer& answer, EpochMs now);

/// Case-insensitive; empty when absent. The first of several.
std::string_view HeaderOf(const Answer& answer, std::string_view name);

}  // namespace pulse::source::jira
