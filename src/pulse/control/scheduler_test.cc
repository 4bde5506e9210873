#include "pulse/control/scheduler.h"

#include <barrier>
#include <thread>

#include "pulse/control/schedule_rule.h"
#include "pulse/control/test_pipeline.h"

namespace pulse::control {
namespace {

constexpr EpochMs kMinute = 60'000;
constexpr EpochMs kHour = 60 * kMinute;
/// A Thursday's midnight.
constexpr EpochMs kMidnight = 1'700'006'400'000 / (24 * kHour) * (24 * kHour);

class SchedulerTest : public PipelineTest {
 protected:
  SchedulerTest() {
    clock_.Set(kMidnight);
    worker_ = Value(store().dispatch().NewWorker(std::chrono::hours(1'000'000)));
    term_ = Value(store().dispatch().Lead(worker_, std::chrono::hours(1'000'000))).value();
  }

  store::Schedule Put(store::Schedule schedule) {
    schedule.tenant = acme_.tenant;
    schedule.integration = acme_.id;
    if (schedule.options.empty()) schedule.options = model::JobOptions{}.ToJson();
    if (schedule.next_at == 0) {
      schedule.next_at = ScheduleRule::Parse(schedule.rule)->After(clock_.Now());
    }
    Done(store().schedules().Put(schedule));
    return schedule;
  }
  store::Schedule Stored() { return Value(store().schedules().List(acme_.tenant)).at(0); }
  std::vector<model::Job> JobsOf(const model::Integration& integration) {
    return Value(store().jobs().List(integration.tenant, integration.id, 10'000));
  }
  std::size_t Jobs() { return JobsOf(acme_).size(); }

  /// Does the only job that is ready.
  void FinishJob() {
    const EpochMs now = clock_.Now();
    for (const auto& ready : Value(store().dispatch().TakeReady(term_, now, now + 1, 10))) {
      const auto steps = Value(store().ledger().Claim(ready.tenant, ready.step, worker_, 1));
      Value(store().ledger().Commit(pipeline::UnitFor(steps)));
    }
  }

  WorkerId worker_;
  Term term_;
  Scheduler scheduler_{store(), clock_};
};

TEST_F(SchedulerTest, MakesAJobWhenTheSlotComesAndNotBefore) {
  Put({.rule = "every 15m"});

  EXPECT_EQ(Value(scheduler_.RunOnce()).next, kMidnight + 15 * kMinute);
  clock_.Set(kMidnight + 15 * kMinute - 1);
  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 0);
  clock_.Set(kMidnight + 15 * kMinute);
  const auto look = Value(scheduler_.RunOnce());

  EXPECT_EQ(look.jobs, 1);
  EXPECT_EQ(look.next, kMidnight + 30 * kMinute);
  const auto jobs = JobsOf(acme_);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].priority, model::Priority::kScheduled);
  EXPECT_EQ(jobs[0].job_type, "jira_sync");
  EXPECT_EQ(Stored().last_at, kMidnight + 15 * kMinute);
}

TEST_F(SchedulerTest, GivesTheJobTheOptionsOfTheSchedule) {
  model::JobOptions options;
  options.full = true;
  Put({.rule = "0 3 * * *", .options = options.ToJson()});
  clock_.Set(kMidnight + 3 * kHour);

  ASSERT_EQ(Value(scheduler_.RunOnce()).jobs, 1);

  EXPECT_TRUE(JobsOf(acme_).at(0).options.full);
}

TEST_F(SchedulerTest, HasNothingToWakeUpForWithoutASchedule) {
  EXPECT_FALSE(Value(scheduler_.RunOnce()).next);
}

TEST_F(SchedulerTest, MakesOneJobForAllTheSlotsThatWereMissed) {
  Put({.rule = "every 15m"});
  clock_.Set(kMidnight + 10 * kHour + kMinute);

  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 1);
  FinishJob();
  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 0);

  EXPECT_EQ(Jobs(), 1U);
  EXPECT_EQ(Stored().next_at, kMidnight + 10 * kHour + 15 * kMinute);
}

TEST_F(SchedulerTest, MakesNoneForMissedSlotsWhenItDoesNotCatchUp) {
  Put({.rule = "every 15m", .catch_up = false});
  clock_.Set(kMidnight + 10 * kHour + 2 * kMinute);
  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 0);

  clock_.Set(kMidnight + 10 * kHour + 15 * kMinute + kMinute / 2);
  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 1) << "half a minute late is on time";
}

TEST_F(SchedulerTest, LetsASlotWaitForTheJobThatIsUnderWayAndThenRunsOnce) {
  for (const bool catch_up : {true, false}) {
    Put({.rule = "every 15m", .catch_up = catch_up});
    const std::size_t before = Jobs();
    store::JobRequest manual = Request(acme_);
    manual.options.full = true;
    Value(store().jobs().Submit(acme_.tenant, manual));

    clock_.Set(Stored().next_at);
    auto look = Value(scheduler_.RunOnce());
    EXPECT_EQ(look.waiting, 1);
    clock_.Advance(40 * kMinute);
    look = Value(scheduler_.RunOnce());
    EXPECT_EQ(look.waiting, 1);
    EXPECT_GT(look.next, clock_.Now()) << "it does not spin";
    FinishJob();

    EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 1);
    EXPECT_EQ(Jobs(), before + 2);
    EXPECT_GT(Stored().next_at, clock_.Now());
    FinishJob();
  }
}

TEST_F(SchedulerTest, ABusyIntegrationHoldsUpNoOther) {
  const model::Integration globex = MakeIntegration("globex");
  Put({.rule = "every 15m"});
  store::Schedule other = Stored();
  other.tenant = globex.tenant;
  other.integration = globex.id;
  other.next_at += 15 * kMinute;
  Done(store().schedules().Put(other));
  store::JobRequest manual = Request(acme_);
  manual.options.full = true;
  Value(store().jobs().Submit(acme_.tenant, manual));

  clock_.Set(kMidnight + 15 * kMinute);
  EXPECT_EQ(Value(scheduler_.RunOnce()).next, clock_.Now() + kMinute);
  clock_.Set(kMidnight + 30 * kMinute - 1);
  EXPECT_EQ(Value(scheduler_.RunOnce()).next, kMidnight + 30 * kMinute);
  clock_.Set(kMidnight + 30 * kMinute);
  const auto look = Value(scheduler_.RunOnce());

  EXPECT_EQ(look.jobs, 1);
  EXPECT_EQ(look.waiting, 1);
  EXPECT_EQ(JobsOf(globex).size(), 1U);
}

TEST_F(SchedulerTest, AnEqualJobUnderWayServesTheSlot) {
  Put({.rule = "every 15m"});
  Submit(acme_);
  clock_.Set(kMidnight + 15 * kMinute);

  const auto look = Value(scheduler_.RunOnce());

  EXPECT_EQ(look.jobs, 0);
  EXPECT_EQ(look.waiting, 0);
  EXPECT_EQ(Jobs(), 1U);
  EXPECT_EQ(Stored().next_at, kMidnight + 30 * kMinute);
}

TEST_F(SchedulerTest, MakesNothingWhilePausedAndCatchesUpWhenResumed) {
  store::Schedule schedule = Put({.rule = "every 15m"});
  schedule.paused = true;
  Put(schedule);
  clock_.Set(kMidnight + 2 * kHour);
  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 0);
  EXPECT_FALSE(Value(scheduler_.RunOnce()).next);

  schedule.paused = false;
  Put(schedule);

  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 1);
}

TEST_F(SchedulerTest, PassesOverAnIntegrationThatNeedsAttention) {
  Put({.rule = "every 15m"});
  acme_.state = model::IntegrationState::kNeedsAttention;
  Value(store().catalog().PutIntegration(acme_));
  clock_.Set(kMidnight + 15 * kMinute);

  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 0);

  EXPECT_EQ(Jobs(), 0U);
  EXPECT_EQ(Stored().next_at, kMidnight + 30 * kMinute);
}

TEST_F(SchedulerTest, ComesBackWithAClockThatWasAhead) {
  Put({.rule = "every 15m"});
  clock_.Set(kMidnight + EpochMs{365} * 24 * kHour);
  ASSERT_EQ(Value(scheduler_.RunOnce()).jobs, 1);
  FinishJob();

  clock_.Set(kMidnight + kMinute);
  EXPECT_EQ(Value(scheduler_.RunOnce()).next, kMidnight + 15 * kMinute);

  clock_.Set(kMidnight + 15 * kMinute);
  Value(scheduler_.RunOnce());
  FinishJob();
  clock_.Set(kMidnight + 30 * kMinute);
  EXPECT_EQ(Value(scheduler_.RunOnce()).jobs, 1) << "at most one slot is taken for done";
}

TEST_F(SchedulerTest, EightOfThemMakeOneJobPerSlot) {
  constexpr int kSchedulers = 8;
  constexpr int kTicks = 1'000;
  Put({.rule = "every 1m"});
  std::atomic<int> made{0};
  std::barrier tick(kSchedulers + 1);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kSchedulers; ++i) {
    threads.emplace_back([&] {
      Scheduler one(store(), clock_);
      for (int t = 0; t < kTicks; ++t) {
        tick.arrive_and_wait();
        const auto look = one.RunOnce();
        if (look) made += look->jobs;
        if (!look) ADD_FAILURE() << look.error().message();
        tick.arrive_and_wait();
      }
    });
  }

  for (int t = 0; t < kTicks; ++t) {
    clock_.Advance(kMinute);
    tick.arrive_and_wait();
    tick.arrive_and_wait();
    FinishJob();
  }
  threads.clear();

  EXPECT_EQ(made, kTicks);
  EXPECT_EQ(Jobs(), static_cast<std::size_t>(kTicks));
}

TEST_F(SchedulerTest, ALoopMakesTheJobOfASlotThatIsDue) {
  store::Schedule schedule{.rule = "every 15m"};
  schedule.next_at = clock_.Now();
  Put(schedule);
  {
    const std::jthread loop([&](const std::stop_token& stop) { scheduler_.Loop(changed_, stop); });
    EXPECT_TRUE(Eventually([&] { return Jobs() == 1; }));
  }
}

}  // namespace
}  // namespace pulse::control
