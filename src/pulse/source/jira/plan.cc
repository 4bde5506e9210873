#include "pulse/source/jira/plan.h"

#include <algorithm>

#include "pulse/source/jira/issue_chain.h"

namespace pulse::source::jira {
namespace {

constexpr double kCallPrice = 1;
constexpr double kRoundTripPrice = 0.25;
/// Chains that run at a time: Atlassian advises 5 to 10 calls in flight.
constexpr std::int64_t kLanes = 8;
/// Three in a hundred histories do not fit inline, and 1,000 of those fit one bulk call.
constexpr std::int64_t kIssuesPerFlush = 33'000;

constexpr std::int64_t CeilDiv(std::int64_t count, std::size_t size) {
  const auto divisor = static_cast<std::int64_t>(size);
  return (std::max<std::int64_t>(count, 1) + divisor - 1) / divisor;
}

}  // namespace

PlanCost CostOfPages(std::int64_t issues) {
  const std::int64_t pages = CeilDiv(issues, kIssuesPerCall);
  return {.calls = pages + CeilDiv(issues, kIssuesPerFlush), .round_trips = pages + 1};
}

PlanCost CostOfBulk(std::int64_t issues) {
  const std::int64_t sweep = CeilDiv(issues, kIdsPerSweep);
  const std::int64_t bulk = CeilDiv(issues, kIssuesPerCall);
  const std::int64_t chains = CeilDiv(issues, kIssuesPerChain);
  const std::int64_t lanes = std::min(chains, kLanes);
  return {
      .calls = sweep + bulk + chains,
      .round_trips = sweep + CeilDiv(bulk, static_cast<std::size_t>(lanes)) + 1
  };
}

double Price(const PlanCost& cost) {
  return kCallPrice * static_cast<double>(cost.calls) +
         kRoundTripPrice * static_cast<double>(cost.round_trips);
}

Plan ChoosePlan(std::int64_t expected_issues) {
  const double pages = Price(CostOfPages(expected_issues));
  return Price(CostOfBulk(expected_issues)) < pages ? Plan::kBulk : Plan::kPages;
}

static_assert(kMostPagesInARow * kIssuesPerCall == kIssuesPerChain);

}  // namespace pulse::source::jira
