#include "pulse/simulate/jira_file_source.h"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/jira_payload_shapes.h"
#include "pulse/simulate/jira_test_site.h"

namespace pulse::simulate {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Odd on purpose: spaces, number forms, key order and an escape that a re-writer would change.
constexpr std::string_view kOdd =
    R"({"id":"501","key":"ZED-9","fields":{ "summary":"caf\u00e9 \/ tea","created":"2024-03-01T10:00:00.000+0100",)"
    R"("updated":"2024-03-05T10:00:00.000+0100","customfield_10016":3.50,"customfield_10777":["com.atlassian.greenhopper.service.sprint.Sprint@1f[id=71,rapidViewId=4,state=ACTIVE,name=Z, the first,startDate=2024-03-01T00:00:00.000Z,endDate=<null>,completeDate=<null>,sequence=71]"],)"
    R"("project":{"id":"9","key":"ZED","name":"Zed"},"issuetype":{"id":"1","name":"Bug","subtask":false},)"
    R"("status":{"id":"3","name":"Open","statusCategory":{"key":"new"}},"assignee":{"name":"kim","key":"kim","displayName":"Kim"},)"
    R"("comment":{"total":1,"comments":[{"id":"77","body":"hi","created":"2024-03-02T10:00:00.000+0100"}]}},)"
    R"("changelog":{"total":2,"histories":[{"id":"2","created":"2024-03-04T10:00:00.000+0100","items":[]},{"id":"1","created":"2024-03-02T10:00:00.000+0100","items":[]}]}})";

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("pulse-simulate-") + info->name() + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::vector<std::string>& lines) {
    const auto path = folder_ / name;
    std::ofstream file(path, std::ios::binary);
    for (const std::string& line : lines) file << line << "\n";
    return path.string();
  }
  SimulateOptions Options(const std::vector<std::string>& lines) {
    SimulateOptions options;
    options.jira_issue_files = {Write("issues.jsonl", lines)};
    return options;
  }
  static std::string Wrapped(std::string_view payload) {
    return "{\"entity\":\"jira_issue\",\"group\":\"ZED-9\",\"payload\":" + std::string(payload) +
           "}";
  }
  static std::string Simple(int id, const std::string& updated, const std::string& summary) {
    return json{
        {"id", std::to_string(id)},
        {"key", "ZED-" + std::to_string(id)},
        {"fields",
         {{"summary", summary}, {"created", "2024-01-01T00:00:00.000+0000"}, {"updated", updated}}}
    }.dump();
  }

  std::filesystem::path folder_;
};

TEST_F(Files, AreServedByteForByte) {
  TestSite site(Options({Wrapped(kOdd)}));

  const SiteAnswer answer = site.Get("/rest/api/3/issue/ZED-9?expand=changelog");

  EXPECT_EQ(answer.body, kOdd);
  EXPECT_EQ(site.Get("/dc/rest/api/2/issue/501?expand=changelog").body, kOdd);
}

TEST_F(Files, KeepOnlyTheFieldsARequestNamesStillByteForByte) {
  TestSite site(Options({std::string(kOdd)}));

  const SiteAnswer answer = site.Post(
      "/rest/api/3/issue/bulkfetch",
      {{"issueIdsOrKeys", {"501"}}, {"fields", {"summary", "customfield_10016"}}}
  );

  EXPECT_THAT(
      answer.body, HasSubstr(R"("fields":{"summary":"caf\u00e9 \/ tea","customfield_10016":3.50})")
  );
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("changelog")));
}

TEST_F(Files, ServeTheNewestVersionOfAnIssue) {
  TestSite site(Options(
      {Simple(1, "2024-02-01T00:00:00.000+0000", "old"),
       Simple(1, "2024-02-03T00:00:00.000+0000", "newest"),
       Simple(2, "2024-02-01T00:00:00.000+0000", "other"),
       Simple(1, "2024-02-02T00:00:00.000+0000", "middle")}
  ));

  const SiteAnswer sweep = site.Get("/rest/api/3/search/jql?jql=updated%3E%3D0");

  EXPECT_THAT(sweep.json["issues"], SizeIs(2));
  EXPECT_EQ(site.Get("/rest/api/3/issue/1").json["fields"]["summary"], "newest");
}

TEST_F(Files, ServeInlineHistoriesOldestFirstInBulk) {
  TestSite site(Options({std::string(kOdd)}));

  const SiteAnswer answer =
      site.Post("/rest/api/3/changelog/bulkfetch", {{"issueIdsOrKeys", {"501"}}});

  const json& histories = answer.json["issueChangeLogs"][0]["changeHistories"];
  ASSERT_THAT(histories, SizeIs(2));
  EXPECT_EQ(histories[0]["id"], "1");
  EXPECT_EQ(site.Get("/rest/api/3/issue/501/comment").json["comments"][0]["id"], "77");
}

TEST_F(Files, SayWhatProjectsStatusesPeopleAndSprintsThereAre) {
  TestSite site(Options({std::string(kOdd)}));

  EXPECT_EQ(site.Get("/rest/api/3/project/search").json["values"][0]["key"], "ZED");
  EXPECT_EQ(site.Get("/rest/api/3/status").json[0]["name"], "Open");
  EXPECT_EQ(site.Get("/rest/api/3/users/search").json[0]["displayName"], "Kim");
  EXPECT_EQ(site.Get("/rest/agile/1.0/board").json["values"][0]["id"], 4);
  const json sprint = site.Get("/rest/agile/1.0/board/4/sprint").json["values"][0];
  EXPECT_EQ(sprint["id"], 71);
  EXPECT_EQ(sprint["name"], "Z, the first");
  EXPECT_EQ(sprint["state"], "active");
}

TEST_F(Files, RecogniseSprintAndPointFieldsAndTakeTheRestFromFieldFiles) {
  SimulateOptions options = Options({std::string(kOdd)});
  options.jira_field_files = {Write(
      "fields.jsonl",
      {R"({"payload":{"id":"customfield_10016","name":"Effort","schema":{"type":"number","custom":"x:y"}}})"
      }
  )};

  TestSite guessed(Options({std::string(kOdd)}));
  TestSite told(options);
  const auto schema_of = [](TestSite& site, const std::string& id) {
    for (const json& field : site.Get("/rest/api/3/field").json) {
      if (field["id"] == id) return field["schema"]["custom"].get<std::string>();
    }
    return std::string("absent");
  };

  EXPECT_EQ(schema_of(guessed, "customfield_10777"), "com.pyxis.greenhopper.jira:gh-sprint");
  EXPECT_EQ(schema_of(guessed, "customfield_10016"), "com.pyxis.greenhopper.jira:jsw-story-points");
  EXPECT_EQ(schema_of(told, "customfield_10016"), "x:y");
}

TEST_F(Files, ThatAreBrokenAreNamedWithTheirLine) {
  const auto plan = FaultPlan::Make(1, {}).value();
  const FaultPlan& none = *plan;

  const auto not_json = NewJiraApi(Options({Simple(1, "", "fine"), "[1]"}), none);
  const auto no_id = NewJiraApi(Options({R"({"key":"A-1"})"}), none);
  SimulateOptions missing;
  missing.jira_issue_files = {(folder_ / "none.jsonl").string()};

  EXPECT_THAT(not_json.error().message(), HasSubstr("issues.jsonl line 2: not a JSON object"));
  EXPECT_THAT(no_id.error().message(), HasSubstr("line 1: an issue without id"));
  EXPECT_EQ(NewJiraApi(missing, none).error().kind(), ErrorKind::kInvalid);
}

TEST(SprintsIn, ReadsObjectsTextsAndNothingElse) {
  EXPECT_THAT(SprintsIn(R"([{"id":5,"name":"S","state":"closed","boardId":2}])"), SizeIs(1));
  EXPECT_THAT(SprintsIn(R"({"id":5,"name":"S","state":"active"})"), SizeIs(1));
  EXPECT_THAT(SprintsIn(R"([{"id":"5","value":"red"}])"), SizeIs(0));
  EXPECT_THAT(SprintsIn(R"(["red","green"])"), SizeIs(0));
  EXPECT_THAT(SprintsIn("17"), SizeIs(0));
  EXPECT_THAT(SprintsIn("null"), SizeIs(0));
}

}  // namespace
}  // namespace pulse::simulate
