#include "pulse/simulate/call_counts.h"

#include <gtest/gtest.h>

namespace pulse::simulate {
namespace {

TEST(EndpointOf, ReplacesWhatNamesARecord) {
  EXPECT_EQ(
      EndpointOf("GET", "/rest/api/3/issue/PAY-1/comment"), "GET /rest/api/3/issue/{id}/comment"
  );
  EXPECT_EQ(EndpointOf("GET", "/rest/api/3/issue/10001"), "GET /rest/api/3/issue/{id}");
  EXPECT_EQ(
      EndpointOf("GET", "/rest/api/3/project/PAY/statuses"), "GET /rest/api/3/project/{id}/statuses"
  );
  EXPECT_EQ(
      EndpointOf("GET", "/rest/agile/1.0/board/7/sprint"), "GET /rest/agile/1.0/board/{id}/sprint"
  );
  EXPECT_EQ(EndpointOf("GET", "/repos/acme-labs/pay/pulls/12"), "GET /repos/{id}/{id}/pulls/{id}");
  EXPECT_EQ(EndpointOf("GET", "/orgs/acme-labs/repos"), "GET /orgs/{id}/repos");
}

TEST(EndpointOf, KeepsVersionsAndWords) {
  EXPECT_EQ(EndpointOf("POST", "/rest/api/3/search/jql"), "POST /rest/api/3/search/jql");
  EXPECT_EQ(EndpointOf("POST", "/rest/api/3/issue/bulkfetch"), "POST /rest/api/3/issue/bulkfetch");
  EXPECT_EQ(EndpointOf("GET", "/rest/api/3/project/search"), "GET /rest/api/3/project/search");
  EXPECT_EQ(EndpointOf("POST", "/api/graphql"), "POST /api/graphql");
}

TEST(CallCounts, CountsPerEndpoint) {
  CallCounts counts;
  counts.Count("GET", "/rest/api/3/issue/PAY-1");
  counts.Count("GET", "/rest/api/3/issue/PAY-2");
  counts.Count("POST", "/graphql");

  EXPECT_EQ(counts.Json(), R"({"GET /rest/api/3/issue/{id}":2,"POST /graphql":1})");
}

TEST(CallCounts, StaysSmallWhateverPathsAreAsked) {
  CallCounts counts;
  for (int i = 0; i < 5000; ++i) counts.Count("GET", "/made/up-" + std::to_string(i) + "x");

  EXPECT_LT(counts.Json().size(), 50000U);
  EXPECT_NE(counts.Json().find("\"other\":4500"), std::string::npos);
}

}  // namespace
}  // namespace pulse::simulate
