#include "advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::app {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Case {
  model::Job job;
  model::Receipt receipt;
  model::Integration integration;

  explicit Case(model::JobStatus status, std::string error) {
    job.id = JobId(7);
    job.error = std::move(error);
    receipt.status = status;
    integration.name = "jira-main";
    integration.provider = "jira";
    integration.base_url = "https://you.example";
  }
  std::string Advice() const { return JobAdvice(job, receipt, integration, "acme"); }
};

TEST(JobAdvice, NamesTheAddressOfASourceThatGaveNothing) {
  Case wrong_url(model::JobStatus::kFailed, "GET /serverInfo answered 404: Not Found");
  EXPECT_THAT(
      wrong_url.Advice(),
      AllOf(
          StartsWith("job 7 failed at https://you.example: GET /serverInfo answered 404"),
          HasSubstr("fix: pulse integration test jira-main --tenant acme"),
          HasSubstr("pulse integration edit jira-main --tenant acme --url URL"),
          Not(HasSubstr("\n"))
      )
  );
}

TEST(JobAdvice, SendsARefusedTokenToIntegrationEdit) {
  Case refused(model::JobStatus::kFailed, "GET /serverInfo answered 401");
  refused.integration.state = model::IntegrationState::kNeedsAttention;
  EXPECT_THAT(
      refused.Advice(),
      EndsWith("; fix: pulse integration edit jira-main --tenant acme --token-env VAR")
  );
}

TEST(JobAdvice, DoesNotSendPeopleToDeadLettersForAGap) {
  Case gap(model::JobStatus::kPartial, "1 known gap");
  gap.receipt.gaps.push_back({"jira_issues", "{}", "answered 400"});
  gap.receipt.entities["jira_issues"].inserted = 3;
  EXPECT_THAT(gap.Advice(), EndsWith("; fix: pulse sync jira-main --tenant acme --repair"));
  gap.integration.scope = {{"project", "NOPE"}};
  EXPECT_THAT(
      gap.Advice(),
      HasSubstr("or correct the scope (project=NOPE) with pulse integration edit jira-main")
  );
  gap.job.options.query = "proj = X";
  EXPECT_THAT(gap.Advice(), EndsWith("; fix: check --query"));

  gap.receipt.entities["jira_issues"].quarantined = 1;
  EXPECT_THAT(gap.Advice(), EndsWith("; fix: pulse dead-letter group --tenant acme"));
}

TEST(JobAdvice, GivesOneFixOnly) {
  const Case known(model::JobStatus::kFailed, "not public; fix: set X=1");
  EXPECT_THAT(known.Advice(), EndsWith("not public; fix: set X=1"));
}

TEST(JobAdvice, ShowsTheJobWhenThereIsNothingBetterToSay) {
  Case other(model::JobStatus::kCancelled, "");
  EXPECT_EQ(other.Advice(), "job 7 cancelled; fix: pulse job show 7 --tenant acme");
}

TEST(TellFailure, TakesTheFixThatTheMessageNames) {
  const Told told =
      TellFailure("engine", "secret.key is open to others; fix: chmod 600 secret.key");
  EXPECT_EQ(told.found, "secret.key is open to others");
  EXPECT_EQ(told.fix, "chmod 600 secret.key");
}

TEST(TellFailure, SendsAQueueWithOtherArgumentsToItsTopology) {
  const Told told =
      TellFailure("queue", "etl.load: PRECONDITION_FAILED; `pulse queue topology diff` shows all");
  EXPECT_THAT(told.found, testing::HasSubstr("PRECONDITION_FAILED"));
  EXPECT_THAT(told.fix, testing::HasSubstr("pulse queue topology apply"));
}

TEST(TellFailure, NamesTheSettingOfEveryPartThatCanFail) {
  const std::pair<std::string_view, std::string> settings[] = {
      {"engine", "database_url"},
      {"database", "database_url"},
      {"queue", "queue_url"},
      {"cache", "redis_url"},
      {"vectors", "qdrant_url"}
  };
  for (const auto& [part, setting] : settings) {
    const Told told = TellFailure(part, "connection refused");
    EXPECT_EQ(told.found, "connection refused");
    EXPECT_THAT(told.fix, testing::HasSubstr(setting)) << part;
  }
  EXPECT_FALSE(TellFailure("something new", "connection refused").fix.empty());
}

}  // namespace
}  // namespace pulse::app
