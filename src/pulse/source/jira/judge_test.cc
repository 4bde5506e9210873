#include "pulse/source/jira/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::source::jira {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr EpochMs kNow = 1795435200000;  // 2026-11-23T12:00:00Z
const Call kCall{.endpoint = "GET /rest/api/3/field", .path = "/rest/api/3/field", .body = {}};

Verdict Judge(
    int status, std::vector<std::pair<std::string, std::string>> headers, std::string body = "{}"
) {
  return JudgeAnswer(kCall, {status, std::move(headers), std::move(body)}, kNow);
}

TEST(JudgeJira, TakesASuccessAsOne) {
  EXPECT_FALSE(Judge(200, {}, R"({"issues":[]})").error);
  EXPECT_FALSE(Judge(204, {}, "").error);
}

TEST(JudgeJira, MapsEveryStatusToWhatTheCallerShouldDo) {
  const std::pair<int, ErrorKind> expected[] = {
      {301, ErrorKind::kInvalid},
      {400, ErrorKind::kInvalid},
      {401, ErrorKind::kUnauthorized},
      {403, ErrorKind::kUnauthorized},
      {404, ErrorKind::kNotFound},
      {408, ErrorKind::kTimeout},
      {409, ErrorKind::kConflict},
      {410, ErrorKind::kNotFound},
      {413, ErrorKind::kInvalid},
      {429, ErrorKind::kRateLimited},
      {500, ErrorKind::kUnavailable},
      {502, ErrorKind::kUnavailable},
      {503, ErrorKind::kUnavailable},
      {504, ErrorKind::kUnavailable},
  };
  for (const auto& [status, kind] : expected) {
    const Verdict verdict = Judge(status, {});
    ASSERT_TRUE(verdict.error) << status;
    EXPECT_EQ(verdict.error->kind(), kind) << status;
  }
}

TEST(JudgeJira, ALoginPageBehindASuccessIsDamageNotARefusal) {
  const Answer by_type{200, {{"content-type", "text/html;charset=UTF-8"}}, "hello"};
  const Answer by_body{200, {}, "\n<!DOCTYPE html><title>Log in</title>"};

  EXPECT_TRUE(IsWebPage(by_type));
  EXPECT_TRUE(IsWebPage(by_body));
  EXPECT_FALSE(IsWebPage({200, {{"Content-Type", "application/json"}}, "{}"}));
  EXPECT_FALSE(JudgeAnswer(kCall, by_body, kNow).error) << "it would pause the integration";
  EXPECT_EQ(Judge(401, {}, by_body.body).error->kind(), ErrorKind::kUnauthorized);
}

TEST(JudgeJira, SaysWhatToDoAboutARefusal) {
  EXPECT_THAT(Judge(401, {}).error->message(), HasSubstr("api.atlassian.com/ex/jira"));
  EXPECT_THAT(
      Judge(401, {}, R"({"message":"Unauthorized; scope does not match"})").error->message(),
      HasSubstr("read:jira-work")
  );
  EXPECT_THAT(
      Judge(403, {{"X-Seraph-LoginReason", "AUTHENTICATION_DENIED"}}).error->message(),
      HasSubstr("captcha")
  );
}

TEST(JudgeJira, RepeatsTheVendorsOwnWords) {
  const Verdict verdict =
      Judge(400, {}, R"({"errorMessages":["The field 'x' is unknown."],"errors":{"jql":"bad"}})");

  EXPECT_THAT(verdict.error->message(), HasSubstr("The field 'x' is unknown.; bad"));
}

TEST(JudgeJira, CutsEndlessWordsShort) {
  const Verdict verdict =
      Judge(400, {}, R"({"errorMessages":[")" + std::string(5000, 'x') + R"("]})");

  EXPECT_LT(verdict.error->message().size(), 500U);
}

TEST(JudgeJira, WaitsAsLongAsItIsTold) {
  EXPECT_EQ(Judge(429, {{"Retry-After", "7"}}).error->retry_after(), seconds(7));
  EXPECT_EQ(
      Judge(429, {{"Retry-After", "Mon, 23 Nov 2026 12:00:30 GMT"}}).error->retry_after(),
      seconds(30)
  );
  EXPECT_EQ(Judge(503, {{"retry-after", "3"}}).error->retry_after(), seconds(3));
  EXPECT_FALSE(Judge(503, {}).error->retry_after());
  EXPECT_FALSE(Judge(503, {{"Retry-After", "soon"}}).error->retry_after());
}

TEST(JudgeJira, TakesNoFigureThatIsNoTime) {
  for (const char* nonsense : {"inf", "nan", "-3", "soon"}) {
    EXPECT_FALSE(Judge(429, {{"Retry-After", nonsense}}).error->retry_after()) << nonsense;
  }
  EXPECT_EQ(
      Judge(429, {{"Retry-After", "1e300"}}).error->retry_after(), std::chrono::hours(24 * 365)
  );
  EXPECT_GT(Judge(200, {{"RateLimit", R"("q";r=1;t=1e300)"}}).resets_at.value_or(0), kNow);
}

TEST(JudgeJira, FallsBackToTheResetAndThenNamesNoTime) {
  EXPECT_EQ(
      Judge(429, {{"X-RateLimit-Reset", "2026-11-23T12:10Z"}}).error->retry_after(), seconds(600)
  );
  EXPECT_EQ(
      Judge(429, {{"X-RateLimit-Reset", "2026-11-23T11:00:00Z"}}).error->retry_after(), seconds(1)
  ) << "a reset in the past is a clock that differs, not a reason to hammer";
  EXPECT_FALSE(Judge(429, {}).error->retry_after()) << "2, 4, 8 s are for the limits to count";
}

TEST(JudgeJira, StopsEverythingUntilTheResetOfASpentQuota) {
  for (const char* reason : {"jira-quota-global-based", "jira-quota-tenant-based"}) {
    const Verdict verdict = Judge(
        429,
        {{"RateLimit-Reason", reason},
         {"Retry-After", "5"},
         {"X-RateLimit-Remaining", "0"},
         {"X-RateLimit-Reset", "2026-11-23T12:30Z"}}
    );
    EXPECT_EQ(verdict.error->retry_after(), seconds(1800)) << reason;
    EXPECT_EQ(verdict.error_stops, Stops::kIntegration) << reason;
    EXPECT_EQ(verdict.spent_stops, Stops::kIntegration) << reason;
  }
  const Verdict late = Judge(
      429,
      {{"RateLimit-Reason", "jira-quota-tenant-based"},
       {"Retry-After", "900"},
       {"RateLimit", R"("tenant";r=0;t=30)"}}
  );
  EXPECT_EQ(late.error->retry_after(), seconds(900)) << "sooner than asked is never right";
}

TEST(JudgeJira, StopsOneEndpointAfterABurst) {
  const Verdict burst = Judge(
      429,
      {{"ratelimit-reason", "jira-burst-based"},
       {"Retry-After", "5"},
       {"X-RateLimit-Remaining", "0"},
       {"X-RateLimit-Reset", "2026-11-23T12:30Z"}}
  );
  EXPECT_EQ(burst.error->retry_after(), seconds(5));
  EXPECT_EQ(burst.error_stops, Stops::kQuota);
  EXPECT_EQ(burst.spent_stops, Stops::kQuota);

  const Verdict unknown = Judge(429, {{"RateLimit-Reason", "jira-cost-based"}});
  EXPECT_EQ(unknown.error_stops, Stops::kIntegration);
}

TEST(JudgeJira, ReadsWhatIsLeft) {
  const Verdict verdict =
      Judge(200, {{"x-ratelimit-remaining", "12"}, {"X-RateLimit-Reset", "2026-11-23T12:01:00Z"}});

  EXPECT_EQ(verdict.remaining, 12);
  EXPECT_EQ(verdict.resets_at, kNow + 60000);
}

TEST(JudgeJira, ReadsTheScarcestStructuredBudget) {
  const Verdict verdict =
      Judge(200, {{"Beta-RateLimit", R"("global-app-quota";r=900;t=1800, "tenant";r=4;t=30)"}});

  EXPECT_EQ(verdict.remaining, 4);
  EXPECT_EQ(verdict.resets_at, kNow + 30000);
  EXPECT_FALSE(Judge(200, {{"RateLimit", R"("quiet";t=30)"}}).remaining);
}

}  // namespace
}  // namespace pulse::source::jira
