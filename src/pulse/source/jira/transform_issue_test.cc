#include "pulse/source/jira/transform_issue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/jira/transform_probe.h"

namespace pulse::source::jira {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IssueWith;
using testing::Probe;
using ::testing::UnorderedElementsAre;

Probe IssueProbe(
    std::string_view more, std::string_view beside = "", std::string_view request = "{}"
) {
  return Probe("jira_issues", IssueWith(more, beside), request);
}

TEST(TransformIssue, ReadsWhatMakesAnIssue) {
  const Probe probe = IssueProbe(
      R"(,"summary":" Payments time out ","project":{"id":"7","key":"PAY"},)"
      R"("status":{"id":"3","name":"Fertig","statusCategory":{"key":"done"}},)"
      R"("issuetype":{"id":10,"name":"Bug","subtask":false},"priority":{"id":"2","name":"None"},)"
      R"("resolution":{"id":"1","name":"Fixed"},"environment":"prod",)"
      R"("timeoriginalestimate":3600,"timeestimate":null,"timetracking":{"timeSpentSeconds":60})"
  );

  EXPECT_EQ(probe.Issue("external_id"), "10001");
  EXPECT_EQ(probe.Issue("key"), "PAY-1");
  EXPECT_EQ(probe.Issue("title"), " Payments time out ") << "untrimmed";
  EXPECT_EQ(probe.Issue("status"), "Fertig");
  EXPECT_EQ(probe.Issue("status_id"), "3");
  EXPECT_EQ(probe.Issue("status_category"), "done");
  EXPECT_EQ(probe.Issue("type"), "Bug");
  EXPECT_EQ(probe.Issue("type_id"), "10");
  EXPECT_EQ(probe.Issue("is_subtask"), "0");
  EXPECT_EQ(probe.Issue("project_key"), "PAY");
  EXPECT_EQ(probe.Issue("priority"), "None") << "a priority called None is no missing priority";
  EXPECT_EQ(probe.Issue("resolution"), "Fixed");
  EXPECT_EQ(probe.Issue("environment"), "prod");
  EXPECT_EQ(probe.Issue("original_estimate_seconds"), "3600");
  EXPECT_EQ(probe.Issue("remaining_estimate_seconds"), "(null)");
  EXPECT_EQ(probe.Issue("time_spent_seconds"), "60");
}

TEST(TransformIssue, EndsTimeZonesHere) {
  const Probe probe = IssueProbe(R"(,"resolutiondate":"2024-01-01T10:01:59.999+0100")");

  EXPECT_EQ(probe.Issue("source_created_at"), "1704099600000") << "09:00 UTC";
  EXPECT_EQ(probe.Issue("lead_time_minutes"), "1") << "whole minutes";
  EXPECT_EQ(probe.rows.records()[0].version, 1706781600000) << "updated";
  EXPECT_EQ(IssueProbe(R"(,"resolutiondate":null)").Issue("lead_time_minutes"), "(absent)");
}

TEST(TransformIssue, ADueDateIsADayAndNothingElse) {
  EXPECT_EQ(IssueProbe(R"(,"duedate":"2025-03-09")").Issue("due_date"), "2025-03-09");
  EXPECT_EQ(IssueProbe(R"(,"duedate":null)").Issue("due_date"), "(null)");
  EXPECT_EQ(IssueProbe(R"(,"duedate":"soon")").Issue("due_date"), "(null)");
}

TEST(TransformIssue, ToldApartByWhatTheSourceSent) {
  const std::string document =
      R"({"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"Hi"}]}]})";

  EXPECT_EQ(IssueProbe("").Issue("description_format"), "absent");
  EXPECT_EQ(IssueProbe(R"(,"description":null)").Issue("description_format"), "null");
  EXPECT_EQ(IssueProbe(R"(,"description":"h1. Hi\r\n")").Issue("description_format"), "wiki");
  EXPECT_EQ(IssueProbe(R"(,"description":"h1. Hi\r\n")").Issue("description"), "Hi");
  EXPECT_EQ(IssueProbe(R"(,"description":)" + document).Issue("description_format"), "adf");
  EXPECT_EQ(IssueProbe(R"(,"description":)" + document).Issue("description"), "Hi");
}

TEST(TransformIssue, ReadsWikiTextWhereverTheWordsAreRich) {
  const Probe probe = IssueProbe(
      R"(,"environment":"*iOS* 9","comment":{"total":1,"comments":[{"id":"7","body":"[~ada] {{x}}"}]},)"
      R"("worklog":{"total":1,"worklogs":[{"id":"8","comment":"* done"}]})"
  );

  EXPECT_EQ(probe.Issue("environment"), "iOS 9");
  EXPECT_THAT(probe.Column(model::kComments, "body"), ElementsAre("@ada x"));
  EXPECT_THAT(probe.Column(model::kComments, "body_format"), ElementsAre("wiki"));
  EXPECT_THAT(probe.Column(model::kWorklogs, "comment"), ElementsAre("done"));
}

TEST(TransformIssue, KnowsAPersonByTheFirstIdThereIs) {
  const Probe probe = IssueProbe(
      R"(,"assignee":{"accountId":"","key":"JIRAUSER1","name":"ada","emailAddress":"a@b.example",)"
      R"("displayName":"Ada","active":false},"reporter":{"displayName":"Gone"},"creator":null)"
  );

  EXPECT_EQ(probe.Issue("assignee_external_id"), "JIRAUSER1");
  EXPECT_EQ(probe.Issue("assignee_name"), "Ada");
  EXPECT_EQ(probe.Issue("reporter_external_id"), "(null)") << "scrubbed: named, but nobody's id";
  EXPECT_EQ(probe.Issue("reporter_name"), "Gone");
  EXPECT_EQ(probe.Issue("creator_external_id"), "(null)");
  EXPECT_THAT(probe.Column(model::kPeople, "login"), ElementsAre("ada"));
  EXPECT_THAT(probe.Column(model::kPeople, "is_active"), ElementsAre("0"));
}

TEST(TransformIssue, RecordsAPersonOncePerPageWithTheNewestVersion) {
  const auto issue = [](std::string_view id, std::string_view updated) {
    return R"({"id":")" + std::string(id) + R"(","key":"P-)" + std::string(id) +
           R"(","fields":{"created":"2024-01-01T00:00:00Z","updated":")" + std::string(updated) +
           R"(","assignee":{"accountId":"a1","displayName":"Ada","accountType":"atlassian"}}})";
  };
  const Probe probe(
      "jira_issues",
      "[" + issue("1", "2024-01-05T00:00:00Z") + "," + issue("2", "2024-01-09T00:00:00Z") + "," +
          issue("3", "2024-01-07T00:00:00Z") + "]"
  );

  ASSERT_EQ(probe.rows.records().size(), 4U);
  const model::Record& person = probe.rows.records()[3];
  EXPECT_EQ(person.entity_type, "people");
  EXPECT_EQ(person.external_id, "a1");
  EXPECT_EQ(FormatInstant(person.version), "2024-01-09T00:00:00.000Z");
  EXPECT_THAT(probe.Column(model::kPeople, "kind"), ElementsAre("user"));
  EXPECT_EQ(probe.result.record_count, 3) << "people are no primary records of the page";
}

TEST(TransformIssue, FindsTheEpicByEveryRoute) {
  const std::string parent_epic =
      R"(,"parent":{"id":"9","key":"PAY-9","fields":{"issuetype":{"name":"Großes","hierarchyLevel":1}}})";
  const std::string parent_story =
      R"(,"parent":{"id":"8","key":"PAY-8","fields":{"issuetype":{"name":"Story","hierarchyLevel":0}}})";
  const std::string link = R"(,"customfield_10014":"PAY-5")";
  const std::string request = R"({"mapping":{"parent_link":["customfield_77"]}})";

  const Probe agile = IssueProbe(R"(,"epic":{"id":3,"key":"PAY-3"})" + link + parent_epic);
  EXPECT_EQ(agile.Issue("epic_key") + " " + agile.Issue("epic_source"), "PAY-3 fields.epic");
  const Probe linked = IssueProbe(link + parent_epic);
  EXPECT_EQ(
      linked.Issue("epic_key") + " " + linked.Issue("epic_source"), "PAY-5 customfield_10014"
  );
  const Probe child = IssueProbe(parent_epic);
  EXPECT_EQ(child.Issue("epic_key") + " " + child.Issue("epic_source"), "PAY-9 parent");
  const Probe roadmap = IssueProbe(R"(,"customfield_77":{"data":{"key":"PAY-6"}})", "", request);
  EXPECT_EQ(roadmap.Issue("epic_key") + " " + roadmap.Issue("epic_source"), "PAY-6 customfield_77");

  const Probe subtask = IssueProbe(parent_story);
  EXPECT_EQ(subtask.Issue("epic_key"), "(absent)") << "a story is a parent, not an epic";
  EXPECT_EQ(subtask.Issue("parent_key"), "PAY-8");
  EXPECT_EQ(subtask.Issue("parent_external_id"), "8");
}

TEST(TransformIssue, KeepsStoryPointsThatAreNoNumber) {
  const auto points = [](std::string_view json) {
    return IssueProbe(R"(,"customfield_10016":)" + std::string(json));
  };

  EXPECT_EQ(points("13.0").Issue("story_points"), "13.0");
  EXPECT_EQ(points("0").Issue("story_points"), "0.0") << "zero is an estimate";
  EXPECT_EQ(points(R"("-1")").Issue("story_points"), "-1.0");
  EXPECT_EQ(points("null").Issue("story_points"), "(null)");
  EXPECT_EQ(IssueProbe("").Issue("story_points"), "(absent)");
  EXPECT_EQ(points(R"("many")").Issue("story_points"), "(null)");
  EXPECT_EQ(points(R"("many")").Issue("story_points_raw"), R"("many")");
  EXPECT_EQ(points("8").Issue("story_points_field"), "customfield_10016");
}

TEST(TransformIssue, ReadsTheImpedimentFlag) {
  const std::string request = R"({"mapping":{"flagged":["customfield_9"]}})";

  EXPECT_EQ(IssueProbe(R"(,"flagged":true)").Issue("is_flagged"), "1");
  EXPECT_EQ(
      IssueProbe(R"(,"customfield_9":[{"value":"Impediment"}])", "", request).Issue("is_flagged"),
      "1"
  );
  EXPECT_EQ(IssueProbe(R"(,"customfield_9":null)", "", request).Issue("is_flagged"), "0");
  EXPECT_EQ(IssueProbe("", "", request).Issue("is_flagged"), "(absent)");
}

TEST(TransformIssue, ListsEverySprintOnceWhateverTheForm) {
  const Probe probe = IssueProbe(
      R"(,"sprint":{"id":7,"name":"Seven","state":"active","originBoardId":1},)"
      R"("closedSprints":[{"id":5,"name":"Five","state":"closed"}],)"
      R"("customfield_10020":[{"id":7,"name":"Seven","state":"active","boardId":1}],)"
      R"("customfield_4":["com.atlassian.greenhopper.service.sprint.Sprint@1[id=6,rapidViewId=2,)"
      R"(state=CLOSED,name=Six, really,startDate=2020-01-01T00:00:00.000Z,goal=<null>]"])"
  );

  EXPECT_THAT(
      probe.Column(model::kWorkItemSprints, "sprint_external_id"), ElementsAre("7", "5", "6")
  );
  EXPECT_THAT(probe.Column(model::kWorkItemSprints, "is_active"), ElementsAre("1", "0", "0"));
  EXPECT_THAT(probe.Column(model::kSprints, "name"), ElementsAre("Seven", "Five", "Six, really"));
  EXPECT_THAT(probe.Column(model::kSprints, "state"), ElementsAre("active", "closed", "closed"));
  EXPECT_TRUE(probe.Completes(model::kWorkItemSprints));
}

TEST(TransformIssue, ABoardKnowsASprintBetterThanAnIssueDoes) {
  const Probe issue = IssueProbe(R"(,"sprint":{"id":7,"name":"Seven"})");
  const Probe board("jira_sprints", R"({"values":[{"id":7,"name":"Seven"}]})");

  ASSERT_EQ(issue.rows.records().size(), 2U);
  EXPECT_LT(issue.rows.records()[1].version, board.rows.records()[0].version);
}

TEST(TransformIssue, SeesLinksFromThisSide) {
  const Probe probe = IssueProbe(
      R"(,"issuelinks":[{"id":"1","type":{"id":"2","name":"Blocks","inward":"is blocked by",)"
      R"("outward":"blocks"},"inwardIssue":{"id":"5","key":"OPS-5"}},)"
      R"({"id":"3","type":{"name":"Relates","outward":"relates to"},"outwardIssue":{"key":"X-1"}}])"
  );

  EXPECT_THAT(probe.Column(model::kWorkItemLinks, "direction"), ElementsAre("inward", "outward"));
  EXPECT_THAT(
      probe.Column(model::kWorkItemLinks, "description"), ElementsAre("is blocked by", "relates to")
  );
  EXPECT_THAT(probe.Column(model::kWorkItemLinks, "linked_key"), ElementsAre("OPS-5", "X-1"));
  EXPECT_THAT(
      probe.Column(model::kWorkItemLinks, "linked_external_id"), ElementsAre("5", "(absent)")
  );
}

TEST(TransformIssue, CallsASetCompleteOnlyWhenAllOfItCame) {
  const auto probe = [](int comment_total, int change_total) {
    return IssueProbe(
        R"(,"comment":{"total":)" + std::to_string(comment_total) +
            R"(,"comments":[{"id":"1","body":"a","created":"2024-01-01T00:00:00Z"}]})",
        R"(,"changelog":{"total":)" + std::to_string(change_total) +
            R"(,"histories":[{"id":"4","created":"2024-01-01T00:00:00Z","items":[{"field":"a"}]}]})"
    );
  };

  EXPECT_TRUE(probe(1, 1).Completes(model::kComments));
  EXPECT_TRUE(probe(1, 1).Completes(model::kWorkItemChanges));
  EXPECT_FALSE(probe(2, 1).Completes(model::kComments));
  EXPECT_FALSE(probe(1, 9).Completes(model::kWorkItemChanges));
  EXPECT_THAT(probe(2, 9).Column(model::kComments, "external_id"), ElementsAre("1"))
      << "kept anyway";
  EXPECT_EQ(probe(2, 9).Issue("comment_count"), "2");
  EXPECT_EQ(probe(2, 9).Issue("change_count"), "9");
  EXPECT_FALSE(IssueProbe("").Completes(model::kComments)) << "absent is not empty";
}

TEST(TransformIssue, KeepsEveryItemOfAHistoryEvenTheSameFieldTwice) {
  const Probe probe = IssueProbe(
      "",
      R"(,"changelog":{"total":1,"histories":[{"id":"4","created":1704067200000,"author":{"name":"bob"},)"
      R"("items":[{"field":"Fix Version","fromString":null,"toString":"1.0"},)"
      R"({"field":"Fix Version","fieldId":"fixVersions","from":"1","toString":"2.0"}]}]})"
  );

  EXPECT_THAT(probe.Column(model::kWorkItemChanges, "item_position"), ElementsAre("0", "1"));
  EXPECT_THAT(probe.Column(model::kWorkItemChanges, "to_string"), ElementsAre("1.0", "2.0"));
  EXPECT_THAT(
      probe.Column(model::kWorkItemChanges, "from_string"), ElementsAre("(null)", "(absent)")
  );
  EXPECT_THAT(
      probe.Column(model::kWorkItemChanges, "source_created_at"),
      ElementsAre("1704067200000", "1704067200000")
  );
  EXPECT_THAT(
      probe.Column(model::kWorkItemChanges, "author_external_id"), ElementsAre("bob", "bob")
  );
}

TEST(TransformIssue, RestrictedCommentsSayThatTheyAre) {
  const Probe probe = IssueProbe(
      R"(,"comment":{"total":2,"comments":[{"id":"1","body":"open"},)"
      R"({"id":"2","body":"for us","visibility":{"type":"role","value":"Administrators"}}]})"
  );

  EXPECT_THAT(probe.Column(model::kComments, "is_restricted"), ElementsAre("0", "1"));
}

TEST(TransformIssue, KeepsCustomFieldsAsTheyCame) {
  const Probe probe = IssueProbe(
      R"(,"customfield_1":{"value":"A\u0000B"},"customfield_2":null,"customfield_3":"{}","other":1)"
  );

  EXPECT_EQ(
      probe.Issue("custom_fields"), R"({"customfield_1":{"value":"A\ufffdB"},"customfield_3":"{}"})"
  );
}

TEST(TransformIssue, ReplacesWhatNoDatabaseStores) {
  const Probe probe = IssueProbe(R"(,"summary":"a\u0000b","labels":["c\u0000d","e\\u0000"])");

  EXPECT_EQ(
      probe.Issue("title"),
      "a\xEF\xBF\xBD"
      "b"
  );
  EXPECT_EQ(probe.Issue("labels"), R"(["c\ufffdd","e\\u0000"])")
      << "the last one is six plain letters";
  EXPECT_EQ(probe.rows.replaced_nuls(), 1U);
}

TEST(TransformIssue, LinksToTheSiteItWasToldAbout) {
  EXPECT_EQ(
      IssueProbe("", "", R"({"site":"https://acme.example"})").Issue("url"),
      "https://acme.example/browse/PAY-1"
  );
  EXPECT_EQ(IssueProbe("").Issue("url"), "(absent)") << "`self` is no source of links";
}

TEST(TransformIssue, SetsAsideWhatItCannotReadAndGoesOn) {
  const std::string good = IssueWith();
  const std::pair<std::string, std::string> bad[] = {
      {R"(7)", "jira_issue.not_an_object"},
      {R"({"key":"A-1","fields":{}})", "jira_issue.id.missing"},
      {R"({"id":"1","fields":{}})", "jira_issue.key.missing"},
      {R"({"id":"1","key":"A-1"})", "jira_issue.fields.not_an_object"},
      {R"({"id":"1","key":"A-1","fields":{"updated":"2024-01-01T00:00:00Z"}})",
       "jira_issue.created.missing"},
      {R"({"id":"1","key":"A-1","fields":{"created":"yesterday","updated":"2024-01-01T00:00:00Z"}})",
       "jira_issue.created.not_a_time"},
      {R"({"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00Z","updated":"2024-01-01T00:00:00"}})",
       "jira_issue.updated.not_a_time"},
      {R"({"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00Z","updated":"2024-01-01T00:00:00Z","status":"Done"}})",
       "jira_issue.status.not_an_object"},
      {R"({"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00Z","updated":"2024-01-01T00:00:00Z","summary":5}})",
       "jira_issue.summary.not_a_text"},
  };
  for (const auto& [record, code] : bad) {
    const Probe probe("jira_issues", R"({"issues":[)" + record + "," + good + "]}");

    ASSERT_EQ(probe.result.problems.size(), 1U) << code;
    EXPECT_EQ(probe.result.problems[0].code, code);
    EXPECT_EQ(probe.result.problems[0].position, 0);
    EXPECT_TRUE(probe.result.problems[0].counts_as_record);
    EXPECT_EQ(probe.result.problems[0].sample, record);
    EXPECT_EQ(probe.result.record_count, 2);
    EXPECT_EQ(probe.Issue("key"), "PAY-1") << "the neighbour is there: " << code;
  }
}

TEST(TransformIssue, AnUnreadableChildCostsItsSetTheWordCompleteAndNothingElse) {
  const Probe probe =
      IssueProbe(R"(,"comment":{"total":2,"comments":[{"id":"1","body":"a","created":"never"},)"
                 R"({"id":"2","body":"b","created":"2024-01-01T00:00:00Z"}]})");

  EXPECT_EQ(probe.Issue("key"), "PAY-1");
  EXPECT_THAT(probe.Column(model::kComments, "external_id"), ElementsAre("2"));
  EXPECT_FALSE(probe.Completes(model::kComments));
  ASSERT_EQ(probe.result.problems.size(), 1U);
  EXPECT_EQ(probe.result.problems[0].external_id, "1");
  EXPECT_FALSE(probe.result.problems[0].counts_as_record);
}

TEST(TransformIssue, RefusesAPageThatIsNone) {
  for (const std::string body : {"{\"errorMessages\":[\"no\"]}", "[", "<html>", "{}", ""}) {
    const Probe probe("jira_issues", body);

    ASSERT_TRUE(probe.result.page_problem) << body;
    EXPECT_THAT(probe.rows.records(), IsEmpty());
  }
}

}  // namespace
}  // namespace pulse::source::jira
