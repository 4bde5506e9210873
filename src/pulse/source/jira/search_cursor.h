#pragma once

/// \file
/// SearchCursor: where a search that goes over several pages stands.
///
/// Cloud goes on by token. A source that hands out tokens in a circle would be read for ever, so a
/// token is compared with the one before and with one of a few pages ago (Brent's way: a circle of
/// any length is found within three rounds, for one remembered token).
///
/// Data Center goes on by offset. When an issue before it is deleted or hidden meanwhile, the rest
/// moves up and the first unread one slides into a page that was read: it would be missed, without
/// a word. So a page overlaps the one before by twenty issues, and one that shows none of them is
/// not taken: the search goes back until it finds one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

struct SearchCursor {
  std::string token;
  std::int64_t start = 0;
  std::int64_t empty_pages = 0;      ///< In a row, up to here.
  std::string anchor;                ///< Cloud: a token handed out some pages ago.
  std::int64_t age = 0;              ///< Pages since `anchor` was chosen.
  std::vector<std::string> overlap;  ///< Data Center: the last ids of the page before.
  std::int64_t counted = 0;          ///< Data Center: ids listed so far, each once.

  /// Members of step params: `"start":0,"empty":0,"token":""` and what else is set.
  std::string ToMembers() const;
  static SearchCursor FromParams(Value params);
};

/// Where to go on after the page at `at`, whose answer is `root` and had `returned` issues; nothing
/// when it was the last. Errors: kUnavailable when the source hands out tokens in a circle, or the
/// 21st empty page in a row (empty pages with a token are legal).
Result<std::optional<SearchCursor>> NextCursor(
    Deployment deployment, const SearchCursor& at, Value root, std::size_t returned
);

/// How many issues at the front of the page at `at` were read before; nothing when the page shows
/// none of those it should begin with: the list moved, and `WentBack` says where to look for them.
std::optional<std::size_t> AlreadyRead(const SearchCursor& at, Value issues);

/// The page before one of `returned` issues. Where there is none, all that was listed last is gone,
/// and the list begins anew: nothing is counted then.
SearchCursor WentBack(const SearchCursor& at, std::size_t returned);

}  // namespace pulse::source::jira
