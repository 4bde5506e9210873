#include "pulse/simulate/simulator.h"

#include <cstdio>
#include <fstream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/http/client.h"

namespace pulse::simulate {
namespace {

using ::testing::HasSubstr;

SimulateOptions Options(std::vector<FaultOption> faults = {}) {
  SimulateOptions options;
  options.issues = 300;
  options.prs = 20;
  options.faults = std::move(faults);
  return options;
}

class Caller {
 public:
  explicit Caller(const Simulator& simulator, std::string ca_file = "")
      : simulator_(simulator), tls_(!ca_file.empty()) {
    http::ClientOptions options;
    options.allow_private_addresses = true;
    options.ca_file = std::move(ca_file);
    client_ = http::NewClient(options);
  }

  Result<http::ClientResponse> Get(const std::string& path) const {
    http::ClientRequest request;
    request.url = (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") +
                  std::to_string(tls_ ? simulator_.tls_port() : simulator_.port()) + path;
    request.headers.emplace_back("Authorization", "Bearer token");
    return client_->Send(request, {});
  }

 private:
  const Simulator& simulator_;
  bool tls_;
  std::unique_ptr<http::Client> client_;
};

TEST(Simulator, SaysThatItIsReadyAndCountsItsCalls) {
  const auto simulator = StartSimulator(Options()).value();
  const Caller caller(*simulator);

  EXPECT_EQ(caller.Get("/_simulate/health")->status, 200);
  ASSERT_EQ(caller.Get("/rest/api/3/issue/PAY-1")->status, 200);
  ASSERT_EQ(caller.Get("/rest/api/3/issue/PAY-2")->status, 200);
  const auto stats = nlohmann::json::parse(caller.Get("/_simulate/stats")->body);

  EXPECT_EQ(stats["calls"], nlohmann::json({{"GET /rest/api/3/issue/{id}", 2}}));
  EXPECT_EQ(stats["records"]["jira_issues"], 300);
  EXPECT_EQ(nlohmann::json::parse(simulator->StatsJson()), stats);
}

TEST(Simulator, ServesHttpsWithACertificateThatCanBeTrusted) {
  SimulateOptions options = Options();
  options.tls = true;
  const auto simulator = StartSimulator(options).value();
  const std::string file =
      ::testing::TempDir() + "simulator-" + std::to_string(::getpid()) + ".pem";
  std::ofstream(file) << simulator->tls_certificate();

  const auto trusted = Caller(*simulator, file).Get("/_simulate/health");
  std::remove(file.c_str());

  ASSERT_TRUE(trusted.has_value()) << trusted.error().message();
  EXPECT_EQ(trusted->status, 200);
}

TEST(Simulator, AnswersTooManyCallsWith429AndWhenToComeBack) {
  SimulateOptions options = Options();
  options.rate_limit_per_second = 1;
  const auto simulator = StartSimulator(options).value();
  const Caller caller(*simulator);

  // The second of two calls at once must wait; a slow machine may need a few tries to be at once.
  http::ClientResponse refused;
  for (int i = 0; i < 50 && refused.status != 429; ++i) {
    refused = *caller.Get("/rest/api/3/serverInfo");
  }

  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(http::HeaderValue(refused.headers, "Retry-After"), "1");
  EXPECT_EQ(http::HeaderValue(refused.headers, "RateLimit-Reason"), "jira-burst-based");
  EXPECT_EQ(http::HeaderValue(refused.headers, "X-RateLimit-Limit"), "1");
}

TEST(Simulator, RefusesForABurstAndForAQuotaInTurn) {
  const auto simulator = StartSimulator(Options({{"429", 100}})).value();
  const Caller caller(*simulator);
  for (const char* reason : {"jira-burst-based", "jira-quota-tenant-based", "jira-burst-based"}) {
    const auto refused = caller.Get("/rest/api/3/serverInfo");
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(http::HeaderValue(refused->headers, "RateLimit-Reason"), reason);
  }
}

TEST(Simulator, FailsOnPurposeInEveryWayItIsAskedTo) {
  const auto answer_with = [](const std::string& fault) {
    const auto simulator = StartSimulator(Options({{fault, 100}})).value();
    return Caller(*simulator).Get("/rest/api/3/issue/PAY-1");
  };

  EXPECT_EQ(answer_with("500")->status, 500);
  EXPECT_EQ(answer_with("502")->status, 502);
  EXPECT_EQ(answer_with("503")->status, 503);
  EXPECT_EQ(http::HeaderValue(answer_with("429")->headers, "Retry-After"), "1");
  EXPECT_THAT(answer_with("html")->body, HasSubstr("<form"));
  EXPECT_EQ(answer_with("reset").error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(answer_with("cut").error().kind(), ErrorKind::kUnavailable);
  const auto malformed = answer_with("malformed");
  EXPECT_EQ(malformed->status, 200);
  EXPECT_FALSE(nlohmann::json::accept(malformed->body));
}

TEST(Simulator, RefusesOptionsThatMakeNoSense) {
  SimulateOptions negative = Options();
  negative.issues = -1;
  SimulateOptions no_file = Options();
  no_file.jira_issue_files = {"/nowhere/issues.jsonl"};

  EXPECT_EQ(StartSimulator(negative).error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(StartSimulator(no_file).error().message(), HasSubstr("/nowhere/issues.jsonl"));
  EXPECT_EQ(StartSimulator(Options({{"gremlins", 1}})).error().kind(), ErrorKind::kInvalid);
}

TEST(Simulator, StopsTwiceWithoutHarm) {
  const auto simulator = StartSimulator(Options()).value();
  simulator->Stop();
  simulator->Stop();

  EXPECT_FALSE(Caller(*simulator).Get("/_simulate/health").has_value());
}

}  // namespace
}  // namespace pulse::simulate
