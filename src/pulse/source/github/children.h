#pragma once

/// \file
/// Rows of a pull request's children, from either API. Each writer adds one row to the open record
/// and answers nothing, or, having added none, the code of what is wrong with the child.

#include <optional>
#include <string_view>

#include "pulse/model/row_batch.h"
#include "pulse/source/github/links.h"
#include "pulse/source/github/rows.h"
#include "pulse/source/json_page.h"

namespace pulse::source::github {

/// The pull request the children belong to.
struct PrRef {
  std::string_view repository_id;
  std::int64_t number = 0;
};

using ChildProblem = std::optional<std::string_view>;

/// A commit in list position `position`, with the issue keys in its message. Takes REST's
/// {"sha", "commit": {…}, "parents"} and GraphQL's {"commit": {"oid", …}}.
ChildProblem WriteCommit(
    Value node, std::int64_t position, const PrRef& pr, model::RowBatch& rows, People& people
);
ChildProblem WriteReview(Value node, const PrRef& pr, model::RowBatch& rows, People& people);
/// A conversation comment.
ChildProblem WriteIssueComment(Value node, const PrRef& pr, model::RowBatch& rows, People& people);
/// A comment on a line of the diff (REST only).
ChildProblem WriteReviewComment(Value node, const PrRef& pr, model::RowBatch& rows, People& people);

}  // namespace pulse::source::github
