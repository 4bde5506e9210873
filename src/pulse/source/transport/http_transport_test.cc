#include "pulse/source/transport/http_transport.h"

#include <deque>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/cache/cache.h"
#include "pulse/source/transport/testing/fake_connector.h"

namespace pulse::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kToken = "s3cr3t-t0ken";

struct HandClock final : Clock {
  EpochMs Now() const override { return now; }
  EpochMs now = 1'800'000'000'000;
};

/// Never refuses tokens; keeps what is put, as a process-wide cache would.
struct OpenCache final : cache::Cache {
  std::optional<std::string> Get(std::string_view key) override {
    const auto found = values.find(std::string(key));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
  void Put(std::string_view key, std::string_view value, milliseconds) override {
    values[std::string(key)] = value;
  }
  milliseconds TakeTokens(std::string_view, double, double, double) override {
    return milliseconds(0);
  }
  std::map<std::string, std::string> values;
  Result<std::string> Probe() override { return std::string("open"); }
};

http::ClientResponse Ok() { return {.status = 200, .headers = {}, .body = "{}"}; }

struct FakeClient final : http::Client {
  Result<http::ClientResponse> Send(const http::ClientRequest& request, std::stop_token) override {
    requests.push_back(request);
    return reply(request);
  }
  std::function<Result<http::ClientResponse>(const http::ClientRequest&)> reply =
      [](const http::ClientRequest&) { return Ok(); };
  std::vector<http::ClientRequest> requests;
};

class HttpTransportTest : public testing::Test {
 protected:
  static model::Integration Jira(std::int64_t tenant = 1, std::int64_t id = 1) {
    return {
        .id = IntegrationId(id),
        .tenant = TenantId(tenant),
        .name = "jira",
        .provider = "jira",
        .base_url = "https://acme.example/ex/jira/7",
        .account = "bot@acme.example",
        .scope = {},
        .state_reason = {},
    };
  }
  static model::Integration GitHub() {
    model::Integration integration = Jira();
    integration.provider = "github";
    integration.base_url = "https://git.acme.example/api/v3";
    integration.account.clear();
    return integration;
  }
  static Call Get(std::string path = "/rest/issue/1?jql=x") {
    return {.endpoint = "GET /rest/issue", .path = std::move(path), .body = {}};
  }
  static Call Post() {
    return {
        .method = "POST", .endpoint = "POST /graphql", .path = "origin:/api/graphql", .body = "{}"
    };
  }
  HttpTransport Make(model::Integration integration, std::string token = std::string(kToken)) {
    return HttpTransport(
        {.integration = std::move(integration),
         .credential = [token] { return Result<std::string>(token); },
         .stop = {}},
        connector_,
        client_,
        limits_,
        clock_
    );
  }
  void Reply(int status, http::Headers headers = {}) {
    client_.reply = [status, headers](const http::ClientRequest&) {
      return http::ClientResponse{.status = status, .headers = headers, .body = "{}"};
    };
  }
  /// Answers the given ones in turn.
  void ReplyInTurn(std::deque<http::ClientResponse> answers) {
    client_.reply = [answers](const http::ClientRequest&) mutable {
      EXPECT_FALSE(answers.empty());
      http::ClientResponse next = answers.front();
      answers.pop_front();
      return next;
    };
  }
  static http::ClientResponse To(std::string location, int status = 302) {
    return {.status = status, .headers = {{"Location", std::move(location)}}, .body = {}};
  }
  std::string SentHeader(std::size_t request, std::string_view name) const {
    return std::string(http::HeaderValue(client_.requests.at(request).headers, name));
  }

  HandClock clock_;
  OpenCache cache_;
  FakeClient client_;
  FakeConnector connector_;
  std::chrono::steady_clock::time_point steady_{};
  LimitsRegistry limits_{cache_, clock_, {}, [this] { return steady_; }};
};

TEST_F(HttpTransportTest, AsksBelowTheBaseUrlWithTheAccountsBasicCredential) {
  auto transport = Make(Jira());

  const auto answer = transport.Send(Get());

  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(client_.requests[0].url, "https://acme.example/ex/jira/7/rest/issue/1?jql=x");
  // printf '%s' 'bot@acme.example:s3cr3t-t0ken' | base64
  EXPECT_EQ(SentHeader(0, "Authorization"), "Basic Ym90QGFjbWUuZXhhbXBsZTpzM2NyM3QtdDBrZW4=");
  EXPECT_EQ(SentHeader(0, "Accept"), "application/json");
  EXPECT_EQ(SentHeader(0, "Content-Type"), "");
}

TEST_F(HttpTransportTest, AsksGithubWithABearerItsMediaTypeAndItsVersion) {
  auto transport = Make(GitHub());

  ASSERT_TRUE(transport.Send(Post()));

  EXPECT_EQ(client_.requests[0].method, "POST");
  EXPECT_EQ(client_.requests[0].url, "https://git.acme.example/api/graphql");
  EXPECT_EQ(client_.requests[0].body, "{}");
  EXPECT_EQ(SentHeader(0, "Authorization"), "Bearer s3cr3t-t0ken");
  EXPECT_EQ(SentHeader(0, "Accept"), "application/vnd.github+json");
  EXPECT_EQ(SentHeader(0, "X-GitHub-Api-Version"), "2022-11-28");
  EXPECT_EQ(SentHeader(0, "Content-Type"), "application/json");
}

TEST_F(HttpTransportTest, RefusesAPathThatIsNone) {
  auto transport = Make(Jira());
  for (const char* path :
       {"", "rest/x", "origin:", "origin:x", "@evil.example/", "https://evil/"}) {
    const auto refused = transport.Send(Get(path));
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid) << path;
  }
  EXPECT_TRUE(client_.requests.empty());
}

TEST_F(HttpTransportTest, CountsEveryRequestByItsEndpoint) {
  ReplyInTurn({Ok(), To("/moved"), Ok(), {.status = 500, .headers = {}, .body = {}}});
  auto transport = Make(GitHub());

  ASSERT_TRUE(transport.Send(Get()));
  ASSERT_TRUE(transport.Send(Get()));
  ASSERT_FALSE(transport.Send(Post()));

  EXPECT_EQ(
      transport.api_calls(),
      (std::map<std::string, std::int64_t>{{"GET /rest/issue", 3}, {"POST /graphql", 1}})
  );
}

TEST_F(HttpTransportTest, NeverShowsTheQueryOrTheCredential) {
  client_.reply = [](const http::ClientRequest&) -> Result<http::ClientResponse> {
    return Error{ErrorKind::kUnavailable, "connection reset"};
  };
  auto transport = Make(Jira());

  const auto failed = transport.Send(Get("/rest/issue/1?token=abc"));

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "GET /rest/issue: connection reset");
}

TEST_F(HttpTransportTest, RefusesACredentialThatCouldSmuggleAHeader) {
  auto transport = Make(Jira(), "token\r\nX-Evil: 1");

  const auto refused = transport.Send(Get());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnauthorized);
  EXPECT_THAT(refused.error().message(), Not(HasSubstr("Evil")));
  EXPECT_TRUE(client_.requests.empty());
}

TEST_F(HttpTransportTest, SendsNothingInsideAnAnnouncedWindow) {
  Reply(429, {{"Retry-After", "30"}});
  auto transport = Make(Jira());
  const auto limited = transport.Send(Get());
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().kind(), ErrorKind::kRateLimited);
  ASSERT_TRUE(limited.error().retry_after());
  EXPECT_GE(*limited.error().retry_after(), seconds(30));
  EXPECT_LE(*limited.error().retry_after(), seconds(33)) << "a tenth more, at random";

  Reply(200);
  clock_.now += 29'999;
  const auto refused = Make(Jira()).Send(Get());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(client_.requests.size(), 1U);

  clock_.now += 3'001;
  EXPECT_TRUE(Make(Jira()).Send(Get()));
}

TEST_F(HttpTransportTest, SharesAWindowWithOtherProcessesButWithNoOtherIntegration) {
  Reply(429, {{"Retry-After", "30"}});
  ASSERT_FALSE(Make(Jira(1, 1)).Send(Get()));
  Reply(200);
  LimitsRegistry other_process(cache_, clock_);

  EXPECT_FALSE(other_process.For(TenantId(1), IntegrationId(1)).RefuseWhilePaused());
  EXPECT_TRUE(other_process.For(TenantId(1), IntegrationId(2)).RefuseWhilePaused());
  EXPECT_TRUE(Make(Jira(1, 2)).Send(Get())) << "the tenant's other integration";
  EXPECT_TRUE(Make(Jira(2, 1)).Send(Get())) << "another tenant";
  EXPECT_FALSE(Make(Jira(1, 1)).Send(Get()));
}

TEST_F(HttpTransportTest, BelievesNoWindowLongerThanAnHour) {
  Reply(429, {{"Retry-After", "999999"}});
  auto transport = Make(Jira());

  const auto limited = transport.Send(Get());

  ASSERT_FALSE(limited);
  EXPECT_GE(*limited.error().retry_after(), std::chrono::hours(1));
  EXPECT_LE(*limited.error().retry_after(), std::chrono::hours(1) + seconds(10));
}

TEST_F(HttpTransportTest, DoublesTheWindowOfLimitsThatAnnounceNone) {
  Reply(429);
  auto transport = Make(Jira());
  for (const int expected : {2, 4, 8, 16, 32, 60, 60}) {
    const auto limited = transport.Send(Get());
    ASSERT_FALSE(limited);
    EXPECT_GE(*limited.error().retry_after(), milliseconds(expected * 700));
    EXPECT_LE(*limited.error().retry_after(), milliseconds(expected * 1300));
    clock_.now += limited.error().retry_after()->count();
  }

  Reply(200);
  ASSERT_TRUE(transport.Send(Get()));
  Reply(429, {{"Retry-After", "0"}});
  const auto again = transport.Send(Get()).error().retry_after();
  EXPECT_GE(*again, milliseconds(1400)) << "zero is no figure";
  EXPECT_LE(*again, milliseconds(2600)) << "from the start again";
}

TEST_F(HttpTransportTest, CountsALimitOnceHoweverManyCallsMeetIt) {
  Limits& limits = limits_.For(TenantId(1), IntegrationId(1));
  for (int i = 0; i < 8; ++i) EXPECT_LE(limits.PauseFor(std::nullopt), milliseconds(2600)) << i;
}

TEST_F(HttpTransportTest, PausesOneEndpointForALimitOfItsOwn) {
  Reply(429, {{"Stops", "quota"}, {"Retry-After", "30"}});
  auto transport = Make(Jira());
  ASSERT_FALSE(transport.Send(Get()));
  Reply(200);

  EXPECT_FALSE(transport.Send(Get()));
  EXPECT_TRUE(transport.Send(Post())) << "another endpoint";
  LimitsRegistry other_process(cache_, clock_);
  Limits& other = other_process.For(TenantId(1), IntegrationId(1));
  EXPECT_FALSE(other.RefuseWhilePaused(Get().endpoint));
  EXPECT_TRUE(other.RefuseWhilePaused(Post().endpoint));

  Reply(429);
  ASSERT_FALSE(transport.Send(Post()));
  EXPECT_FALSE(other.RefuseWhilePaused("GET /other")) << "that one stops everything";
}

TEST_F(HttpTransportTest, LetsASuccessElsewhereNotShortenTheLadderOfAnEndpoint) {
  auto transport = Make(Jira());
  for (const int expected : {2, 4, 8}) {
    Reply(429, {{"Stops", "quota"}});
    const auto limited = transport.Send(Get());
    ASSERT_FALSE(limited);
    EXPECT_GE(*limited.error().retry_after(), milliseconds(expected * 700));
    Reply(200);
    ASSERT_TRUE(transport.Send(Post()));
    clock_.now += limited.error().retry_after()->count();
  }
}

TEST_F(HttpTransportTest, PausesAllCallsOfASpentQuotaAndNoOthers) {
  const auto call = [](std::string endpoint, std::string quota) {
    Call made = Get();
    made.endpoint = std::move(endpoint);
    made.quota = std::move(quota);
    return made;
  };
  Reply(
      200,
      {{"Stops", "quota"}, {"Remaining", "0"}, {"Reset-At", std::to_string(clock_.now + 60'000)}}
  );
  auto transport = Make(GitHub());
  ASSERT_TRUE(transport.Send(call("GET /pulls", "core")));
  Reply(200);

  EXPECT_FALSE(transport.Send(call("GET /comments", "core")));
  EXPECT_TRUE(transport.Send(call("POST /graphql", "graphql")));
}

TEST_F(HttpTransportTest, KeepsOutOfTenThousandRandomWindows) {
  // A source that allows three calls between windows of up to ten minutes.
  std::mt19937 random(11);
  EpochMs closed_until = 0;
  int allowed = 3;
  int windows = 0;
  int intruders = 0;
  client_.reply = [&](const http::ClientRequest&) -> Result<http::ClientResponse> {
    if (clock_.now < closed_until) ++intruders;
    if (--allowed > 0) return Ok();
    allowed = 3;
    ++windows;
    const int length = std::uniform_int_distribution(1, 600)(random);
    closed_until = clock_.now + EpochMs{length} * 1000;
    return http::ClientResponse{
        .status = 429, .headers = {{"Retry-After", std::to_string(length)}}, .body = {}
    };
  };

  auto transport = Make(Jira());
  while (windows < 10'000) {
    static_cast<void>(transport.Send(Get()).has_value());
    clock_.now += std::uniform_int_distribution(1, 60'000)(random);
    client_.requests.clear();
  }

  EXPECT_EQ(intruders, 0);
}

TEST_F(HttpTransportTest, OpensTheBreakerOfOneIntegrationOnly) {
  Reply(503);
  for (int i = 0; i < 10; ++i) ASSERT_FALSE(Make(Jira(1, 1)).Send(Get()));
  Reply(200);

  const auto refused = Make(Jira(1, 1)).Send(Get());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.error().retry_after(), seconds(60));
  EXPECT_EQ(client_.requests.size(), 10U);
  EXPECT_TRUE(Make(Jira(2, 1)).Send(Get()));

  steady_ += seconds(60);
  EXPECT_TRUE(Make(Jira(1, 1)).Send(Get())) << "a probe";
}

TEST_F(HttpTransportTest, DoesNotOpenTheBreakerWhenTheSourceSaysNo) {
  for (const int status : {429, 401}) {
    Reply(status);
    for (int i = 0; i < 50; ++i) {
      ASSERT_FALSE(Make(Jira()).Send(Get()));
      clock_.now += 3'600'000;
    }
  }
  EXPECT_EQ(client_.requests.size(), 100U);
  EXPECT_EQ(
      limits_.For(TenantId(1), IntegrationId(1)).breaker().state(),
      resilience::BreakerState::kClosed
  );
}

TEST_F(HttpTransportTest, HalvesTheCallsInFlightWhenTheSourcePushesBack) {
  auto& budget = limits_.For(TenantId(1), IntegrationId(1)).budget();
  const int before = budget.limit();
  ASSERT_GT(before, 1);
  Reply(429, {{"Retry-After", "1"}});

  ASSERT_FALSE(Make(Jira()).Send(Get()));

  EXPECT_EQ(budget.limit(), before / 2);
  EXPECT_EQ(budget.in_flight(), 0);
}

TEST_F(HttpTransportTest, ReadsAResetByTheSourcesClock) {
  // The source is an hour ahead: its reset "in an hour and a minute" is a minute away.
  const EpochMs theirs = clock_.now + 3'600'000;
  const EpochMs reset = theirs + 60'000;
  ASSERT_EQ(FormatInstant(theirs), "2027-01-15T09:00:00.000Z");
  Reply(429, {{"Date", "Fri, 15 Jan 2027 09:00:00 GMT"}, {"Reset-At", std::to_string(reset)}});

  const auto limited = Make(Jira()).Send(Get());

  ASSERT_FALSE(limited);
  EXPECT_GE(*limited.error().retry_after(), seconds(60));
  EXPECT_LE(*limited.error().retry_after(), seconds(67));
}

TEST_F(HttpTransportTest, StopsAskingWhenAnAnswerSaysThatNothingIsLeft) {
  Reply(200, {{"Remaining", "0"}, {"Reset-At", std::to_string(clock_.now + 60'000)}});
  auto transport = Make(Jira());

  ASSERT_TRUE(transport.Send(Get())) << "this one was answered";

  const auto refused = transport.Send(Get());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kRateLimited);
  EXPECT_GE(*refused.error().retry_after(), seconds(60));
  EXPECT_EQ(client_.requests.size(), 1U);
}

TEST_F(HttpTransportTest, SpreadsTheLastCallsOfAQuotaOverTheTimeThatIsLeft) {
  Reply(200, {{"Remaining", "100"}, {"Reset-At", std::to_string(clock_.now + 1'000'000)}});
  auto transport = Make(Jira());
  ASSERT_TRUE(transport.Send(Get()));
  ASSERT_TRUE(transport.Send(Get())) << "the first turn is now";

  const auto early = transport.Send(Get());

  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(early.error().retry_after(), seconds(10)) << "1000 s for 100 calls";
  EXPECT_TRUE(transport.Send(Post())) << "another endpoint has its own quota";
  clock_.now += 10'000;
  EXPECT_TRUE(transport.Send(Get()));
}

TEST_F(HttpTransportTest, DoesNotSlowDownForAPlentifulOrAnAbsurdQuota) {
  Reply(200, {{"Remaining", "4000"}, {"Reset-At", std::to_string(clock_.now + 1'000'000)}});
  auto transport = Make(Jira());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(transport.Send(Get()));

  Reply(200, {{"Remaining", "0"}, {"Reset-At", "0"}});  // A server without limits.
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(transport.Send(Get()));
}

TEST_F(HttpTransportTest, KeepsTheCredentialOnARedirectWithinTheOrigin) {
  ReplyInTurn({To("/elsewhere?x=1"), Ok()});

  ASSERT_TRUE(Make(Jira()).Send(Get()));

  EXPECT_EQ(client_.requests[1].url, "https://acme.example/elsewhere?x=1");
  EXPECT_EQ(SentHeader(1, "Authorization"), SentHeader(0, "Authorization"));
  EXPECT_NE(SentHeader(1, "Authorization"), "");
}

TEST_F(HttpTransportTest, GivesNoOtherOriginTheCredentialNotEvenOnTheWayBack) {
  ReplyInTurn({To("https://cdn.example/file"), To("https://acme.example/back"), Ok()});

  ASSERT_TRUE(Make(Jira()).Send(Get()));

  ASSERT_EQ(client_.requests.size(), 3U);
  EXPECT_NE(SentHeader(0, "Authorization"), "");
  EXPECT_EQ(SentHeader(1, "Authorization"), "");
  EXPECT_EQ(SentHeader(2, "Authorization"), "");
}

TEST_F(HttpTransportTest, RepeatsAPostOnlyWithinTheOriginAndOnlyUnchanged) {
  ReplyInTurn({To("/api/moved", 307), Ok()});
  ASSERT_TRUE(Make(GitHub()).Send(Post()));
  EXPECT_EQ(client_.requests[1].method, "POST");
  EXPECT_EQ(client_.requests[1].body, "{}");

  for (const auto& hop : {To("https://evil.example/", 307), To("/api/moved", 302)}) {
    client_.requests.clear();
    ReplyInTurn({hop});
    const auto refused = Make(GitHub()).Send(Post());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
    EXPECT_EQ(client_.requests.size(), 1U);
  }
}

TEST_F(HttpTransportTest, RefusesRedirectsThatWeakenOrNeverEnd) {
  for (const char* location :
       {"http://acme.example/", "file:///etc/passwd", "//user@acme.example/"}) {
    client_.requests.clear();
    ReplyInTurn({To(location)});
    const auto refused = Make(Jira()).Send(Get());
    ASSERT_FALSE(refused) << location;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
    EXPECT_THAT(refused.error().message(), HasSubstr("redirect refused"));
  }

  client_.requests.clear();
  client_.reply = [](const http::ClientRequest&) { return To("/again"); };
  ASSERT_FALSE(Make(Jira()).Send(Get()));
  EXPECT_EQ(client_.requests.size(), 4U) << "the call and three redirects";
}

TEST_F(HttpTransportTest, TellsTheHookWhatWasSent) {
  std::vector<std::pair<std::string, int>> sent;
  Reply(503);
  HttpTransport transport(
      {.integration = Jira(),
       .credential = [] { return Result<std::string>(std::string(kToken)); },
       .stop = {},
       .on_sent = [&](const SentCall& call) { sent.emplace_back(call.endpoint, call.status); }},
      connector_,
      client_,
      limits_,
      clock_
  );

  ASSERT_FALSE(transport.Send(Get()));

  EXPECT_EQ(sent, (std::vector<std::pair<std::string, int>>{{"GET /rest/issue", 503}}));
}

}  // namespace
}  // namespace pulse::source
