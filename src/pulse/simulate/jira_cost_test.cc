// What serving costs. Printed, not asserted: the machine decides, and a debug build is no measure.

#include <chrono>
#include <cstdio>

#include <gtest/gtest.h>

#include "pulse/simulate/jira_scan.h"
#include "pulse/simulate/jira_world_source.h"

namespace pulse::simulate {
namespace {

double MicrosecondsSince(std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  return spent.count();
}

TEST(JiraCost, OfServingOneIssueIsPrinted) {
  constexpr std::int64_t kIssues = 100000;
  constexpr std::int64_t kServed = 2000;
  const auto source = NewWorldJiraSource({.seed = 1, .issues = kIssues});
  const FieldChoice all({"*all"});
  std::string page;

  auto start = std::chrono::steady_clock::now();
  for (std::int64_t i = 0; i < kServed; ++i) {
    if (i % 100 == 0) page.clear();
    source->AppendIssue(page, i * 37, {Dialect::kCloudV3, &all, true});
  }
  const double issue = MicrosecondsSince(start) / kServed;

  const auto query = JqlQuery::Parse("updated >= 1790000000000 ORDER BY created ASC", *source, {});
  start = std::chrono::steady_clock::now();
  const IssuePage swept =
      IssueScan(*source, *query, [](const IssueFacts&) { return false; }).Page(0, kIssues);
  const double scan = MicrosecondsSince(start) / kIssues;

  EXPECT_FALSE(swept.positions.empty());
  std::printf(
      "[ cost     ] %.2f us per issue with all fields and changelog (%zu bytes each), %.3f us per "
      "issue scanned\n",
      issue,
      page.size() / 100,
      scan
  );
}

}  // namespace
}  // namespace pulse::simulate
