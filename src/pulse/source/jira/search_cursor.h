#pragma once

/// \file
/// SearchCursor: where a search that goes over several pages stands. Cloud goes on by token, Data
/// Center by offset.

#include <cstdint>
#include <optional>
#include <string>

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

struct SearchCursor {
  std::string token;
  std::int64_t start = 0;
  std::int64_t empty_pages = 0;  ///< In a row, up to here.

  /// Members of step params: `"start":0,"empty":0,"token":""`.
  std::string ToMembers() const;
  static SearchCursor FromParams(Value params);
};

/// Where to go on after the page at `at`, whose answer is `root` and had `returned` issues; nothing
/// when it was the last. Errors: kUnavailable when the source hands out the token it was given, or
/// the 21st empty page in a row (empty pages with a token are legal).
Result<std::optional<SearchCursor>> NextCursor(
    Deployment deployment, const SearchCursor& at, Value root, std::size_t returned
);

}  // namespace pulse::source::jira
