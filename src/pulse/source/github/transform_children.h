#pragma once

/// \file
/// Pages that bring children of pull requests alone. Their records have no primary row and are not
/// counted; their entity is github_prs, whose rows they change.

#include <string_view>

#include "pulse/source/github/page.h"

namespace pulse::source::github {

// REST, as the API lists them (arrays, single objects), or as this connector stores several lists
// in one page: {"parts": [{"number": 7, "items": [[…], […]]}]}, each part one pull request's whole
// list, which then replaces what was there.
void TransformCommits(std::string_view body, const PageContext& context, PageSink& sink);
void TransformReviews(std::string_view body, const PageContext& context, PageSink& sink);

// Repository-wide REST lists: the number is in each comment's pull_request_url or issue_url.
void TransformReviewComments(std::string_view body, const PageContext& context, PageSink& sink);
void TransformIssueComments(std::string_view body, const PageContext& context, PageSink& sink);

/// Follow-up pages of queries/nested_connections.graphql: {"parts": [answer, …]}, where an answer's
/// aliases say by their first letter what they hold (c commits, r reviews, m comments). One record
/// per pull request; commits and reviews read to their end are complete.
void TransformNested(std::string_view body, const PageContext& context, PageSink& sink);

}  // namespace pulse::source::github
