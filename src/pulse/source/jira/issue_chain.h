#pragma once

/// \file
/// IssueChain: how the ids of a sweep become calls.
///
/// A chain fetches its issues 100 per call, history inline, one call after the other; what did not
/// fit inline it gathers and hands over at its end. Chains run side by side. With n issues in c
/// chains, s of them with long histories, latency L and plenty of workers:
///
///     calls = n/5000 (sweep) + n/100 + about c (long histories: one bulk call of up to 1,000 each)
///     time  = L * (1 + n/(100*c) + 1)
///
/// so more chains are faster and cost one call each. kIssuesPerChain = 2,000 gives 10.8 calls per
/// 1,000 issues for 10,000 issues with 3 % long histories, and after a few sweep pages as many
/// calls in flight as Atlassian advises (5 to 10). plan.h says when searching page by page is
/// better.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pulse/source/json_page.h"

namespace pulse::source::jira {

/// Cloud serves as many only for fields=id; Data Center lowers it to its own limit (1,000).
inline constexpr std::size_t kIdsPerSweep = 5000;
inline constexpr std::size_t kIssuesPerCall = 100;  ///< issue/bulkfetch takes no more.
inline constexpr std::size_t kIssuesPerChain = 2000;

/// A history that did not come whole, with the number of entries to expect.
struct LongHistory {
  std::string issue_id;
  std::int64_t entries = 0;
};

/// A comment or worklog list that did not come whole.
struct LongList {
  std::string issue_id;
  std::string kind;  ///< comment | worklog
};

struct IssueChain {
  std::vector<std::string> ids;  ///< Still to be fetched, in order.
  std::vector<LongHistory> histories;
  std::vector<LongList> lists;
  bool keep = false;  ///< Its pages are kept although they may equal earlier ones.

  /// Members of step params:
  /// `"ids":"10001,10002","histories":[["10001",57]],"lists":[["10001","comment"]]`.
  std::string ToMembers() const;
  static IssueChain FromParams(Value params);
};

/// Cuts a sweep page into chains of nearly equal length.
std::vector<IssueChain> PlanChains(std::span<const std::string> ids, bool keep = false);

/// Cuts histories into batches that one bulk call answers as a rule: at most 1,000 issues and
/// 10,000 entries each (one history may be longer than that).
std::vector<std::vector<LongHistory>> PlanHistoryBatches(std::span<const LongHistory> histories);

/// What an issue page tells extract.
struct IssuePage {
  std::vector<std::string> ids;
  int broken = 0;                       ///< Records that are no JSON, or say no id.
  std::vector<std::string> broken_ids;  ///< Of those of them that can be told.
  std::vector<LongHistory> histories;
  std::vector<LongList> lists;
};

/// Errors: kInvalid (no issue page).
Result<IssuePage> ReadIssuePage(std::string_view body);

}  // namespace pulse::source::jira
