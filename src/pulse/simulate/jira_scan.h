#pragma once

/// \file
/// IssueScan: pages through the issues a query matches, in its order, without keeping anything
/// between pages.
///
/// In the order of creation a page costs what it skips and returns; any other order is sorted anew
/// for every page.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "pulse/simulate/jira_jql.h"
#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

struct IssuePage {
  std::vector<std::int64_t> positions;
  std::optional<std::int64_t> next;  ///< Where the next page starts; nothing: this was the last.
};

class IssueScan {
 public:
  /// `hidden(facts)` true: the issue is not in the index. Both must outlive the scan.
  using Hidden = std::function<bool(const IssueFacts&)>;
  IssueScan(const JiraSource& source, const JqlQuery& query, Hidden hidden)
      : source_(source), query_(query), hidden_(std::move(hidden)) {}

  /// At most `limit` matches from `cursor` (0, or a previous page's `next`).
  IssuePage Page(std::int64_t cursor, std::int64_t limit) const;
  /// The page that starts after `skip` matches.
  IssuePage PageAt(std::int64_t skip, std::int64_t limit) const;
  std::int64_t Count() const;

 private:
  /// Calls visit(place, position) for every match from `cursor` until it returns false; `place`
  /// is the cursor of that match.
  void Visit(std::int64_t cursor, const std::function<bool(std::int64_t, std::int64_t)>& visit)
      const;
  IssuePage Collect(std::int64_t cursor, std::int64_t skip, std::int64_t limit) const;
  std::vector<std::int64_t> Sorted() const;
  bool InIndex(std::int64_t position, IssueFacts& facts) const;

  const JiraSource& source_;
  const JqlQuery& query_;
  Hidden hidden_;
};

}  // namespace pulse::simulate
