#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/jira/fake_jira.h"
#include "pulse/source/jira/jira.h"

namespace pulse::source::jira {
namespace {

using ::testing::ElementsAre;
using testing::FakeIssue;
using testing::FakeJira;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JobRun;
using testing::RootRequest;
using testing::RunJob;
using ::testing::UnorderedElementsAre;

const std::string kBulk = "POST /rest/api/3/issue/bulkfetch";

/// A store with these rows, as the connector sees it.
class Rows {
 public:
  /// External id → project id.
  std::map<std::string, std::string> known;

  void AnswerFor(FetchRequest& request, const std::vector<std::string>& listed_here = {}) {
    request.missing = [this, listed_here](std::string_view, int limit) {
      store::Missing missing;
      missing.known = static_cast<std::int64_t>(known.size());
      for (const auto& [id, project] : known) {
        if (std::ranges::count(listed_here, id) > 0) continue;
        ++missing.missing;
        if (std::ssize(missing.rows) < limit) missing.rows.push_back({id, project});
      }
      return Result<store::Missing>(std::move(missing));
    };
    request.absent = [this](std::string_view, const std::vector<std::string>& ids) {
      std::vector<std::string> absent;
      for (const std::string& id : ids) {
        if (!known.contains(id)) absent.push_back(id);
      }
      return Result<std::vector<std::string>>(std::move(absent));
    };
  }
};

class JiraCensus : public ::testing::Test {
 protected:
  JobRun Run(FakeJira& jira, const std::vector<std::string>& listed, bool full = false) {
    FetchRequest request = RootRequest({"jira_issues"});
    request.options.census = !full;
    request.options.full = full;
    request.options.accept_vanished = accept_vanished_;
    if (!full) {
      request.watermark = [](std::string_view, std::string_view) {
        return Result<std::optional<EpochMs>>(1700000000000);
      };
    }
    rows_.AnswerFor(request, listed);
    return RunJob(*connector_, jira, request);
  }
  static std::vector<std::string> Reasons(const JobRun& run) {
    std::vector<std::string> reasons;
    for (const auto& one : run.vanished) reasons.push_back(one.external_id + " " + one.reason);
    return reasons;
  }

  Rows rows_;
  bool accept_vanished_ = false;
  std::unique_ptr<Connector> connector_ = NewJiraConnector();
};

/// The incremental search finds nothing; the census lists what there is.
std::optional<Answer> NothingNew(const Call& call) {
  if (call.body.find("updated >= 1700000000000") == std::string::npos) return std::nullopt;
  return Answer{.status = 200, .headers = {}, .body = R"({"issues":[],"isLast":true})"};
}

TEST_F(JiraCensus, ListsEveryIdInASweepAndAsksForTheMissingOnes) {
  FakeJira jira({.ids_per_page = 2});
  jira.AddIssues(5);
  jira.override = NothingNew;
  rows_.known = {
      {"10001", "1"},
      {"10002", "1"},
      {"10003", "1"},
      {"10004", "1"},
      {"10005", "1"},
      {"10099", "404"}
  };

  const JobRun run = Run(jira, {"10001", "10002", "10003", "10004", "10005"});

  EXPECT_EQ(run.listed.size(), 5U);
  EXPECT_EQ(jira.Count(kBulk), 1);
  EXPECT_THAT(Reasons(run), ElementsAre("10099 deleted"));
  EXPECT_THAT(run.pages, IsEmpty());
}

TEST_F(JiraCensus, TellsWhyAnIssueIsGone) {
  FakeJira jira;
  jira.AddIssues(1);
  rows_.known = {{"10090", "1"}, {"10091", "2"}, {"10092", "3"}, {"10093", ""}, {"10094", "1"}};
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.path == "/rest/api/3/project/1")
      return Answer{.status = 200, .headers = {}, .body = R"({"id":"1","key":"PAY"})"};
    if (call.path == "/rest/api/3/project/3")
      return Answer{.status = 200, .headers = {}, .body = R"({"id":"3","archived":true})"};
    if (call.path == "/rest/api/3/project/2")
      return Answer{.status = 404, .headers = {}, .body = "{}"};
    if (call.endpoint == kBulk && call.body.find("archiveddate") != std::string::npos) {
      return Answer{
          .status = 200,
          .headers = {},
          .body =
              R"({"issues":[{"id":"10094","fields":{"archiveddate":"2026-01-01","project":{"key":"PAY"}}}]})"
      };
    }
    return NothingNew(call);
  };

  const JobRun run = Run(jira, {});

  EXPECT_THAT(
      Reasons(run),
      UnorderedElementsAre(
          "10090 deleted", "10091 access_lost", "10092 archived", "10093 deleted", "10094 archived"
      )
  );
  EXPECT_EQ(jira.Count("GET /rest/api/3/project/{id}"), 3) << "each project once";
}

TEST_F(JiraCensus, FetchesWhatAnswersAfterAllInsteadOfDeletingIt) {
  FakeJira jira;
  jira.AddIssues(2);
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.endpoint.find("/search/jql") == std::string::npos) return std::nullopt;
    return Answer{.status = 200, .headers = {}, .body = R"({"issues":[],"isLast":true})"};
  };
  rows_.known = {{"10001", "1"}, {"10002", "1"}};
  FetchRequest request = RootRequest({"jira_issues"});
  request.options.census = true;

  const JobRun run = Run(jira, {});

  EXPECT_THAT(run.vanished, IsEmpty());
  EXPECT_THAT(run.listed, UnorderedElementsAre("10001", "10002"));
  ASSERT_EQ(run.pages.size(), 1U);
  EXPECT_TRUE(run.pages[0].keep_equal);
  EXPECT_EQ(run.Transformed(*connector_, model::kWorkItems).size(), 2U);
}

TEST_F(JiraCensus, BelievesNoMassVanishing) {
  FakeJira jira;
  jira.override = NothingNew;
  for (int i = 0; i < 21; ++i) rows_.known["2" + std::to_string(1000 + i)] = "1";

  const JobRun run = Run(jira, {});

  EXPECT_THAT(run.vanished, IsEmpty());
  ASSERT_EQ(run.gaps.size(), 1U);
  EXPECT_EQ(run.gaps[0].scope, "census");
  EXPECT_THAT(run.gaps[0].reason, HasSubstr("21 of 21"));
  EXPECT_EQ(jira.Count(kBulk), 0);

  accept_vanished_ = true;
  EXPECT_EQ(Run(jira, {}).vanished.size(), 21U) << "a person said so";
  EXPECT_GT(jira.Count(kBulk), 0) << "without the source being asked about each";
  accept_vanished_ = false;

  rows_.known.erase("21020");
  EXPECT_EQ(Run(jira, {}).vanished.size(), 20U) << "a few may";
}

TEST_F(JiraCensus, FetchesListedIssuesThatNobodyKnowsHere) {
  FakeJira jira;
  jira.AddIssues(3);
  jira.override = NothingNew;
  rows_.known = {{"10001", "1"}, {"10003", "1"}};

  const JobRun run = Run(jira, {"10001", "10003"});

  EXPECT_THAT(run.Transformed(*connector_, model::kWorkItems), ElementsAre("10002"));
  ASSERT_EQ(run.pages.size(), 1U);
  EXPECT_TRUE(run.pages[0].keep_equal) << "it may look like last time's";
}

TEST_F(JiraCensus, AFullSyncTakesItWithoutAnotherList) {
  for (const int estimate : {10, 1'000'000}) {
    FakeJira jira({.estimate = estimate});
    jira.AddIssues(150);
    for (const FakeIssue& issue : jira.issues) rows_.known[issue.id] = "1";
    rows_.known["20000"] = "404";
    std::vector<std::string> listed;
    for (const FakeIssue& issue : jira.issues) listed.push_back(issue.id);

    const JobRun run = Run(jira, listed, /*full=*/true);

    EXPECT_EQ(run.listed.size(), 150U) << estimate;
    EXPECT_THAT(Reasons(run), ElementsAre("20000 deleted")) << estimate;
    EXPECT_EQ(jira.CountSweeps(), estimate == 10 ? 0 : 1);
    for (const auto& page : run.pages) EXPECT_FALSE(page.keep_equal);
  }
}

TEST_F(JiraCensus, DataCenterIsAskedAboutEachMissingIssue) {
  FakeJira jira({.is_cloud = false});
  jira.AddIssues(2);
  jira.override = [](const Call& call) -> std::optional<Answer> {
    if (call.path != "/rest/api/2/project/1") return std::nullopt;
    return Answer{.status = 200, .headers = {}, .body = R"({"id":"1","key":"PAY"})"};
  };
  rows_.known = {{"10001", "1"}, {"10002", "1"}, {"10077", "1"}};

  const JobRun run = Run(jira, {"10001", "10002"});

  EXPECT_THAT(Reasons(run), ElementsAre("10077 deleted"));
  EXPECT_EQ(jira.Count("GET /rest/api/2/issue/{id}"), 1);
}

}  // namespace
}  // namespace pulse::source::jira
