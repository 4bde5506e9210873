#include "progress_view.h"

#include "text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr EpochMs kNow = 49'267'000;  // 13:41:07Z

JobView Running() {
  JobView view{
      .label = "acme/jira-main", .source = "jira", .progress = {}, .records_per_second = 412
  };
  view.progress.job.id = JobId(1042);
  view.progress.job.status = model::JobStatus::kRunning;
  view.progress.job.started_at = kNow - 4000;
  view.progress.stages = {
      {.stage = model::Stage::kExtract, .ready = 5, .running = 1, .done = 18, .failed = 0}
  };
  view.progress.receipt.entities["jira_issues"] = {
      .source = 3000, .inserted = 1700, .quarantined = 100
  };
  return view;
}

TEST(Bar, IsFullOnlyWhenEverythingIsDone) {
  EXPECT_EQ(Bar(0, 10, 10), "[----------]");
  EXPECT_EQ(Bar(5, 10, 10), "[====>-----]");
  EXPECT_EQ(Bar(999, 1000, 10), "[========>-]");
  EXPECT_EQ(Bar(10, 10, 10), "[==========]");
  EXPECT_EQ(Bar(3, 0, 10), "[----------]");
}

TEST(CountRecords, ComparesOnlyEntitiesTheSourceCounted) {
  model::Receipt receipt;
  receipt.entities["people"] = {.source = {}, .inserted = 40};
  EXPECT_EQ(CountRecords(receipt).done, 40);
  EXPECT_EQ(CountRecords(receipt).total, 0);

  receipt.entities["jira_issues"] = {
      .source = 10, .inserted = 3, .updated = 2, .unchanged = 1, .quarantined = 1
  };

  EXPECT_EQ(CountRecords(receipt).done, 7);
  EXPECT_EQ(CountRecords(receipt).total, 10);
}

TEST(RenderJob, ShowsCountsRateTimeToGoAndStages) {
  const auto lines = RenderJob(Running(), {.width = 100, .now = kNow});

  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "job 1042  acme/jira-main  running  1,800/3,000 records  412/s  ETA 2.9 s");
  EXPECT_THAT(lines[1], HasSubstr("extract"));
  EXPECT_THAT(lines[1], HasSubstr("18/24 steps"));
}

TEST(RenderJob, SaysOnWhatAndUntilWhenItWaits) {
  JobView view = Running();
  view.progress.waiting_until = kNow + 9000;
  const auto lines = RenderJob(view, {.width = 100, .now = kNow});
  EXPECT_EQ(lines.back(), "  waiting on jira until 13:41:16Z (9 s)");
}

TEST(RenderJob, NeverIsWiderThanTheTerminal) {
  JobView view = Running();
  view.label = std::string(200, 'x');
  view.progress.waiting_until = kNow + 9000;
  view.progress.waiting_reason = std::string(200, 'y');
  for (const Detail detail : {Detail::kStages, Detail::kOneLine}) {
    for (const std::string& line : RenderJob(view, {.width = 40, .detail = detail, .now = kNow})) {
      EXPECT_LE(DisplayWidth(line), 40u) << line;
    }
  }
}

TEST(ChangeLines, SaysEachChangeOnce) {
  JobView view = Running();
  EXPECT_THAT(
      ChangeLines(nullptr, view, kNow),
      ElementsAre("job 1042 acme/jira-main: running", "job 1042 acme/jira-main: extract begins")
  );

  JobView later = view;
  later.progress.stages[0].done = 20;
  later.progress.receipt.entities["jira_issues"].inserted = 1900;

  EXPECT_THAT(ChangeLines(&view, later, kNow), IsEmpty());
}

TEST(ChangeLines, TellsWhenAWaitBeginsAndEnds) {
  const JobView before = Running();
  JobView waiting = before;
  waiting.progress.waiting_until = kNow + 9000;
  waiting.progress.waiting_reason = "rate limited";
  EXPECT_THAT(
      ChangeLines(&before, waiting, kNow),
      ElementsAre("job 1042 acme/jira-main: waiting on jira until 13:41:16Z (9 s): rate limited")
  );
  EXPECT_THAT(ChangeLines(&waiting, waiting, kNow), IsEmpty());
  EXPECT_THAT(ChangeLines(&waiting, before, kNow), ElementsAre("job 1042 acme/jira-main: goes on"));
}

TEST(ChangeLines, EndsWithTheReason) {
  const JobView before = Running();
  JobView failed = before;
  failed.progress.job.status = model::JobStatus::kFailed;
  failed.progress.job.finished_at = kNow;
  failed.progress.job.error = "401 from jira";
  EXPECT_THAT(
      ChangeLines(&before, failed, kNow),
      ElementsAre("job 1042 acme/jira-main: failed in 4.0 s: 1,800/3,000 records; 401 from jira")
  );
}

TEST(RateMeter, ForgetsTheDistantPast) {
  RateMeter meter;
  const std::chrono::steady_clock::time_point start{};
  meter.Add(start, 0);
  EXPECT_EQ(meter.PerSecond(), 0);
  meter.Add(start + std::chrono::seconds(10), 100);
  EXPECT_DOUBLE_EQ(meter.PerSecond(), 10);
  meter.Add(start + std::chrono::seconds(12), 500);
  EXPECT_DOUBLE_EQ(meter.PerSecond(), 200);
}

}  // namespace
}  // namespace pulse::app
