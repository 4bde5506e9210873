#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/jira_source.h"
#include "pulse/simulate/jira_test_site.h"

namespace pulse::simulate {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::int64_t kIssues = 2000;

SimulateOptions Options(std::vector<FaultOption> faults = {}) {
  SimulateOptions options;
  options.seed = 5;
  options.issues = kIssues;
  options.faults = std::move(faults);
  return options;
}

/// Every id of a search, page by page.
std::vector<std::string> SweepIds(TestSite& site, json body) {
  std::vector<std::string> ids;
  for (int page = 0; page < 200; ++page) {
    const SiteAnswer answer = site.Post("/rest/api/3/search/jql", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    for (const json& issue : answer.json["issues"]) ids.push_back(issue["id"]);
    if (!answer.json.contains("nextPageToken")) {
      EXPECT_TRUE(answer.json["isLast"]);
      return ids;
    }
    body["nextPageToken"] = answer.json["nextPageToken"];
  }
  ADD_FAILURE() << "the search does not end";
  return ids;
}

std::string FirstIds(int count) {
  std::string ids;
  for (int i = 0; i < count; ++i) ids += (i > 0 ? "," : "") + std::to_string(10001 + i);
  return ids;
}

json IdArray(int first, int count) {
  json ids = json::array();
  for (int i = 0; i < count; ++i) ids.push_back(std::to_string(10001 + first + i));
  return ids;
}

/// The first issue for which `wanted` is true, with everything inline.
json FindIssue(TestSite& site, const std::function<bool(const json&)>& wanted) {
  for (int first = 0; first < kIssues; first += 100) {
    const SiteAnswer answer = site.Post(
        "/rest/api/3/issue/bulkfetch",
        {{"issueIdsOrKeys", IdArray(first, 100)}, {"fields", {"*all"}}, {"expand", {"changelog"}}}
    );
    for (const json& issue : answer.json["issues"]) {
      if (wanted(issue)) return issue;
    }
  }
  ADD_FAILURE() << "no such issue in the world";
  return {};
}

TEST(JiraSearch, ReachesEveryIssueOncePageByPage) {
  TestSite site(Options());

  const auto ids = SweepIds(
      site, {{"jql", "updated >= 0 ORDER BY created ASC"}, {"maxResults", 300}, {"fields", {"id"}}}
  );

  EXPECT_THAT(ids, SizeIs(kIssues));
  EXPECT_THAT(std::set<std::string>(ids.begin(), ids.end()), SizeIs(kIssues));
}

TEST(JiraSearch, ServesAtMostAHundredIssuesWithFieldsAndFiveThousandIds) {
  TestSite site(Options());
  const std::string jql = "/rest/api/3/search/jql?jql=updated%3E%3D0&maxResults=5000";

  EXPECT_THAT(site.Get(jql).json["issues"], SizeIs(kIssues));
  EXPECT_THAT(site.Get(jql + "&fields=key").json["issues"], SizeIs(kIssues));
  EXPECT_THAT(site.Get(jql + "&fields=summary").json["issues"], SizeIs(100));
  EXPECT_THAT(site.Get("/rest/api/3/search/jql?jql=updated%3E%3D0").json["issues"], SizeIs(50));
}

TEST(JiraSearch, GivesNothingButIdsUnlessFieldsAreNamed) {
  TestSite site(Options());

  const SiteAnswer bare = site.Get("/rest/api/3/search/jql?jql=key%3DPAY-1");
  const SiteAnswer named = site.Get("/rest/api/3/search/jql?jql=key%3DPAY-1&fields=summary,status");

  EXPECT_EQ(bare.json["issues"], json::array({{{"id", "10001"}}}));
  EXPECT_THAT(named.json["issues"][0]["fields"], SizeIs(2));
  EXPECT_EQ(named.json["issues"][0]["key"], "PAY-1");
}

TEST(JiraSearch, RefusesWhatCloudRefuses) {
  TestSite site(Options());

  EXPECT_THAT(
      site.Get("/rest/api/3/search/jql?jql=order%20by%20created").body, HasSubstr("Unbounded JQL")
  );
  EXPECT_EQ(site.Get("/rest/api/3/search/jql?jql=nope%3D1").status, 400);
  EXPECT_EQ(site.Get("/rest/api/3/search/jql").status, 400);
  EXPECT_EQ(site.Post("/rest/api/3/search/jql", {{"jql", "id=10001"}, {"startAt", 0}}).status, 400);
  EXPECT_EQ(
      site.Post("/rest/api/3/search/jql", {{"jql", "id=10001"}, {"expand", {"names"}}}).status, 400
  );
  EXPECT_EQ(site.Get("/rest/api/3/search?jql=id%3D10001").status, 410);
  EXPECT_EQ(site.Post("/rest/api/2/search", {{"jql", "id=10001"}}).status, 410);
}

TEST(JiraSearch, RefusesATokenOfAnotherQuery) {
  TestSite site(Options());
  const json first = {{"jql", "project = PAY"}, {"maxResults", 10}};
  const std::string token = site.Post("/rest/api/3/search/jql", first).json["nextPageToken"];

  const json other = {{"jql", "project = OPS"}, {"nextPageToken", token}};

  EXPECT_EQ(site.Post("/rest/api/3/search/jql", other).status, 400);
  EXPECT_EQ(
      site.Post("/rest/api/3/search/jql", {{"jql", "project = PAY"}, {"nextPageToken", "x"}})
          .status,
      400
  );
}

TEST(JiraSearch, ExplainsItsFieldsOnDemand) {
  TestSite site(Options());

  const SiteAnswer answer =
      site.Get("/rest/api/3/search/jql?jql=id%3D10001&fields=*all&expand=names,schema");

  EXPECT_EQ(answer.json["names"]["customfield_10020"], "Sprint");
  EXPECT_EQ(
      answer.json["schema"]["customfield_10016"]["custom"],
      "com.pyxis.greenhopper.jira:jsw-story-points"
  );
}

TEST(JiraSearch, CountsApproximatelyWhatItWouldList) {
  TestSite site(Options());

  EXPECT_EQ(
      site.Post("/rest/api/3/search/approximate-count", {{"jql", "project = PAY"}}).json,
      json({{"count", 625}})
  );
  EXPECT_EQ(site.Post("/rest/api/3/search/approximate-count", {{"jql", ""}}).status, 400);
}

TEST(JiraBulkFetch, ReturnsIssuesInOrderOfIdAndNamesTheMissing) {
  TestSite site(Options());

  const SiteAnswer answer = site.Post(
      "/rest/api/3/issue/bulkfetch",
      {{"issueIdsOrKeys", {"10009", "PAY-1", "99999999"}}, {"fields", {"summary"}}}
  );

  ASSERT_THAT(answer.json["issues"], SizeIs(2));
  EXPECT_EQ(answer.json["issues"][0]["id"], "10001");
  EXPECT_EQ(answer.json["issues"][1]["id"], "10009");
  EXPECT_EQ(answer.json["issueErrors"][0]["id"], "99999999");
}

TEST(JiraBulkFetch, RefusesMoreThanAHundred) {
  TestSite site(Options());

  EXPECT_EQ(
      site.Post("/rest/api/3/issue/bulkfetch", {{"issueIdsOrKeys", IdArray(0, 100)}}).status, 200
  );
  EXPECT_EQ(
      site.Post("/rest/api/3/issue/bulkfetch", {{"issueIdsOrKeys", IdArray(0, 101)}}).status, 400
  );
}

TEST(JiraChangelog, IsCutAtFortyNewestFirstWhenInline) {
  TestSite site(Options());

  const json issue =
      FindIssue(site, [](const json& each) { return each["changelog"]["total"] > 40; });

  const json& changelog = issue["changelog"];
  ASSERT_THAT(changelog["histories"], SizeIs(40));
  EXPECT_THAT(changelog["total"].get<int>(), Gt(40));
  EXPECT_GT(
      changelog["histories"][0]["created"].get<std::string>(),
      changelog["histories"][39]["created"].get<std::string>()
  );
}

TEST(JiraChangelog, ComesCompleteAndOldestFirstInBulkWhateverThePageSize) {
  TestSite site(Options());
  std::map<std::string, int> totals;
  const SiteAnswer issues = site.Post(
      "/rest/api/3/issue/bulkfetch",
      {{"issueIdsOrKeys", IdArray(0, 100)}, {"fields", {"id"}}, {"expand", {"changelog"}}}
  );
  for (const json& issue : issues.json["issues"]) totals[issue["id"]] = issue["changelog"]["total"];

  std::map<std::string, std::vector<std::int64_t>> seen;
  json body = {{"issueIdsOrKeys", IdArray(0, 100)}, {"maxResults", 7}};
  int pages = 0;
  while (true) {
    const SiteAnswer page = site.Post("/rest/api/3/changelog/bulkfetch", body);
    ASSERT_EQ(page.status, 200) << page.body;
    int entries = 0;
    for (const json& issue : page.json["issueChangeLogs"]) {
      for (const json& history : issue["changeHistories"]) {
        seen[issue["issueId"]].push_back(ParseInstant(history["created"].get<std::string>()).value()
        );
        ++entries;
      }
    }
    EXPECT_LE(entries, 7);
    ++pages;
    if (!page.json.contains("nextPageToken")) break;
    body["nextPageToken"] = page.json["nextPageToken"];
  }

  EXPECT_THAT(pages, Gt(20));
  for (const auto& [id, total] : totals) {
    EXPECT_EQ(seen[id].size(), static_cast<std::size_t>(total)) << id;
    EXPECT_TRUE(std::is_sorted(seen[id].begin(), seen[id].end())) << id;
  }
}

TEST(JiraChangelog, InBulkKeepsToTheDocumentedBounds) {
  TestSite site(Options());
  const std::string path = "/rest/api/3/changelog/bulkfetch";

  EXPECT_EQ(
      site.Post(path, {{"issueIdsOrKeys", IdArray(0, 1000)}, {"maxResults", 10000}}).status, 200
  );
  EXPECT_EQ(site.Post(path, {{"issueIdsOrKeys", IdArray(0, 1001)}}).status, 400);
  EXPECT_EQ(site.Post(path, {{"issueIdsOrKeys", json::array()}}).status, 400);
  EXPECT_EQ(
      site.Post(path, {{"issueIdsOrKeys", IdArray(0, 1)}, {"maxResults", 10001}}).status, 400
  );
}

TEST(JiraChangelog, CanBeLimitedToFields) {
  TestSite site(Options());

  const SiteAnswer answer = site.Post(
      "/rest/api/3/changelog/bulkfetch",
      {{"issueIdsOrKeys", IdArray(0, 100)}, {"fieldIds", {"status"}}, {"maxResults", 10000}}
  );

  int histories = 0;
  for (const json& issue : answer.json["issueChangeLogs"]) {
    for (const json& history : issue["changeHistories"]) {
      EXPECT_EQ(history["items"][0]["fieldId"], "status");
      ++histories;
    }
  }
  EXPECT_THAT(histories, Gt(50));
}

TEST(JiraChangelog, EndsInTheStatusTheIssueHas) {
  TestSite site(Options());

  int checked = 0;
  const SiteAnswer answer = site.Post(
      "/rest/api/3/issue/bulkfetch",
      {{"issueIdsOrKeys", IdArray(0, 100)}, {"fields", {"status"}}, {"expand", {"changelog"}}}
  );
  for (const json& issue : answer.json["issues"]) {
    for (const json& history : issue["changelog"]["histories"]) {
      if (history["items"][0]["field"] != "status") continue;
      EXPECT_EQ(history["items"][0]["to"], issue["fields"]["status"]["id"]) << issue["key"];
      ++checked;
      break;
    }
  }
  EXPECT_THAT(checked, Gt(50));
}

TEST(JiraIssue, CutsCommentsAtTwentyAndServesTheRestByPage) {
  TestSite site(Options());
  const json issue =
      FindIssue(site, [](const json& each) { return each["fields"]["comment"]["total"] > 20; });
  const json& inline_comments = issue["fields"]["comment"];
  const int total = inline_comments["total"];

  std::set<std::string> ids;
  const std::string path = "/rest/api/3/issue/" + issue["id"].get<std::string>() + "/comment";
  for (int start = 0; start < total; start += 15) {
    const SiteAnswer page = site.Get(path + "?maxResults=15&startAt=" + std::to_string(start));
    EXPECT_EQ(page.json["total"], total);
    for (const json& comment : page.json["comments"]) ids.insert(comment["id"]);
  }

  EXPECT_THAT(inline_comments["comments"], SizeIs(20));
  EXPECT_THAT(ids, SizeIs(total));
}

TEST(JiraIssue, FindsCommentsAndWorklogsByTheirIds) {
  TestSite site(Options());
  const json talked = FindIssue(site, [](const json& each) {
    return each["fields"]["comment"]["total"] > 1 && each["fields"]["worklog"]["total"] > 0;
  });
  const json& comment = talked["fields"]["comment"]["comments"][1];
  const json& worklog = talked["fields"]["worklog"]["worklogs"][0];

  const SiteAnswer comments = site.Post(
      "/rest/api/3/comment/list", {{"ids", {std::stoll(comment["id"].get<std::string>())}}}
  );
  const SiteAnswer worklogs = site.Post(
      "/rest/api/3/worklog/list", {{"ids", {std::stoll(worklog["id"].get<std::string>())}}}
  );

  EXPECT_EQ(comments.json["values"], json::array({comment}));
  EXPECT_EQ(worklogs.json, json::array({worklog}));
}

TEST(JiraIssue, ListsUpdatedWorklogsOldestFirst) {
  TestSite site(Options());

  std::int64_t since = 0;
  std::set<std::int64_t> ids;
  for (int page = 0; page < 20; ++page) {
    const SiteAnswer answer =
        site.Get("/rest/api/3/worklog/updated?since=" + std::to_string(since));
    for (const json& value : answer.json["values"]) {
      EXPECT_GE(value["updatedTime"].get<std::int64_t>(), since);
      ids.insert(value["worklogId"].get<std::int64_t>());
    }
    since = answer.json["until"];
    if (answer.json["lastPage"]) break;
  }

  EXPECT_THAT(ids.size(), Gt(1000U));
}

TEST(JiraIssue, IsNotThereWhenItDoesNotExist) {
  TestSite site(Options());

  EXPECT_EQ(site.Get("/rest/api/3/issue/PAY-1").status, 200);
  const SiteAnswer missing = site.Get("/rest/api/3/issue/PAY-99999");

  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("Issue does not exist"));
}

TEST(JiraDialects, WriteTextsAsAdfWikiAndPlaceUsersByTheirOwnNames) {
  TestSite site(Options());
  const json issue = FindIssue(site, [](const json& each) {
    return each["fields"]["description"].is_object() && !each["fields"]["assignee"].is_null() &&
           !each["fields"]["customfield_10020"].is_null();
  });
  const std::string id = issue["id"];

  const json v2 = site.Get("/rest/api/2/issue/" + id).json["fields"];
  const json dc = site.Get("/dc/rest/api/2/issue/" + id + "?expand=changelog").json["fields"];

  EXPECT_EQ(issue["fields"]["description"]["type"], "doc");
  EXPECT_TRUE(v2["description"].is_string());
  EXPECT_TRUE(v2["assignee"].contains("accountId"));
  EXPECT_EQ(dc["description"], v2["description"]);
  EXPECT_FALSE(dc["assignee"].contains("accountId"));
  EXPECT_TRUE(dc["assignee"].contains("key"));
  EXPECT_TRUE(v2["customfield_10020"][0].is_object());
  EXPECT_THAT(
      dc["customfield_10020"][0].get<std::string>(),
      ::testing::StartsWith("com.atlassian.greenhopper.service.sprint.Sprint@")
  );
}

TEST(JiraDataCenter, PagesByOffsetWithATotalAndCompleteChangelogs) {
  TestSite site(Options());

  std::set<std::string> ids;
  std::size_t longest = 0;
  int total = 1;
  for (int start = 0; start < total;) {
    const SiteAnswer page = site.Post(
        "/dc/rest/api/2/search",
        {{"jql", "ORDER BY created ASC"},
         {"startAt", start},
         {"maxResults", 5000},
         {"fields", {"summary"}},
         {"expand", {"changelog"}}}
    );
    ASSERT_EQ(page.status, 200) << page.body;
    total = page.json["total"];
    EXPECT_EQ(page.json["maxResults"], 1000);
    for (const json& issue : page.json["issues"]) {
      ids.insert(issue["id"]);
      EXPECT_EQ(issue["changelog"]["histories"].size(), issue["changelog"]["total"]);
      longest = std::max(longest, issue["changelog"]["histories"].size());
    }
    start += static_cast<int>(page.json["issues"].size());
  }

  EXPECT_THAT(ids, SizeIs(kIssues));
  EXPECT_THAT(longest, Gt(40U));
}

TEST(JiraDataCenter, LacksWhatOnlyCloudHas) {
  TestSite site(Options());

  EXPECT_EQ(site.Get("/dc/rest/api/2/search/jql?jql=id%3D10001").status, 404);
  EXPECT_EQ(site.Post("/dc/rest/api/2/issue/bulkfetch", {{"issueIdsOrKeys", {"1"}}}).status, 405);
  EXPECT_EQ(site.Get("/dc/rest/api/3/serverInfo").status, 404);
  EXPECT_EQ(site.Get("/dc/rest/api/2/serverInfo").json["deploymentType"], "Server");
  EXPECT_EQ(site.Get("/rest/api/3/serverInfo").json["deploymentType"], "Cloud");
}

TEST(JiraCredentials, AreAskedForEverywhereButByServerInfo) {
  TestSite site(Options());

  EXPECT_EQ(site.Get("/rest/api/3/serverInfo", "").status, 200);
  EXPECT_EQ(site.Get("/rest/api/3/myself", "").status, 401);
  EXPECT_EQ(site.Get("/rest/api/3/myself", TestSite::kInvalid).status, 401);
  EXPECT_EQ(site.Get("/rest/api/3/myself", TestSite::kForbidden).status, 403);
  EXPECT_EQ(site.Get("/rest/api/3/myself").json["timeZone"], std::string(kAccountZone));
  EXPECT_EQ(site.Get("/ex/jira/0b1-c2/rest/api/3/myself").status, 200);
}

TEST(JiraReference, DescribesProjectsWithTheirOwnStatusesAndTypes) {
  TestSite site(Options());

  EXPECT_EQ(site.Get("/rest/api/3/project/search").json["total"], 6);
  const json classic = site.Get("/rest/api/3/project/PAY/statuses").json;
  const json team = site.Get("/rest/api/3/project/LAB/statuses").json;

  EXPECT_THAT(classic, SizeIs(5));
  EXPECT_EQ(classic[0]["statuses"][0]["name"], "To Do");
  EXPECT_EQ(team[0]["statuses"][0]["name"], "Zu erledigen");
  EXPECT_EQ(site.Get("/rest/api/3/project/NOPE").status, 404);
  EXPECT_EQ(site.Get("/rest/api/3/project/search?keys=NOPE").status, 404);
}

TEST(JiraAgile, ListsTheSprintsOfScrumBoardsOnly) {
  TestSite site(Options());

  EXPECT_EQ(site.Get("/rest/agile/1.0/board").json["total"], 6);
  const json active = site.Get("/rest/agile/1.0/board/1/sprint?state=active").json;
  ASSERT_THAT(active["values"], SizeIs(1));
  const std::string id = std::to_string(active["values"][0]["id"].get<int>());

  EXPECT_EQ(site.Get("/rest/agile/1.0/sprint/" + id).json, active["values"][0]);
  EXPECT_EQ(site.Get("/rest/agile/1.0/board/2/sprint").status, 400);
  EXPECT_EQ(site.Get("/rest/agile/1.0/board/99/sprint").status, 404);
}

TEST(JiraAgile, ListsTheIssuesOfABoardByTokenAndByOffset) {
  TestSite site(Options());

  const json software = site.Get("/rest/software/1.0/board/1/issue?fields=id&maxResults=5000").json;
  const json agile = site.Get("/rest/agile/1.0/board/1/issue?fields=summary&maxResults=1").json;
  const json count = site.Get("/rest/software/1.0/board/1/issue/approximate-count").json;

  EXPECT_THAT(software["issues"], SizeIs(625));
  EXPECT_EQ(agile["total"], 625);
  EXPECT_EQ(count["count"], 625);
}

TEST(JiraInternals, ReportASprintAsItsIssuesStand) {
  TestSite site(Options());
  const json issue = FindIssue(site, [](const json& each) {
    return !each["fields"]["customfield_10020"].is_null();
  });
  const std::string sprint =
      std::to_string(issue["fields"]["customfield_10020"][0]["id"].get<int>());

  const json report =
      site.Get("/rest/greenhopper/1.0/rapid/charts/sprintreport?rapidViewId=1&sprintId=" + sprint)
          .json;

  const bool done = issue["fields"]["status"]["statusCategory"]["key"] == "done";
  const json& listed =
      report["contents"][done ? "completedIssues" : "issuesNotCompletedInCurrentSprint"];
  EXPECT_THAT(listed.dump(), HasSubstr(issue["key"].get<std::string>()));
  EXPECT_EQ(
      site.Get("/rest/dev-status/1.0/issue/detail?issueId=10001").json["detail"], json::array()
  );
  EXPECT_THAT(site.Get("/rest/api/3/user/picker?query=a").json["users"].size(), Gt(3U));
}

TEST(JiraFaults, AreTheSameRecordsInEverySync) {
  TestSite one(Options({{"bad-record", 3}}));
  TestSite two(Options({{"bad-record", 3}}));
  const json body = {{"issueIdsOrKeys", IdArray(0, 100)}, {"fields", {"*all"}}};

  const SiteAnswer first = one.Post("/rest/api/3/issue/bulkfetch", body);
  const SiteAnswer again = one.Post("/rest/api/3/issue/bulkfetch", body);

  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(two.Post("/rest/api/3/issue/bulkfetch", body).body, first.body);
  TestSite good(Options());
  EXPECT_NE(good.Post("/rest/api/3/issue/bulkfetch", body).body, first.body);
}

TEST(JiraFaults, DeletedIssuesAreInTheSweepButNowhereElse) {
  TestSite site(Options({{"deleted", 10}}));
  const json query = {{"jql", "id in (" + FirstIds(100) + ")"}, {"maxResults", 100}};
  json with_fields = query;
  with_fields["fields"] = {"summary"};

  const auto swept = SweepIds(site, query);
  const SiteAnswer page = site.Post("/rest/api/3/search/jql", with_fields);
  const SiteAnswer bulk =
      site.Post("/rest/api/3/issue/bulkfetch", {{"issueIdsOrKeys", IdArray(0, 100)}});

  EXPECT_THAT(swept, SizeIs(100));
  EXPECT_THAT(bulk.json["issueErrors"].size(), Gt(2U));
  EXPECT_EQ(bulk.json["issues"].size() + bulk.json["issueErrors"].size(), 100U);
  EXPECT_EQ(page.json["issues"].size(), bulk.json["issues"].size());
  const std::string gone = bulk.json["issueErrors"][0]["id"];
  EXPECT_EQ(site.Get("/rest/api/3/issue/" + gone).status, 404);
}

TEST(JiraFaults, LaggingIssuesAreMissingFromTheIndexUnlessReconciled) {
  TestSite site(Options({{"index-lag", 10}}));
  const json query = {{"jql", "updated >= 0 ORDER BY created ASC"}, {"maxResults", 5000}};

  const auto ids = SweepIds(site, query);
  std::int64_t missing = 10001;
  for (const std::string& id : ids) missing += id == std::to_string(missing) ? 1 : 0;
  json reconciled = query;
  reconciled["reconcileIssues"] = {missing};

  EXPECT_LT(ids.size(), static_cast<std::size_t>(kIssues));
  EXPECT_EQ(SweepIds(site, reconciled).size(), ids.size() + 1);
  EXPECT_EQ(site.Get("/rest/api/3/issue/" + std::to_string(missing)).status, 200);
}

TEST(JiraFaults, EmptyPagesCarryATokenThatLeadsOn) {
  TestSite site(Options({{"empty-page", 30}}));

  const auto ids = SweepIds(site, {{"jql", "updated >= 0"}, {"maxResults", 100}});

  EXPECT_THAT(ids, SizeIs(kIssues));
}

TEST(JiraFaults, RepeatedTokensAreRepeated) {
  TestSite site(Options({{"repeat-token", 100}}));
  json body = {{"jql", "updated >= 0"}, {"maxResults", 100}};
  body["nextPageToken"] = site.Post("/rest/api/3/search/jql", body).json["nextPageToken"];

  const SiteAnswer second = site.Post("/rest/api/3/search/jql", body);

  EXPECT_EQ(second.json["nextPageToken"], body["nextPageToken"]);
}

TEST(JiraPages, HoldEveryBadKindOfRecordAndStayJsonAroundThem) {
  TestSite site(Options({{"bad-record", 100}}));

  std::set<std::size_t> parsed;
  for (int i = 0; i < 7; ++i) {
    const SiteAnswer answer = site.Get("/rest/api/3/issue/" + std::to_string(10001 + i));
    if (!answer.json.is_discarded()) parsed.insert((10001 + i) % 7);
  }

  // A lone surrogate and raw bytes are no JSON at all; the others parse and mean nothing.
  EXPECT_FALSE(parsed.contains(3));
  EXPECT_FALSE(parsed.contains(4));
  EXPECT_TRUE(parsed.contains(0));
  EXPECT_TRUE(parsed.contains(1));
  EXPECT_TRUE(parsed.contains(2));
}

}  // namespace
}  // namespace pulse::simulate
