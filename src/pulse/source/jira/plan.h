#pragma once

/// \file
/// Which way to read n issues of Jira Cloud: the plan with the lower price.
///
/// * kPages searches page by page: 100 issues a call, all fields and the inline history in them.
///   Fewest calls, but each needs the token of the one before.
/// * kBulk sweeps the ids, 5,000 a call, and fetches them in chains that run side by side
///   (issue_chain.h). A sweep call and a flush per chain more, and much less waiting.
///
/// A call costs 1: it takes from a budget that all of a site's apps share, about 10 a second. A
/// round trip that has to be waited for costs a quarter of that: it makes one sync longer. Bulk
/// with a single chain is dearer and no faster, and two chains beat one row of pages at once; so
/// the border lies where the second chain starts, at 2,000 issues:
///
///     issues     pages: calls, trips, price     bulk: calls, trips, price
///      1,000       11       11       13.75        12       12     15
///      2,000       21       21       26.25        22       22     27.5
///      2,001       22       22       27.5         24       13     27.25
///     10,000      101      101      126.25       107       23    112.75
///
/// Data Center always goes by kBulk: its searches page by offset, and need no tokens.

#include <cstdint>

namespace pulse::source::jira {

enum class Plan : unsigned char { kPages, kBulk };

struct PlanCost {
  std::int64_t calls = 0;
  std::int64_t round_trips = 0;  ///< Calls of the longest row in which each waits for the last.
};

/// Long histories are counted as the usual 3 % of all issues.
PlanCost CostOfPages(std::int64_t issues);
PlanCost CostOfBulk(std::int64_t issues);

double Price(const PlanCost& cost);

/// The cheaper plan for so many issues; kPages when both cost the same.
Plan ChoosePlan(std::int64_t expected_issues);

/// A row of pages goes no further than this: its count of issues was too low, or nobody counted,
/// and the rest is fetched in bulk. The border in pages.
inline constexpr std::int64_t kMostPagesInARow = 20;

}  // namespace pulse::source::jira
