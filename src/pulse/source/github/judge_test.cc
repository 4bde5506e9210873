#include "pulse/source/github/judge.h"

#include <gtest/gtest.h>

#include "pulse/source/github/urls.h"

namespace pulse::source::github {
namespace {

using std::chrono::milliseconds;

const Call kGet{.method = "GET", .endpoint = "GET /user", .path = "/user", .body = {}, .cost = 1};
const Call kQuery{
    .method = "POST", .endpoint = "POST /graphql", .path = "/graphql", .body = "{}", .cost = 1
};

Verdict JudgeStatus(
    int status, std::vector<std::pair<std::string, std::string>> headers, std::string body = "{}"
) {
  return JudgeAnswer(kGet, {status, std::move(headers), std::move(body)}, 1'000'000);
}

Verdict JudgeQuery(
    std::string body, std::vector<std::pair<std::string, std::string>> headers = {}
) {
  return JudgeAnswer(kQuery, {200, std::move(headers), std::move(body)}, 1'000'000);
}

TEST(Judge, LetsAGoodAnswerPassWithItsBudget) {
  const Verdict verdict =
      JudgeStatus(200, {{"X-RateLimit-Remaining", "4999"}, {"X-RateLimit-Reset", "2000"}});
  EXPECT_FALSE(verdict.error);
  EXPECT_EQ(verdict.remaining, 4999);
  EXPECT_EQ(verdict.resets_at, 2'000'000);
}

TEST(Judge, TakesRetryAfterBeforeTheReset) {
  const Verdict verdict = JudgeStatus(
      403, {{"retry-after", "7"}, {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "5000"}}
  );
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(verdict.error->retry_after(), milliseconds(7000));
}

TEST(Judge, WaitsUntilTheResetWhenTheBudgetIsSpent) {
  const Verdict verdict =
      JudgeStatus(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1030"}});
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->retry_after(), milliseconds(30'000));
}

TEST(Judge, WaitsAMinuteForASecondaryLimitThatNamesNoTime) {
  const Verdict verdict =
      JudgeStatus(403, {}, R"({"message":"You have exceeded a secondary rate limit."})");
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(verdict.error->retry_after(), milliseconds(60'000));
}

TEST(Judge, StopsOneBudgetWhenItIsSpentAndBothForASecondaryLimit) {
  const Verdict spent = JudgeQuery(
      R"({"errors":[{"type":"RATE_LIMITED","message":"x"}]})",
      {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1100"}}
  );
  EXPECT_EQ(spent.error_stops, Stops::kQuota);
  EXPECT_EQ(JudgeStatus(200, {{"x-ratelimit-remaining", "0"}}).spent_stops, Stops::kQuota);

  const Verdict secondary = JudgeStatus(403, {{"retry-after", "7"}});
  EXPECT_EQ(secondary.error_stops, Stops::kIntegration);
}

TEST(Judge, ReadsRetryAfterAsADateToo) {
  const Verdict limited = JudgeStatus(429, {{"Retry-After", "Thu, 01 Jan 1970 00:17:10 GMT"}});
  ASSERT_TRUE(limited.error);
  EXPECT_EQ(limited.error->retry_after(), milliseconds(30'000));

  const Verdict down = JudgeStatus(503, {{"Retry-After", "3"}});
  ASSERT_TRUE(down.error);
  EXPECT_EQ(down.error->kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(down.error->retry_after(), milliseconds(3000));
  EXPECT_FALSE(JudgeStatus(502, {}).error->retry_after());
}

TEST(Judge, TakesNoFigureThatIsNoTime) {
  for (const char* nonsense : {"-5", "9223372036854775807", "soon", "1e400"}) {
    const Verdict verdict = JudgeStatus(
        403,
        {{"retry-after", nonsense}, {"x-ratelimit-remaining", "7"}, {"x-ratelimit-reset", nonsense}}
    );
    ASSERT_TRUE(verdict.error) << nonsense;
    EXPECT_EQ(verdict.error->retry_after(), milliseconds(60'000)) << nonsense;
    EXPECT_FALSE(verdict.resets_at) << nonsense;
  }
}

TEST(Judge, TellsARefusedThingFromARefusedToken) {
  const auto of = [](Verdict verdict) { return *verdict.error; };
  EXPECT_TRUE(RefusesOnlyThis(of(JudgeStatus(403, {}, R"({"message":"SAML enforcement"})"))));
  EXPECT_TRUE(RefusesOnlyThis(
      of(JudgeQuery(R"({"errors":[{"type":"INSUFFICIENT_SCOPES","message":"read:org"}]})"))
  ));
  EXPECT_FALSE(RefusesOnlyThis(of(JudgeStatus(401, {}))));
  EXPECT_FALSE(RefusesOnlyThis(of(JudgeStatus(404, {}))));
  EXPECT_FALSE(RefusesOnlyThis(of(JudgeStatus(403, {{"retry-after", "7"}}))));
}

TEST(Judge, NamesTheMissingScopeOfAForbiddenCall) {
  const Verdict verdict = JudgeStatus(
      403,
      {{"X-Accepted-OAuth-Scopes", "repo"}},
      R"({"message":"Resource not accessible by personal access token"})"
  );
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->kind(), ErrorKind::kUnauthorized);
  EXPECT_NE(verdict.error->message().find("one of: repo"), std::string::npos);
  EXPECT_NE(verdict.error->message().find("not accessible"), std::string::npos);
}

TEST(Judge, SaysWhatAStatusMeans) {
  const std::vector<std::pair<int, ErrorKind>> expected = {
      {401, ErrorKind::kUnauthorized},
      {404, ErrorKind::kNotFound},
      {409, ErrorKind::kNotFound},
      {410, ErrorKind::kNotFound},
      {451, ErrorKind::kNotFound},
      {301, ErrorKind::kNotFound},
      {422, ErrorKind::kInvalid},
      {502, ErrorKind::kUnavailable},
      {504, ErrorKind::kUnavailable},
      {429, ErrorKind::kRateLimited},
  };
  for (const auto& [status, kind] : expected) {
    const Verdict verdict = JudgeStatus(status, {}, "<html>");
    ASSERT_TRUE(verdict.error) << status;
    EXPECT_EQ(verdict.error->kind(), kind) << status;
  }
}

TEST(Judge, RefusesAGraphqlAnswerWithErrorsEvenWhenItCarriesData) {
  const Verdict verdict = JudgeQuery(
      R"({"data":{"repository":{"pullRequests":null}},"errors":[{"message":"Something went wrong"}]})"
  );
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->kind(), ErrorKind::kUnavailable);
}

TEST(Judge, FindsTheErrorsOfAnAnswerWithARecordThatIsNoJson) {
  const auto body = [](std::string_view errors) {
    return R"({"data":{"nodes":[{"id":1},{"id":1e999}]},"errors":)" + std::string(errors) + "}";
  };
  const Verdict verdict = JudgeQuery(body(R"([{"message":"Something went wrong"}])"));
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(
      JudgeQuery(body(R"([{"type":"NOT_FOUND","message":"x"}])")).error->kind(),
      ErrorKind::kNotFound
  );
  EXPECT_FALSE(JudgeQuery(body("[]")).error) << "a bad record alone costs only itself";
}

TEST(Judge, SortsGraphqlErrorsByType) {
  const std::vector<std::pair<std::string, ErrorKind>> expected = {
      {R"({"type":"NOT_FOUND","message":"x"})", ErrorKind::kNotFound},
      {R"({"type":"FORBIDDEN","message":"x"})", ErrorKind::kNotFound},
      {R"({"type":"INSUFFICIENT_SCOPES","message":"x"})", ErrorKind::kUnauthorized},
      {R"({"type":"MAX_NODE_LIMIT_EXCEEDED","message":"x"})", ErrorKind::kInvalid},
      {R"({"message":"x","extensions":{"code":"undefinedField"}})", ErrorKind::kInvalid},
      {R"({"message":"timeout"})", ErrorKind::kUnavailable},
  };
  for (const auto& [error, kind] : expected) {
    const Verdict verdict = JudgeQuery(R"({"data":null,"errors":[)" + error + "]}");
    ASSERT_TRUE(verdict.error) << error;
    EXPECT_EQ(verdict.error->kind(), kind) << error;
  }
}

TEST(Judge, LetsALimitOutweighAMissingObject) {
  const Verdict verdict = JudgeQuery(
      R"({"errors":[{"type":"NOT_FOUND","message":"a"},{"type":"RATE_LIMITED","message":"b"}]})",
      {{"x-ratelimit-reset", "1100"}}
  );
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(verdict.error->retry_after(), milliseconds(100'000));
}

TEST(Judge, IsNotFooledByTheWordInsideAText) {
  EXPECT_FALSE(JudgeQuery(R"({"data":{"body":"{\"errors\":[1]}"}})").error);
  EXPECT_FALSE(JudgeQuery(R"({"data":{"errors":[1]},"errors":[]})").error);
}

TEST(Endpoints, AreDerivedFromTheBase) {
  EXPECT_EQ(EndpointsOf("https://api.github.com").graphql, "/graphql");
  EXPECT_EQ(EndpointsOf("https://api.acme.ghe.com").rest, "");
  EXPECT_EQ(EndpointsOf("https://ghe.acme.io/api/v3").rest, "");
  EXPECT_EQ(EndpointsOf("https://ghe.acme.io/api/v3").graphql, "origin:/api/graphql");
  EXPECT_EQ(EndpointsOf("https://acme.io/code/api/v3").graphql, "origin:/code/api/graphql");
  EXPECT_EQ(EndpointsOf("http://127.0.0.1:9000").rest, "/api/v3");
  EXPECT_EQ(EndpointsOf("http://127.0.0.1:9000").graphql, "/api/graphql");
  EXPECT_EQ(EndpointsOf("https://api.github.com.evil.io").rest, "/api/v3");
}

TEST(Encode, LeavesNothingThatCouldEndASegment) {
  EXPECT_EQ(EncodeFullName("a b/../c?#"), "a%20b/..%2Fc%3F%23");
}

}  // namespace
}  // namespace pulse::source::github
