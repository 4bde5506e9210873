// What serving costs. Printed, not asserted: the machine decides, and a debug build is no measure.

#include <cstdio>
#include <ctime>

#include <gtest/gtest.h>

#include "pulse/simulate/jira_scan.h"
#include "pulse/simulate/jira_world_source.h"

namespace pulse::simulate {
namespace {

/// CPU time, not wall time: other programs on the machine do not count.
double MicrosecondsSince(std::clock_t start) {
  return static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC;
}

TEST(JiraCost, OfServingOneIssueIsPrinted) {
  constexpr std::int64_t kIssues = 100000;
  constexpr std::int64_t kServed = 2000;
  const auto source = NewWorldJiraSource({.seed = 1, .issues = kIssues});
  const FieldChoice all({"*all"});
  std::string page;

  std::clock_t start = std::clock();
  for (std::int64_t i = 0; i < kServed; ++i) {
    if (i % 100 == 0) page.clear();
    source->AppendIssue(page, i * 37, {Dialect::kCloudV3, &all, true});
  }
  const double issue = MicrosecondsSince(start) / kServed;

  const auto query = JqlQuery::Parse("updated >= 1790000000000 ORDER BY created ASC", *source, {});
  start = std::clock();
  const IssuePage swept =
      IssueScan(*source, *query, [](const IssueFacts&) { return false; }).Page(0, kIssues);
  const double scan = MicrosecondsSince(start) / kIssues;

  EXPECT_FALSE(swept.positions.empty());
  std::printf(
      "[ cost     ] %.2f us of CPU per issue with all fields and changelog (%zu bytes each), %.3f "
      "us per "
      "issue scanned\n",
      issue,
      page.size() / 100,
      scan
  );
}

}  // namespace
}  // namespace pulse::simulate
