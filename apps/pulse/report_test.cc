#include "report.h"

#include "exit_code.h"
#include "json_array.h"
#include "receipt_text.h"
#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ProblemJson, HasTheContractsMembers) {
  const Error error =
      Error{ErrorKind::kRateLimited, "jira: slow down"}.RetryAfter(std::chrono::seconds(2));
  const auto problem = nlohmann::json::parse(ProblemJson(error));
  EXPECT_EQ(problem.at("code"), "rate_limited");
  EXPECT_EQ(problem.at("status"), 429);
  EXPECT_EQ(problem.at("detail"), "jira: slow down");
  EXPECT_EQ(problem.at("retryable"), true);
  EXPECT_EQ(problem.at("retry_after_ms"), 2000);
  EXPECT_TRUE(problem.contains("type"));
  EXPECT_TRUE(problem.contains("title"));
}

TEST(ErrorLine, IsOneLineAnError) {
  EXPECT_EQ(ErrorLine(Error{ErrorKind::kInvalid, "a: b; fix: c"}), "pulse: a: b; fix: c\n");
  EXPECT_EQ(ErrorLine(Error{ErrorKind::kInvalid, "one\ntwo"}), "pulse: one\npulse: two\n");
}

TEST(ExitCodeOf, FollowsTheContract) {
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kInvalid)), 2);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kNotFound)), 3);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kUnauthorized)), 4);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kConflict)), 5);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kUnavailable)), 6);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kTimeout)), 7);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kCancelled)), 130);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(ErrorKind::kInternal)), 1);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(model::JobStatus::kFinished)), 0);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(model::JobStatus::kPartial)), 8);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(model::JobStatus::kFailed)), 1);
}

TEST(SplitJsonArray, LeavesEveryElementAsItStands) {
  EXPECT_THAT(*SplitJsonArray("[]"), IsEmpty());
  EXPECT_THAT(*SplitJsonArray(" [ ] \n"), IsEmpty());
  EXPECT_THAT(
      *SplitJsonArray(R"([{"a":"],[\"}"}, {"b":[1,2,{}]},3])"),
      ElementsAre(R"({"a":"],[\"}"})", R"({"b":[1,2,{}]})", "3")
  );
  EXPECT_FALSE(SplitJsonArray("{}"));
  EXPECT_FALSE(SplitJsonArray(""));
}

model::Receipt Receipt() {
  model::Receipt receipt;
  receipt.job = JobId(7);
  receipt.status = model::JobStatus::kPartial;
  receipt.seconds = 41.2;
  receipt.entities["jira_issues"] = {
      .source = 3000,
      .records = 2994,
      .inserted = 2990,
      .unchanged = 4,
      .quarantined = 6,
      .vectors = 2990
  };
  receipt.entities["people"] = {.source = {}, .records = 40, .inserted = 40};
  receipt.api_calls["GET /x"] = 12;
  return receipt;
}

TEST(AddsUp, ComparesTheSourceWithWhatBecameOfIt) {
  EXPECT_TRUE(AddsUp(Receipt()));

  model::Receipt lost = Receipt();
  lost.entities["jira_issues"].quarantined = 5;
  EXPECT_FALSE(AddsUp(lost));

  model::Receipt hole = Receipt();
  hole.gaps.push_back({"jira_issues", "page 3", "502"});
  EXPECT_FALSE(AddsUp(hole));
}

TEST(ReceiptText, SaysTheSameNumbersAsTheJson) {
  const std::string text = ReceiptText(Receipt(), "acme/jira-main", 0);
  EXPECT_THAT(text, HasSubstr("PARTIAL job 7  acme/jira-main  partial in 41.2 s"));
  EXPECT_THAT(text, HasSubstr("3,000"));
  EXPECT_THAT(text, HasSubstr("calls 12   gaps 0"));
  EXPECT_EQ(
      ReceiptLine(Receipt()),
      "source 3,000 = loaded 2,994 + quarantined 6   changed 2,990   vectors 2,990   gaps 0"
  );
}

TEST(GapText, NamesARepositoryAndNoCursor) {
  EXPECT_EQ(
      GapText({"github_prs", "acme/api", "answered 404"}), "github_prs acme/api: answered 404"
  );
  EXPECT_EQ(
      GapText({"jira_issues", R"({"do":"sweep"})", "answered 400"}), "jira_issues: answered 400"
  );
}

}  // namespace
}  // namespace pulse::app
