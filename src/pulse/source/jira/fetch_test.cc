#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/base/time.h"
#include "pulse/source/jira/fake_jira.h"
#include "pulse/source/jira/jira.h"

namespace pulse::source::jira {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeIssue;
using testing::FakeJira;
using testing::FakeOptions;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JobRun;
using ::testing::Key;
using ::testing::Not;
using testing::RootRequest;
using testing::RunJob;

const std::string kSweep = "POST /rest/api/3/search/jql";
const std::string kBulk = "POST /rest/api/3/issue/bulkfetch";
/// An estimate that makes the bulk plan.
constexpr int kMany = 1'000'000;
const std::string kHistories = "POST /rest/api/3/changelog/bulkfetch";

class JiraFetch : public ::testing::Test {
 protected:
  JobRun RunIssues(FakeJira& jira) {
    return RunJob(*connector_, jira, RootRequest({"jira_issues"}));
  }
  std::size_t WorkItems(const JobRun& run) {
    return run.Transformed(*connector_, model::kWorkItems).size();
  }

  std::unique_ptr<Connector> connector_ = NewJiraConnector();
};

TEST_F(JiraFetch, ReadsTenThousandIssuesWithFullHistoriesInElevenCallsPerThousand) {
  FakeJira jira;
  jira.AddIssues(10000, [](int i, FakeIssue& issue) { issue.histories = i % 33 == 0 ? 57 : 4; });

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(run.census.at("jira_issues"), 10000);
  EXPECT_EQ(WorkItems(run), 10000U);
  EXPECT_THAT(run.errors, IsEmpty());
  const int calls = jira.Count("POST /rest/api/3/search/approximate-count") + jira.Count(kSweep) +
                    jira.Count(kBulk) + jira.Count(kHistories);
  EXPECT_LE(calls, 110) << "sweep " << jira.Count(kSweep) << " bulk " << jira.Count(kBulk)
                        << " histories " << jira.Count(kHistories);
  EXPECT_EQ(jira.Count(kBulk), 100) << "no bulk call may go out with fewer than 100 issues";
}

TEST_F(JiraFetch, FetchesWhatDidNotFitInline) {
  FakeJira jira;
  jira.AddIssues(3, [](int i, FakeIssue& issue) {
    if (i == 1) issue.histories = 90, issue.comments = 250, issue.worklogs = 30;
  });

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(jira.Count(kHistories), 1);
  EXPECT_EQ(jira.Count("GET /rest/api/3/issue/{id}/comment"), 3) << "250 comments, 100 per page";
  EXPECT_EQ(jira.Count("GET /rest/api/3/issue/{id}/worklog"), 1);
  ASSERT_EQ(run.Bodies("jira_changes").size(), 1U);
  ASSERT_EQ(run.Bodies("jira_issue_details").size(), 1U);
  model::RowBatch rows;
  connector_->Transform("jira_issue_details", "{}", run.Bodies("jira_issue_details")[0], rows);
  ASSERT_EQ(rows.records().size(), 2U);
  EXPECT_EQ(rows.rows(rows.records()[0]).size(), 250U);
  EXPECT_EQ(rows.records()[0].complete, model::SetOf(model::kComments));
  EXPECT_EQ(rows.rows(rows.records()[1]).size(), 30U);
}

TEST_F(JiraFetch, TakesConfirmedGoneIssuesOffTheCensus) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(250, [](int i, FakeIssue& issue) { issue.gone = i == 7 || i == 199; });

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(run.census.at("jira_issues"), 248);
  EXPECT_EQ(WorkItems(run), 248U);
  EXPECT_THAT(run.gaps, IsEmpty());
  EXPECT_EQ(jira.Count("GET /rest/api/3/issue/{id}"), 2) << "each is confirmed by itself";
}

TEST_F(JiraFetch, NamesIssuesThatExistButAreNeverAnswered) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(5, [](int i, FakeIssue& issue) { issue.left_out = i == 2; });

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(run.census.at("jira_issues"), 5) << "the census must still show the hole";
  EXPECT_EQ(WorkItems(run), 4U);
  ASSERT_EQ(run.gaps.size(), 1U);
  EXPECT_EQ(run.gaps[0].scope, "issues 10003");
  EXPECT_EQ(run.errors.size(), 2U) << "it is tried twice more before it is called a gap";
}

TEST_F(JiraFetch, RefusesASweepThatHandsOutItsOwnToken) {
  FakeJira jira({.ids_per_page = 10, .estimate = kMany, .repeats_token = true});
  jira.AddIssues(50);

  const JobRun run = RunIssues(jira);

  ASSERT_EQ(run.errors.size(), 3U);
  EXPECT_EQ(run.errors[0].kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(run.errors[0].message(), HasSubstr("token"));
}

TEST_F(JiraFetch, EndsASweepWhoseTokensGoRoundInACircle) {
  for (const int length : {2, 3, 7, 40}) {
    FakeJira jira({.estimate = kMany});
    jira.AddIssues(1);
    int pages = 0;
    jira.override = [&](const Call& call) -> std::optional<Answer> {
      if (call.endpoint != kSweep) return std::nullopt;
      ++pages;
      // Each token leads to the next, whoever asks how often.
      const std::size_t at = call.body.find(R"("nextPageToken":"t)");
      const int asked = at == std::string::npos ? 0 : std::stoi(call.body.substr(at + 18));
      const std::string token = "t" + std::to_string(asked % length + 1);
      return Answer{200, {}, R"({"issues":[{"id":"10001"}],"nextPageToken":")" + token + R"("})"};
    };

    const JobRun run = RunIssues(jira);

    EXPECT_LE(pages, 4 * length + 4) << length;
    ASSERT_EQ(run.errors.size(), 3U);
    EXPECT_THAT(run.errors[0].message(), HasSubstr("token again"));
  }
}

TEST_F(JiraFetch, MissesNoHistoryOfAnIssueThatIsGoneByNow) {
  FakeJira jira;
  jira.AddIssues(3, [](int i, FakeIssue& issue) {
    if (i > 0) issue.histories = 90;
  });
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.endpoint == kHistories) jira.issues.pop_back();
    return std::nullopt;
  };

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(jira.issues.size(), 2U);
  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_THAT(run.gaps, IsEmpty()) << "it would hold the window back for somebody's deletion";
}

TEST_F(JiraFetch, CallsNoHistoryCompleteThatWasCut) {
  FakeJira jira;
  jira.AddIssues(1, [](int, FakeIssue& issue) { issue.histories = 90; });
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.endpoint != kHistories) return std::nullopt;
    return Answer{
        200,
        {},
        R"({"issueChangeLogs":[{"issueId":"10001","changeHistories":[{"id":"1","created":1706781600000,)"
        R"("items":[{"field":"status"}]}]}]})"
    };
  };

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(run.errors.size(), 1U) << "it is tried once more";
  EXPECT_THAT(run.gaps, IsEmpty());
  for (const store::NewRawPage& page : run.pages) {
    if (page.transform_entity != "jira_changes") continue;
    model::RowBatch rows;
    const Transformed made =
        connector_->Transform(page.transform_entity, page.request, page.body, rows);
    ASSERT_EQ(made.problems.size(), 1U);
    EXPECT_EQ(made.problems[0].code, "jira_change.not_shown");
    EXPECT_FALSE(made.problems[0].counts_as_record);
    EXPECT_EQ(rows.records()[0].complete, 0U);
  }
}

TEST_F(JiraFetch, CallsNoListCompleteThatShowsLessThanItCounts) {
  FakeJira jira;
  jira.AddIssues(1, [](int, FakeIssue& issue) { issue.comments = 150; });
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.path.find("/comment?startAt=100") == std::string::npos) return std::nullopt;
    return Answer{200, {}, R"({"total":150,"comments":[]})"};
  };

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(run.errors.size(), 2U);
  const auto bodies = run.Bodies("jira_issue_details");
  ASSERT_EQ(bodies.size(), 1U);
  model::RowBatch rows;
  const Transformed made = connector_->Transform("jira_issue_details", "{}", bodies[0], rows);
  ASSERT_EQ(made.problems.size(), 1U);
  EXPECT_EQ(made.problems[0].code, "jira_comment.not_shown");
  EXPECT_EQ(rows.records()[0].complete, 0U) << "what is known already stays";
}

TEST_F(JiraFetch, FailsWhenTheSecondPageOfABoardsSprintsIsRefused) {
  FakeJira jira;
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.path.find("/board/1/sprint?startAt=0") != std::string::npos) {
      return Answer{200, {}, R"({"values":[{"id":7,"name":"S7"}],"isLast":false})"};
    }
    if (call.path.find("/board/1/sprint") == std::string::npos) return std::nullopt;
    return Answer{400, {}, "{}"};
  };

  const JobRun run = RunJob(*connector_, jira, RootRequest({"jira_sprints"}));

  EXPECT_EQ(run.errors.size(), 3U);
}

TEST_F(JiraFetch, GoesOnAfterAnEmptyPageWithAToken) {
  for (const int estimate : {30, kMany}) {
    FakeJira jira({.estimate = estimate, .empty_page_first = true});
    jira.AddIssues(30);

    EXPECT_EQ(WorkItems(RunIssues(jira)), 30U);
  }
}

TEST_F(JiraFetch, AcceptsFewerIdsPerPageThanItAskedFor) {
  FakeJira jira({.ids_per_page = 100, .estimate = kMany});
  jira.AddIssues(1050);

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(jira.Count(kSweep), 11);
  EXPECT_EQ(run.census.at("jira_issues"), 1050);
  EXPECT_EQ(WorkItems(run), 1050U);
}

TEST_F(JiraFetch, OneBrokenRecordDoesNotTakeItsPageOrItsNeighbours) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(100, [](int i, FakeIssue& issue) {
    if (i == 50) issue.raw = "{\"id\":\"10051\",\"key\":\"PAY-\xFF\",\"fields\":{}}";
  });

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(WorkItems(run), 99U);
  EXPECT_THAT(run.gaps, IsEmpty()) << "the transform sets the record aside";
  ASSERT_EQ(run.pages.size(), 1U);
  EXPECT_EQ(run.pages[0].record_count, 100);
}

TEST_F(JiraFetch, AStepGoesOnToTheNextPageOfAQuickSource) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(350);

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(run.most_pages, 4U) << "all pages of the chain";
  EXPECT_EQ(WorkItems(run), 350U);
  EXPECT_EQ(jira.Count(kBulk), 4);
}

TEST_F(JiraFetch, AnUndecodablePageBecomesAGapAndItsChainGoesOn) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(350);
  jira.override = [](const Call& call) -> std::optional<Answer> {
    const bool spoilt = call.endpoint == kBulk && call.body.find("10101") != std::string::npos;
    if (!spoilt) return std::nullopt;
    return Answer{.status = 200, .headers = {}, .body = R"({"issues":[{"id":"100)"};
  };

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(WorkItems(run), 250U);
  EXPECT_EQ(run.census.at("jira_issues"), 350) << "the census still shows the hole";
  ASSERT_EQ(run.gaps.size(), 1U);
  EXPECT_THAT(run.gaps[0].scope, HasSubstr("10101,10102"));
  EXPECT_EQ(run.errors.size(), 2U) << "fetched twice more";
  EXPECT_EQ(run.errors[0].kind(), ErrorKind::kInvalid);
  const auto failed = std::count_if(run.pages.begin(), run.pages.end(), [](const auto& page) {
    return page.error_details.has_value();
  });
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(jira.Count(kBulk), 3 + 3 + 1) << "and once by the step before, which left it alone";
}

TEST_F(JiraFetch, APageTheSourceKeepsRefusingTakesNobodyAlong) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(350);
  jira.override = [](const Call& call) -> std::optional<Answer> {
    const bool refused = call.endpoint == kBulk && call.body.find("10101") != std::string::npos;
    if (!refused) return std::nullopt;
    return Answer{.status = 500, .headers = {}, .body = "{}"};
  };

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(WorkItems(run), 250U);
  ASSERT_FALSE(run.errors.empty());
  EXPECT_EQ(run.errors.back().kind(), ErrorKind::kUnavailable)
      << "the step of that page fails alone";
}

TEST_F(JiraFetch, ALoginPageInBetweenIsFetchedAgain) {
  FakeJira jira;
  jira.AddIssues(5);
  std::set<std::string> spoilt;
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (!spoilt.insert(call.endpoint).second) return std::nullopt;
    return Answer{
        200, {{"Content-Type", "text/html"}}, "<html><form action='/login'></form></html>"
    };
  };

  const JobRun run = RunJob(*connector_, jira, RootRequest());

  EXPECT_EQ(WorkItems(run), 5U);
  EXPECT_THAT(run.gaps, IsEmpty());
  ASSERT_FALSE(run.errors.empty()) << "every endpoint was spoilt once";
  for (const Error& error : run.errors) EXPECT_THAT(error.message(), HasSubstr("login page"));
}

TEST_F(JiraFetch, ADamagedAnswerThatComesWholeTheSecondTimeLeavesNoTrace) {
  FakeJira jira({.estimate = kMany});
  jira.AddIssues(20);
  int bulk_calls = 0;
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.endpoint != kBulk || ++bulk_calls > 1) return std::nullopt;
    return Answer{.status = 200, .headers = {}, .body = "{\"issues\":["};
  };

  const JobRun run = RunIssues(jira);

  EXPECT_EQ(WorkItems(run), 20U);
  EXPECT_THAT(run.gaps, IsEmpty());
  EXPECT_EQ(run.pages.size(), 1U);
}

TEST_F(JiraFetch, FollowsTheTokensOfLongHistoriesIntoOnePage) {
  FakeJira jira;
  jira.AddIssues(1, [](int, FakeIssue& issue) { issue.histories = 50; });
  const auto page = [](std::string_view history, std::string_view tail) {
    return std::string(R"({"issueChangeLogs":[{"issueId":"10001","changeHistories":[{"id":")") +
           std::string(history) + R"(","created":1706781600000,"items":[{"field":"status"}]}]}])" +
           std::string(tail) + "}";
  };
  jira.override = [&](const Call& call) -> std::optional<Answer> {
    if (call.endpoint != kHistories) return std::nullopt;
    const bool second = call.body.find("nextPageToken") != std::string::npos;
    return Answer{
        200,
        {},
        second ? page("2", R"(,"nextPageToken":null)") : page("1", R"(,"nextPageToken":"t")")
    };
  };

  const JobRun run = RunIssues(jira);

  ASSERT_EQ(run.Bodies("jira_changes").size(), 1U);
  model::RowBatch rows;
  connector_->Transform("jira_changes", "{}", run.Bodies("jira_changes")[0], rows);
  ASSERT_EQ(rows.records().size(), 1U) << "one issue, one record, however many pages";
  EXPECT_EQ(rows.rows(rows.records()[0]).size(), 2U);
  EXPECT_EQ(rows.records()[0].complete, model::SetOf(model::kWorkItemChanges));
}

TEST_F(JiraFetch, AnnouncesTheProvenWindowFiveMinutesShortOfTheServersClock) {
  FakeJira jira({.date = "Mon, 23 Nov 2026 10:00:00 GMT"});

  const JobRun run = RunIssues(jira);

  ASSERT_EQ(run.windows.size(), 1U);
  EXPECT_EQ(run.windows[0].from, 0);
  EXPECT_EQ(FormatInstant(run.windows[0].to), "2026-11-23T09:55:00.000Z") << "not our own clock";
}

TEST_F(JiraFetch, ProvesWhatItReads) {
  FakeJira jira({.date = "Mon, 23 Nov 2026 10:00:00 GMT"});
  const auto proven = [&](const model::JobOptions& options) {
    FetchRequest request = RootRequest({"jira_issues"});
    request.options = options;
    std::vector<std::string> windows;
    for (const store::Window& window : RunJob(*connector_, jira, request).windows) {
      windows.push_back(FormatInstant(window.from) + " " + FormatInstant(window.to));
    }
    return windows;
  };
  const EpochMs since = *ParseInstant("2026-11-01T00:00:00Z");
  const EpochMs until = *ParseInstant("2026-11-20T00:00:00Z");

  EXPECT_THAT(proven({.entities = {"jira_issues"}, .query = "project = TEST"}), IsEmpty());
  EXPECT_THAT(
      proven({.since = since, .entities = {"jira_issues"}}),
      ElementsAre("2026-11-01T00:00:00.000Z 2026-11-23T09:55:00.000Z")
  );
  EXPECT_THAT(
      proven({.since = since, .until = until, .entities = {"jira_issues"}}),
      ElementsAre("2026-11-01T00:00:00.000Z 2026-11-20T00:00:00.000Z")
  );
  EXPECT_THAT(
      proven({.since = since, .until = until + 86'400'000LL * 30, .entities = {"jira_issues"}}),
      ElementsAre("2026-11-01T00:00:00.000Z 2026-11-23T09:55:00.000Z")
  ) << "nobody can prove the future";
  EXPECT_THAT(
      proven({.full = true, .entities = {"jira_issues"}}),
      ElementsAre("1970-01-01T00:00:00.000Z 2026-11-23T09:55:00.000Z")
  );
}

TEST_F(JiraFetch, ABackfillReadsIssuesOnlyAndUpToItsEnd) {
  FakeJira jira;
  jira.AddIssues(3);
  FetchRequest request = RootRequest();
  request.options.since = 1000;
  request.options.until = 2000;

  const JobRun run = RunJob(*connector_, jira, request);

  EXPECT_EQ(WorkItems(run), 3U);
  EXPECT_EQ(jira.Count("GET /rest/api/3/status"), 0);
  const auto search = std::find_if(jira.sent.begin(), jira.sent.end(), [](const Call& call) {
    return call.endpoint == kSweep;
  });
  ASSERT_NE(search, jira.sent.end());
  EXPECT_THAT(search->body, HasSubstr("updated >= 1000 AND updated < 2000 "));
}

TEST_F(JiraFetch, DataCenterAppliesTheEndOfABackfillToWhatComes) {
  FakeJira jira({.is_cloud = false});
  jira.AddIssues(3);
  FetchRequest request = RootRequest({"jira_issues"});
  request.options.since = 1000;
  request.options.until = ParseInstant("2024-03-01T10:00:00Z");  // When all were updated.

  EXPECT_EQ(WorkItems(RunJob(*connector_, jira, request)), 0U);
  EXPECT_THAT(jira.sent.back().body, Not(HasSubstr("updated <")));
  *request.options.until += 1;
  EXPECT_EQ(WorkItems(RunJob(*connector_, jira, request)), 3U);
}

TEST_F(JiraFetch, StartsAtTheWatermarkUnlessAskedForEverything) {
  FakeJira jira;
  FetchRequest request = RootRequest({"jira_issues"});
  request.watermark = [](std::string_view entity, std::string_view scope) {
    EXPECT_EQ(entity, "jira_issues");
    EXPECT_EQ(scope, "");
    return Result<std::optional<EpochMs>>(1700000000000);
  };
  const auto sweep_body = [&] {
    return std::find_if(
               jira.sent.rbegin(),
               jira.sent.rend(),
               [](const Call& call) { return call.endpoint == kSweep; }
    )->body;
  };

  RunJob(*connector_, jira, request);
  EXPECT_THAT(sweep_body(), HasSubstr("updated >= 1700000000000 "));

  request.options.full = true;
  RunJob(*connector_, jira, request);
  EXPECT_THAT(sweep_body(), HasSubstr("updated >= 0 "));
}

TEST_F(JiraFetch, AWidenedProjectScopeHasAWatermarkOfItsOwn) {
  FakeJira jira;
  FetchRequest request = RootRequest({"jira_issues"});
  request.integration.scope["project"] = "ops, PAY";
  std::string asked;
  request.watermark = [&](std::string_view, std::string_view scope) {
    asked = scope;
    return Result<std::optional<EpochMs>>(std::nullopt);
  };

  const JobRun run = RunJob(*connector_, jira, request);

  EXPECT_EQ(asked, "project=OPS,PAY");
  EXPECT_EQ(run.windows[0].scope, asked);
}

TEST_F(JiraFetch, ReadsReferenceDataOnce) {
  FakeJira jira;

  const JobRun run = RunJob(*connector_, jira, RootRequest());

  EXPECT_THAT(run.errors, IsEmpty());
  for (const std::string entity :
       {"jira_fields", "jira_projects", "jira_statuses", "jira_issue_types"}) {
    EXPECT_EQ(run.census.at(entity), 1) << entity;
    EXPECT_EQ(run.Bodies(entity).size(), 1U) << entity;
  }
  EXPECT_EQ(run.Bodies("jira_sprints").size(), 1U) << "kanban is not asked, a 400 is no error";
  EXPECT_THAT(run.census, Not(Contains(Key("jira_sprints"))));
}

TEST_F(JiraFetch, NoRightsToBoardsIsNoFailure) {
  FakeJira jira({.has_boards = false});

  const JobRun run = RunJob(*connector_, jira, RootRequest({"jira_sprints"}));

  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_THAT(run.gaps, IsEmpty());
}

TEST_F(JiraFetch, TheSameIssuesAreTheSameRequestWheneverTheyAreAskedFor) {
  FakeJira jira;
  jira.AddIssues(3, [](int, FakeIssue& issue) { issue.comments = 25; });
  FetchRequest later = RootRequest({"jira_issues"});
  later.now += 86400000;
  later.watermark = [](std::string_view, std::string_view) {
    return Result<std::optional<EpochMs>>(1700000000000);
  };

  const JobRun first = RunIssues(jira);
  const JobRun second = RunJob(*connector_, jira, later);

  ASSERT_EQ(first.pages.size(), 2U);
  ASSERT_EQ(second.pages.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(first.pages[i].request, second.pages[i].request);
  EXPECT_NE(first.pages[0].request, first.pages[1].request);
}

TEST_F(JiraFetch, TheMappingOfTheCatalogueReachesTheTransform) {
  FakeJira jira;
  jira.AddIssues(1, [](int, FakeIssue& issue) {
    issue.raw =
        R"({"id":"10001","key":"PAY-1","fields":{"created":"2024-01-01T10:00:00.000+0000",)"
        R"("updated":"2024-01-01T10:00:00.000+0000","customfield_30":[{"id":5,"name":"S"}]}})";
  });

  const JobRun run = RunIssues(jira);

  EXPECT_THAT(run.Transformed(*connector_, model::kSprints), ElementsAre("5"));
}

TEST_F(JiraFetch, RefusesAnEntityTypeItDoesNotHave) {
  FakeJira jira;

  const JobRun run = RunJob(*connector_, jira, RootRequest({"github_prs"}));

  ASSERT_FALSE(run.errors.empty());
  EXPECT_EQ(run.errors[0].kind(), ErrorKind::kInvalid);
  EXPECT_THAT(run.errors[0].message(), HasSubstr("github_prs"));
}

TEST_F(JiraFetch, RefusesAProjectKeyThatIsNone) {
  FakeJira jira;
  FetchRequest request = RootRequest();
  request.integration.scope["project"] = "PAY&maxResults=1";

  const JobRun run = RunJob(*connector_, jira, request);

  ASSERT_FALSE(run.errors.empty());
  EXPECT_THAT(jira.sent, IsEmpty());
}

TEST_F(JiraFetch, DataCenterIsReadByOffsetWithHistoriesInline) {
  FakeJira jira({.is_cloud = false, .ids_per_page = 1000});
  jira.AddIssues(2500, [](int i, FakeIssue& issue) {
    if (i == 3) issue.histories = 120;
    if (i == 4) issue.gone = true;
  });

  const JobRun run = RunIssues(jira);

  EXPECT_THAT(run.errors, IsEmpty());
  EXPECT_EQ(run.census.at("jira_issues"), 2499);
  EXPECT_EQ(WorkItems(run), 2499U);
  // Pages overlap by twenty, so the last one holds 540 issues: six calls.
  EXPECT_EQ(jira.Count("POST /rest/api/2/search"), 3 + 26);
  EXPECT_THAT(run.Bodies("jira_changes"), IsEmpty());
  EXPECT_THAT(jira.calls, Not(Contains(Key(HasSubstr("/rest/api/3")))));
}

TEST_F(JiraFetch, CountsCallsByEndpointWithoutIdsOrQueries) {
  for (const bool is_cloud : {true, false}) {
    FakeJira jira({.is_cloud = is_cloud, .estimate = kMany});
    jira.AddIssues(3, [](int, FakeIssue& issue) {
      issue.comments = 30, issue.gone = issue.id == "10002";
    });

    RunJob(*connector_, jira, RootRequest());

    EXPECT_GT(jira.calls.size(), 6U);
    EXPECT_THAT(jira.calls, Not(Contains(Key(HasSubstr("?")))));
    EXPECT_THAT(jira.calls, Not(Contains(Key(HasSubstr("1000")))));
  }
}

TEST_F(JiraFetch, CheckSaysWhoWeAreAndWhatIsMissing) {
  FakeJira jira({.has_boards = false});

  const auto account = connector_->Check({}, jira);

  ASSERT_TRUE(account) << account.error().message();
  EXPECT_EQ(account->name, "Ada");
  EXPECT_EQ(account->server, "Jira Cloud 1001.0.0");
  EXPECT_THAT(account->reach, ElementsAre("PAY"));
  ASSERT_EQ(account->warnings.size(), 1U);
  EXPECT_THAT(account->warnings[0], HasSubstr("boards"));
}

TEST_F(JiraFetch, CheckPassesARefusalOn) {
  FakeJira jira;
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.path.find("myself") == std::string::npos) return std::nullopt;
    return Answer{.status = 401, .headers = {}, .body = ""};
  };

  const auto account = connector_->Check({}, jira);

  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().kind(), ErrorKind::kUnauthorized);
  EXPECT_THAT(account.error().message(), HasSubstr("api.atlassian.com"));
}

}  // namespace
}  // namespace pulse::source::jira
