#include <set>

#include <gtest/gtest.h>

#include "pulse/vectors/vectors.h"

namespace pulse::vectors {
namespace {

TEST(PointId, IsTheUuidV5OfTheRecord) {
  // python3 -c 'import uuid; print(uuid.uuid5(uuid.UUID("9d2b6f0e-5c1a-4e8b-a7f3-2d6c8b1e4f90"),
  //   "7/3/jira_issues/10001"))'
  EXPECT_EQ(
      PointId(TenantId(7), IntegrationId(3), "jira_issues", "10001"),
      "2e94b5c9-a72e-50fa-ac60-021fb45011c3"
  );
}

TEST(PointId, DiffersWheneverTheRecordDoes) {
  std::set<std::string> ids;
  int records = 0;
  for (const int tenant : {1, 11}) {
    for (const int integration : {1, 11}) {
      for (const char* entity : {"jira_issues", "github_prs"}) {
        for (const char* external : {"1", "11", "1/1", ""}) {
          ids.insert(PointId(TenantId(tenant), IntegrationId(integration), entity, external));
          ++records;
        }
      }
    }
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(records));
}

}  // namespace
}  // namespace pulse::vectors
