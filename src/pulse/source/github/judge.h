#pragma once

/// \file
/// How GitHub says no, over REST and over GraphQL.

#include "pulse/source/source.h"

namespace pulse::source::github {

/// Pure. A GraphQL answer with `errors` is an error even when it carries data, or a record that is
/// no JSON: half a page must never move a cursor.
///
///   401, 403, missing scope                     kUnauthorized, with what to do
///   403/429 with Retry-After or nothing left    kRateLimited, until then
///   secondary limit without a time              kRateLimited, 60 s (what GitHub asks for)
///     nothing left stops the calls of that budget (Api), a secondary limit the integration
///   404, 410, 409, 451, 301, GraphQL NOT_FOUND or FORBIDDEN   kNotFound: one object out of reach
///   400, 422, a query the schema refuses, too many nodes      kInvalid: it can never succeed
///   5xx (a page too heavy answers 502 or 504), other GraphQL errors   kUnavailable
Verdict JudgeAnswer(const Call& call, const Answer& answer, EpochMs now);

/// Whether the token is good and may only not do this one thing: 403 without a limit behind it, or
/// a GraphQL field beyond the token's scopes. Of one repository it is a gap; a bad token (401) ends
/// the job and pauses the integration.
bool RefusesOnlyThis(const Error& error);

/// kNotFound or refused: this one thing is not to be had, and the rest may be.
bool IsOutOfReach(const Error& error);

}  // namespace pulse::source::github
