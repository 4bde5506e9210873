#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/base/time.h"
#include "pulse/source/jira/fake_jira.h"
#include "pulse/source/jira/jira.h"

namespace pulse::source::jira {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeIssue;
using testing::FakeJira;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JobRun;
using ::testing::Not;
using testing::RootRequest;
using testing::RunJob;

const std::string kSearch = "POST /rest/api/3/search/jql";
const std::string kEstimate = "POST /rest/api/3/search/approximate-count";
const std::string kBulk = "POST /rest/api/3/issue/bulkfetch";
const std::string kHistories = "POST /rest/api/3/changelog/bulkfetch";

/// The page that begins after `read` issues.
bool IsPageAfter(const Call& call, int read) {
  const std::string token = R"("nextPageToken":")" + std::to_string(read) + '"';
  return call.endpoint == kSearch && call.body.find(token) != std::string::npos &&
         call.body.find("changelog") != std::string::npos;
}

std::size_t IdsAskedFor(const Call& call) {
  const std::size_t end = call.body.find(']');
  return static_cast<std::size_t>(std::count(
             call.body.begin(), call.body.begin() + static_cast<std::ptrdiff_t>(end), ','
         )) +
         1;
}

class JiraPages : public ::testing::Test {
 protected:
  JobRun RunFirst(FakeJira& jira) {
    return RunJob(*connector_, jira, RootRequest({"jira_issues"}));
  }
  JobRun RunIncremental(FakeJira& jira) {
    FetchRequest request = RootRequest({"jira_issues"});
    request.watermark = [](std::string_view, std::string_view) {
      return Result<std::optional<EpochMs>>(1700000000000);
    };
    return RunJob(*connector_, jira, request);
  }
  void ExpectAllOf(const JobRun& run, std::size_t issues) {
    EXPECT_EQ(run.census.at("jira_issues"), static_cast<std::int64_t>(issues));
    EXPECT_EQ(run.Transformed(*connector_, model::kWorkItems).size(), issues);
    EXPECT_THAT(run.gaps, IsEmpty());
  }

  std::unique_ptr<Connector> connector_ = NewJiraConnector();
};

TEST_F(JiraPages, ReadASmallSiteToTheEnd) {
  FakeJira jira;
  jira.AddIssues(1050, [](int i, FakeIssue& issue) { issue.histories = i % 33 == 0 ? 57 : 4; });

  const JobRun run = RunFirst(jira);

  ExpectAllOf(run, 1050);
  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_EQ(jira.Count(kEstimate), 1);
  EXPECT_EQ(jira.CountPages(), 11);
  EXPECT_EQ(jira.Count(kHistories), 1) << "32 long histories wait for each other";
  EXPECT_EQ(jira.CountSweeps() + jira.Count(kBulk), 0);
}

TEST_F(JiraPages, GiveWayToBulkFetchesBeyondTwoThousandIssues) {
  for (const int estimate : {2000, 2001}) {
    FakeJira jira({.estimate = estimate});
    jira.AddIssues(250);

    ExpectAllOf(RunFirst(jira), 250);

    const bool pages = estimate == 2000;
    EXPECT_EQ(jira.CountPages(), pages ? 3 : 0);
    EXPECT_EQ(jira.CountSweeps(), pages ? 0 : 1);
    EXPECT_EQ(jira.Count(kBulk), pages ? 0 : 3);
  }
}

TEST_F(JiraPages, AreNotChosenWhenNobodyKnowsHowManyThereAre) {
  FakeJira jira;
  jira.AddIssues(5);
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.endpoint != kEstimate) return std::nullopt;
    return Answer{.status = 404, .headers = {}, .body = "{}"};
  };

  const JobRun run = RunFirst(jira);

  ExpectAllOf(run, 5);
  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_EQ(jira.CountSweeps(), 1);
}

TEST_F(JiraPages, ARefusedEstimateIsARefusal) {
  FakeJira jira;
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.endpoint != kEstimate) return std::nullopt;
    return Answer{.status = 401, .headers = {}, .body = "{}"};
  };

  const JobRun run = RunFirst(jira);

  ASSERT_FALSE(run.errors.empty());
  EXPECT_EQ(run.errors[0].kind(), ErrorKind::kUnauthorized);
}

TEST_F(JiraPages, AnIncrementalPassThatFindsNothingIsOneCall) {
  FakeJira jira;

  const JobRun run = RunIncremental(jira);

  ExpectAllOf(run, 0);
  EXPECT_EQ(jira.Count(kSearch), 1);
  EXPECT_EQ(jira.sent.size(), 1U) << "not even who the server is";
  EXPECT_THAT(run.pages, IsEmpty());
  ASSERT_EQ(run.windows.size(), 1U);
  EXPECT_EQ(run.windows[0].from, 1700000000000);
}

TEST_F(JiraPages, AnIncrementalPassOverEverythingIsOneCallToo) {
  FakeJira jira({.date = "Mon, 23 Nov 2026 10:00:00 GMT"});
  const EpochMs now = *ParseInstant("2026-11-23T10:00:00Z");
  constexpr EpochMs kHour = EpochMs{60} * 60 * 1000;
  EpochMs reference_age = 23 * kHour;
  FetchRequest request = RootRequest();
  request.watermark = [&](std::string_view entity, std::string_view) {
    return Result<std::optional<EpochMs>>(
        entity == "jira_issues" ? now - kHour : now - reference_age
    );
  };

  RunJob(*connector_, jira, request);
  EXPECT_EQ(jira.sent.size(), 1U);

  reference_age = 25 * kHour;
  RunJob(*connector_, jira, request);
  EXPECT_EQ(jira.Count("GET /rest/api/3/status"), 1) << "once a day at least";

  reference_age = kHour;
  jira.AddIssues(1);
  const JobRun run = RunJob(*connector_, jira, request);
  EXPECT_EQ(jira.Count("GET /rest/api/3/status"), 2) << "a changed issue may use a new status";
  EXPECT_EQ(run.Transformed(*connector_, model::kWorkItems).size(), 1U);
}

TEST_F(JiraPages, ADataCenterIsFoundOutByTheSearchItDoesNotHave) {
  FakeJira jira({.is_cloud = false});
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.path.find("/search/jql") == std::string::npos) return std::nullopt;
    return Answer{.status = 404, .headers = {}, .body = "{}"};
  };
  EXPECT_THAT(RunIncremental(jira).errors, IsEmpty());
  EXPECT_EQ(jira.sent.size(), 2U) << "the search it does not have, and the one it has";
  jira.AddIssues(2);

  const JobRun run = RunIncremental(jira);

  ExpectAllOf(run, 2);
  EXPECT_THAT(run.errors, IsEmpty());
}

TEST_F(JiraPages, AnIncrementalPassThatFindsLittleIsOneCallToo) {
  FakeJira jira;
  jira.AddIssues(3);

  const JobRun run = RunIncremental(jira);

  ExpectAllOf(run, 3);
  EXPECT_EQ(jira.Count(kSearch), 1);
  EXPECT_EQ(jira.Count(kEstimate) + jira.Count(kBulk) + jira.Count(kHistories), 0);
}

TEST_F(JiraPages, AreAskedForByCreationWithTheirFieldsAndHistories) {
  FakeJira jira;
  jira.AddIssues(1);

  RunIncremental(jira);

  const Call& call = jira.sent.front();
  ASSERT_EQ(call.endpoint, kSearch);
  EXPECT_THAT(call.body, HasSubstr(R"(updated >= 1700000000000 ORDER BY created ASC")"));
  EXPECT_THAT(call.body, HasSubstr(R"("expand":"changelog")")) << "a text here, a list in bulk";
  EXPECT_THAT(call.body, HasSubstr(R"("-attachment")"));
}

TEST_F(JiraPages, FlushLongHistoriesWheneverABulkCallIsFull) {
  FakeJira jira({.inline_histories = 5});
  jira.AddIssues(1500, [](int, FakeIssue& issue) { issue.histories = 6; });

  const JobRun run = RunFirst(jira);

  ExpectAllOf(run, 1500);
  std::vector<std::size_t> sizes;
  std::size_t first_flush = jira.sent.size();
  for (std::size_t i = 0; i < jira.sent.size(); ++i) {
    if (jira.sent[i].endpoint != kHistories) continue;
    sizes.push_back(IdsAskedFor(jira.sent[i]));
    first_flush = std::min(first_flush, i);
  }
  EXPECT_THAT(sizes, ElementsAre(1000, 500));
  const auto last_page = std::find_if(jira.sent.begin(), jira.sent.end(), [](const Call& call) {
    return IsPageAfter(call, 1400);
  });
  EXPECT_LT(static_cast<std::ptrdiff_t>(first_flush), last_page - jira.sent.begin())
      << "the full batch does not wait for the end";
}

TEST_F(JiraPages, KeepABulkCallOfHistoriesUnderTenThousandEntries) {
  FakeJira jira;
  jira.AddIssues(400, [](int, FakeIssue& issue) { issue.histories = 99; });

  const JobRun run = RunFirst(jira);

  ExpectAllOf(run, 400);
  EXPECT_EQ(jira.Count(kHistories), 4) << "101 histories of 99 entries each fit one";
}

TEST_F(JiraPages, HandTheRestOverAfterTwentyOfThem) {
  FakeJira jira({.issues_per_page = 10});
  jira.AddIssues(350, [](int i, FakeIssue& issue) { issue.histories = i % 50 == 0 ? 57 : 4; });

  const JobRun run = RunIncremental(jira);

  ExpectAllOf(run, 350);
  EXPECT_EQ(jira.CountPages(), 20);
  EXPECT_EQ(jira.CountSweeps(), 1);
  EXPECT_EQ(jira.Count(kBulk), 2) << "150 are left: what was read is not fetched again";
  EXPECT_EQ(jira.Count(kHistories), 2) << "one of the pages, one of the chain";
}

TEST_F(JiraPages, HandOverToASweepOfSeveralCalls) {
  FakeJira jira({.ids_per_page = 100, .issues_per_page = 10});
  jira.AddIssues(350);

  ExpectAllOf(RunIncremental(jira), 350);
  EXPECT_EQ(jira.CountSweeps(), 4);
  EXPECT_EQ(jira.Count(kBulk), 2);
}

TEST_F(JiraPages, AnEndAtTheTwentiethIsTheEnd) {
  FakeJira jira({.issues_per_page = 10});
  jira.AddIssues(200);

  ExpectAllOf(RunIncremental(jira), 200);
  EXPECT_EQ(jira.CountPages(), 20);
  EXPECT_EQ(jira.CountSweeps(), 0);
}

TEST_F(JiraPages, RefuseTheirOwnTokenAndLeaveTheRestToTheSweep) {
  FakeJira jira({.issues_per_page = 10, .repeats_token = true});
  jira.AddIssues(50);

  const JobRun run = RunFirst(jira);

  ASSERT_EQ(run.errors.size(), 2U);
  EXPECT_EQ(run.errors[0].kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(run.errors[0].message(), HasSubstr("token"));
  ExpectAllOf(run, 50);
  EXPECT_EQ(jira.Count(kBulk), 1) << "the 30 after the second page";
}

TEST_F(JiraPages, OneThatStaysUndecodableIsKeptAsFailedAndTheSweepReadsTheRest) {
  FakeJira jira;
  jira.AddIssues(350);
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (!IsPageAfter(call, 100)) return std::nullopt;
    return Answer{.status = 200, .headers = {}, .body = R"({"issues":[{"id":"100)"};
  };

  const JobRun run = RunFirst(jira);

  ExpectAllOf(run, 350);
  ASSERT_EQ(run.errors.size(), 2U) << "fetched twice more";
  EXPECT_EQ(run.errors[0].kind(), ErrorKind::kInvalid);
  const auto failed = std::find_if(run.pages.begin(), run.pages.end(), [](const auto& page) {
    return page.error_details.has_value();
  });
  ASSERT_NE(failed, run.pages.end());
  EXPECT_EQ(failed->body, R"({"issues":[{"id":"100)") << "as it came";
  EXPECT_EQ(jira.CountPages(), 1 + 3);
  EXPECT_EQ(jira.Count(kBulk), 3) << "250 are left";
}

TEST_F(JiraPages, NoMalformedPageLosesAnIssue) {
  for (const std::string body :
       {"",
        "null",
        "[]",
        "{}",
        R"({"issues":null,"isLast":true})",
        R"({"issues":{},"isLast":true})",
        "<html>",
        R"({"issues":[)",
        R"({"issues":[{"id":"10001"})",
        R"({"issues":[{"id":"10001"}])",
        R"({"issues":[{"id":"10001"}],"isLast":tru})",
        R"({"issues":[] "isLast":true})"}) {
    FakeJira jira;
    jira.AddIssues(5);
    jira.override = [&](const Call& call) -> std::optional<Answer> {
      const bool page =
          call.endpoint == kSearch && call.body.find("changelog") != std::string::npos;
      if (!page) return std::nullopt;
      return Answer{.status = 200, .headers = {}, .body = body};
    };

    const JobRun run = RunFirst(jira);

    EXPECT_EQ(run.errors.size(), 2U) << body;
    ExpectAllOf(run, 5);
  }
}

TEST_F(JiraPages, OneTheSourceKeepsRefusingIsLeftToTheSweep) {
  for (const int status : {400, 500}) {
    FakeJira jira;
    jira.AddIssues(350);
    jira.override = [&](const Call& call) -> std::optional<Answer> {
      if (!IsPageAfter(call, 100)) return std::nullopt;
      return Answer{.status = status, .headers = {}, .body = "{}"};
    };

    const JobRun run = RunFirst(jira);

    ExpectAllOf(run, 350);
    EXPECT_EQ(run.errors.size(), 2U) << status;
  }
}

TEST_F(JiraPages, AQueryTheSourceRefusesIsNotTriedAnotherWay) {
  FakeJira jira;
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.endpoint != kSearch) return std::nullopt;
    return Answer{400, {}, R"({"errorMessages":["The value 'X' does not exist"]})"};
  };

  const JobRun run = RunIncremental(jira);

  ASSERT_EQ(run.errors.size(), 3U);
  EXPECT_THAT(run.errors[0].message(), HasSubstr("does not exist"));
  EXPECT_EQ(jira.CountSweeps(), 0);
}

TEST_F(JiraPages, OneBrokenRecordTakesNeitherItsPageNorTheNextAlong) {
  FakeJira jira;
  jira.AddIssues(250, [](int i, FakeIssue& issue) {
    if (i == 50) issue.raw = "{\"id\":\"10051\",\"key\":\"PAY-\xFF\",\"fields\":{}}";
  });

  const JobRun run = RunFirst(jira);

  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_EQ(jira.CountPages(), 3);
  EXPECT_EQ(jira.CountSweeps(), 0);
  EXPECT_EQ(run.census.at("jira_issues"), 250) << "249 loaded and one set aside";
  EXPECT_EQ(run.Transformed(*connector_, model::kWorkItems).size(), 249U);
  EXPECT_EQ(run.pages[0].record_count, 100);
}

TEST_F(JiraPages, ABrokenRecordIsNotFetchedAndCountedAgainAfterAHandOver) {
  FakeJira jira({.issues_per_page = 10});
  jira.AddIssues(205, [](int i, FakeIssue& issue) {
    if (i == 50) issue.raw = "{\"id\":\"10051\",\"key\":\"PAY-\xFF\",\"fields\":{}}";
  });

  const JobRun run = RunFirst(jira);

  EXPECT_EQ(jira.CountSweeps(), 1) << "20 short pages were read";
  EXPECT_EQ(run.census.at("jira_issues"), 205);
  const auto bulk = std::find_if(jira.sent.begin(), jira.sent.end(), [](const Call& call) {
    return call.endpoint == kBulk;
  });
  ASSERT_NE(bulk, jira.sent.end());
  EXPECT_THAT(bulk->body, HasSubstr("10205"));
  EXPECT_THAT(bulk->body, Not(HasSubstr("10051")));
}

TEST_F(JiraPages, AnIssueThatIsOnTwoOfThemIsCountedOnce) {
  FakeJira jira;
  jira.AddIssues(150);
  jira.issues.push_back(jira.issues.front());

  ExpectAllOf(RunFirst(jira), 150);
}

TEST_F(JiraPages, AreStoredWithoutTheTokenThatIsNewAtEveryReading) {
  FakeJira jira;
  jira.AddIssues(250);

  const JobRun run = RunFirst(jira);

  ASSERT_EQ(jira.CountPages(), 3) << "so two of them came with a token";
  EXPECT_EQ(run.Bodies("jira_issues").size(), 3U);
  EXPECT_THAT(run.Bodies("jira_issues"), Each(Not(HasSubstr("nextPageToken"))));
}

}  // namespace
}  // namespace pulse::source::jira
