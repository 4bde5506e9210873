#include <gtest/gtest.h>

#include "pulse/simulate/jira_test_site.h"

namespace pulse::simulate {
namespace {

class JiraEdits : public ::testing::Test {
 protected:
  std::vector<std::string> Search(const std::string& jql) {
    std::vector<std::string> keys;
    const auto answer = site_.Post(
        "/rest/api/3/search/jql", {{"jql", jql}, {"fields", {"key"}}, {"maxResults", 1000}}
    );
    for (const auto& issue : answer.json.value("issues", nlohmann::json::array())) {
      keys.push_back(issue.value("key", ""));
    }
    return keys;
  }
  bool Finds(const std::string& jql, const std::string& key) {
    const auto keys = Search(jql);
    return std::count(keys.begin(), keys.end(), key) > 0;
  }
  int Get(const std::string& key) { return site_.Get("/rest/api/3/issue/" + key).status; }
  void Edit(const nlohmann::json& edits) { EXPECT_TRUE(site_.api().Edit(edits.dump())); }

  static constexpr const char* kAll = "created >= 0";
  static SimulateOptions Options() {
    SimulateOptions options;
    options.seed = 3;
    options.issues = 60;
    return options;
  }
  TestSite site_{Options()};
};

TEST_F(JiraEdits, DeletedIssuesAreNowhereUntilRestored) {
  ASSERT_TRUE(Finds(kAll, "PAY-1"));
  Edit({{"delete", {"PAY-1"}}});
  EXPECT_FALSE(Finds(kAll, "PAY-1"));
  EXPECT_FALSE(Finds("key = PAY-1", "PAY-1"));
  EXPECT_EQ(Get("PAY-1"), 404);
  EXPECT_EQ(Search(kAll).size(), 59U);
  Edit({{"restore", {"PAY-1"}}});
  EXPECT_TRUE(Finds(kAll, "PAY-1"));
  EXPECT_EQ(Get("PAY-1"), 200);
}

TEST_F(JiraEdits, ArchivedIssuesAnswerByIdAndSaySo) {
  Edit({{"archive", {"PAY-1"}}});
  EXPECT_FALSE(Finds(kAll, "PAY-1"));
  const auto issue = site_.Get("/rest/api/3/issue/PAY-1?fields=project,archiveddate");
  EXPECT_EQ(issue.status, 200);
  EXPECT_TRUE(issue.json["fields"].contains("archiveddate"));
  EXPECT_FALSE(site_.Get("/rest/api/3/issue/PAY-2").json["fields"].contains("archiveddate"));
}

TEST_F(JiraEdits, LaggingIssuesAreFoundByNameOnly) {
  Edit({{"lag", {"PAY-1"}}});
  EXPECT_FALSE(Finds(kAll, "PAY-1"));
  EXPECT_TRUE(Finds("key = PAY-1", "PAY-1"));
  EXPECT_EQ(Get("PAY-1"), 200);
}

TEST_F(JiraEdits, MovedIssuesKeepTheirIdAndTellTheirOldKey) {
  const std::string id = site_.Get("/rest/api/3/issue/WEB-1").json.value("id", "");
  ASSERT_FALSE(id.empty());
  Edit({{"move", {{"WEB-1", "OPS"}}}});

  const auto issue = site_.Get("/rest/api/3/issue/" + id + "?expand=changelog").json;

  const std::string key = issue.value("key", "");
  EXPECT_EQ(key.substr(0, 4), "OPS-");
  EXPECT_EQ(issue["fields"]["project"]["key"], "OPS");
  const auto& item = issue["changelog"]["histories"][0]["items"][0];
  EXPECT_EQ(item["fromString"], "WEB-1");
  EXPECT_EQ(item["toString"], key);
  EXPECT_EQ(Get("WEB-1"), 200) << "the old key still leads there";
  EXPECT_TRUE(Finds("project = OPS", key));
  const auto logs = site_.Post("/rest/api/3/changelog/bulkfetch", {{"issueIdsOrKeys", {id}}}).json;
  EXPECT_EQ(
      logs["issueChangeLogs"][0]["changeHistories"].size(),
      issue["changelog"].value("total", std::size_t{0})
  );
}

TEST_F(JiraEdits, TouchedIssuesAreNewerThanTheWorld) {
  const std::string now = "updated >= 1790812800000";  // The world's clock.
  ASSERT_TRUE(Search(now).empty());
  Edit({{"touch", {"PAY-1"}}});
  EXPECT_EQ(Search(now), std::vector<std::string>{"PAY-1"});
}

TEST_F(JiraEdits, HiddenAndArchivedProjectsTakeTheirIssuesAlong) {
  Edit({{"hide_projects", {"PAY"}}, {"archive_projects", {"WEB"}}});
  EXPECT_FALSE(Finds(kAll, "PAY-1"));
  EXPECT_FALSE(Finds(kAll, "WEB-1"));
  EXPECT_EQ(Get("PAY-1"), 404);
  EXPECT_EQ(site_.Get("/rest/api/3/project/PAY").status, 404);
  EXPECT_EQ(site_.Get("/rest/api/3/project/WEB").json["archived"], true);
  EXPECT_EQ(site_.Get("/rest/api/3/project/search").json["total"], 4);
  Edit({{"show_projects", {"PAY", "WEB"}}});
  EXPECT_EQ(Search(kAll).size(), 60U);
}

TEST_F(JiraEdits, RefusesWhatItDoesNotKnowAndThenChangesNothing) {
  EXPECT_FALSE(site_.api().Edit(R"({"delete":["PAY-1"],"move":{"NOPE-1":"OPS"}})"));
  EXPECT_FALSE(site_.api().Edit(R"({"explode":["PAY-1"]})"));
  EXPECT_FALSE(site_.api().Edit("[]"));
  EXPECT_FALSE(site_.api().Edit(R"({"hide_projects":["NOPE"]})"));
  EXPECT_EQ(Search(kAll).size(), 60U);
}

}  // namespace
}  // namespace pulse::simulate
