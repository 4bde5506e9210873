#include "pulse/control/runner.h"

#include <set>

#include "pulse/control/test_frozen.h"

namespace pulse::control {
namespace {

constexpr int kPages = 8;

class RunnerTest : public PipelineTest {
 protected:
  RunnerTest() : PipelineTest(kPages) {}

  std::unique_ptr<Runner> NewRunner(pipeline::Environment& environment, RunnerOptions options) {
    return std::make_unique<Runner>(environment, *queue_, observer_, std::move(options));
  }
  model::EntityCounts CountsOf(JobId job) {
    return Value(store().jobs().Progress(acme_.tenant, job)).receipt.entities["jira_issues"];
  }
};

TEST_F(RunnerTest, TheSoleOwnerDoesAWholeJob) {
  auto environment = EnvironmentOf(store());
  const auto runner = NewRunner(environment, {});
  Done(runner->Start());

  const JobId job = Submit(acme_);

  ASSERT_TRUE(Ended(acme_, job));
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kFinished);
  EXPECT_EQ(CountsOf(job).inserted, kPages);
  EXPECT_TRUE(runner->vitals().leads);
}

TEST_F(RunnerTest, TwoProcessesShareAJobAndOneLeads) {
  std::mutex mutex;
  std::set<std::thread::id> fetchers;
  Gate all_at_once;
  all_at_once.Shut();
  source_->on_fetch = [&](const source::FetchRequest&) {
    {
      const std::lock_guard lock(mutex);
      fetchers.insert(std::this_thread::get_id());
      if (fetchers.size() == 4) all_at_once.Open();
    }
    all_at_once.Pass();  // Two workers of each process, or the job never ends.
  };
  auto environment = EnvironmentOf(store());
  const auto first = NewRunner(environment, OneOfSeveral());
  const auto second = NewRunner(environment, OneOfSeveral());
  const OpenAtEnd at_last(all_at_once);
  Done(first->Start());
  Done(second->Start());

  const JobId job = Submit(acme_);

  ASSERT_TRUE(Ended(acme_, job));
  EXPECT_EQ(CountsOf(job).inserted, kPages);
  EXPECT_EQ(source_->fetches, kPages);
  EXPECT_NE(first->vitals().leads, second->vitals().leads);
  EXPECT_NE(first->vitals().worker, second->vitals().worker);
}

TEST_F(RunnerTest, AFrozenLeaderIsReplacedAndHarmlessWhenItWakes) {
  FrozenStore frozen(store());
  Gate fetching;
  std::atomic<bool> first_fetch{true};
  std::atomic<bool> held{false};
  source_->on_fetch = [&](const source::FetchRequest&) {
    if (!first_fetch.exchange(false)) return;
    frozen.gate().Shut();  // In the middle of a fetch, the whole process stops.
    held = true;
    fetching.Pass();
  };
  fetching.Shut();
  auto of_first = EnvironmentOf(frozen);
  auto of_second = EnvironmentOf(store());
  FrozenQueue queue_of_first(*queue_, frozen.gate());
  const auto first = std::make_unique<Runner>(of_first, queue_of_first, observer_, OneOfSeveral());
  const auto second = NewRunner(of_second, OneOfSeveral());
  const OpenAtEnd thaw(frozen.gate());
  const OpenAtEnd answer(fetching);
  Done(first->Start());
  const JobId job = Submit(acme_);
  ASSERT_TRUE(Eventually([&] { return held.load(); }));
  ASSERT_FALSE(model::IsFinal(StatusOf(acme_, job)));
  const Term past =
      Value(store().dispatch().Lead(first->vitals().worker, std::chrono::seconds(15))).value();

  clock_.Advance(15'001);
  Done(second->Start());
  ASSERT_TRUE(Ended(acme_, job));
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kFinished);
  EXPECT_EQ(CountsOf(job).inserted, kPages);
  EXPECT_EQ(frozen.refused_commits(), 0);

  frozen.gate().Open();
  fetching.Open();
  ASSERT_TRUE(Eventually([&] { return frozen.refused_commits() > 0; }));
  ASSERT_TRUE(Eventually([&] { return !first->vitals().leads; }));
  EXPECT_EQ(KindOf(store().dispatch().RecoverLost(past)), ErrorKind::kConflict);

  EXPECT_EQ(CountsOf(job).inserted, kPages) << "what it had fetched was refused";
  EXPECT_EQ(CountsOf(job).updated, 0);
  EXPECT_TRUE(Value(store().dead_letters().List(acme_.tenant, {})).empty());
  const JobId next = Submit(acme_);
  ASSERT_TRUE(Ended(acme_, next)) << "both work on";
}

class SmallJobTest : public PipelineTest {
 protected:
  SmallJobTest() : PipelineTest(1) {}

  /// Stages in the order their steps were done, and by which thread.
  class Watch final : public pipeline::Observer {
   public:
    void OnStepsDone(const pipeline::StepsDone& event) override {
      done.With([&](auto& all) { all.emplace_back(event.first.stage, std::this_thread::get_id()); }
      );
    }
    Guarded<std::vector<std::pair<model::Stage, std::thread::id>>> done;
  };
};

TEST_F(SmallJobTest, StaysWithTheWorkerThatFetchedIt) {
  Watch watch;
  auto environment = EnvironmentOf(store());
  Runner runner(environment, *queue_, watch, {});
  Done(runner.Start());

  const JobId job = Submit(acme_);

  ASSERT_TRUE(Ended(acme_, job));
  runner.Stop();
  const auto done = watch.done.With([](const auto& all) { return all; });
  ASSERT_EQ(done.size(), 3U);  // The root, its page, and what the page holds.
  EXPECT_EQ(done[1].first, model::Stage::kExtract);
  EXPECT_EQ(done[2].first, model::Stage::kTransform);
  EXPECT_EQ(done[1].second, done[2].second);
}

TEST_F(SmallJobTest, EndsThoughTheAnswerToAClaimAndToACommitGotLost) {
  FrozenStore store(this->store());
  store.frozen_ledger().lost_claims = 1;
  store.frozen_ledger().lost_commits = 1;
  auto environment = EnvironmentOf(store);
  Runner runner(environment, *queue_, observer_, OneOfSeveral());
  Done(runner.Start());

  const JobId job = Submit(acme_);

  ASSERT_TRUE(Ended(acme_, job)) << "what nobody knows to hold is put back";
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kFinished);
  EXPECT_EQ(store.frozen_ledger().lost_claims, 0);
  EXPECT_EQ(store.frozen_ledger().lost_commits, 0);
  const auto receipt = Value(this->store().jobs().Progress(acme_.tenant, job)).receipt;
  EXPECT_EQ(receipt.entities.at("jira_issues").inserted, 1);
}

TEST_F(SmallJobTest, EndsThoughTheServerForgotAUnitWhoseNextStepStayedInHand) {
  FrozenStore store(this->store());
  store.frozen_ledger().forgotten_units = 1;
  auto environment = EnvironmentOf(store);
  Runner runner(environment, *queue_, observer_, OneOfSeveral());
  Done(runner.Start());

  const JobId job = Submit(acme_);

  ASSERT_TRUE(Ended(acme_, job)) << "the page is fetched again";
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kFinished);
  EXPECT_EQ(source_->fetches, 2);
  const auto receipt = Value(this->store().jobs().Progress(acme_.tenant, job)).receipt;
  EXPECT_EQ(receipt.entities.at("jira_issues").inserted, 1);
}

TEST_F(RunnerTest, TheSoleOwnerRecoversTheDeadThoughTheDatabaseWasBusyAtItsStart) {
  const JobId job = Submit(acme_);
  const WorkerId dead = Value(store().dispatch().NewWorker(std::chrono::hours(1)));
  const Term term = Value(store().dispatch().Lead(dead, std::chrono::hours(1))).value();
  const auto ready = Value(store().dispatch().TakeReady(term, clock_.Now(), 0, 1));
  ASSERT_EQ(ready.size(), 1U);
  ASSERT_EQ(Value(store().ledger().Claim(acme_.tenant, ready[0].step, dead, 1)).size(), 1U);
  FrozenStore busy(store());
  busy.frozen_dispatch().busy_sweeps = 1;
  auto environment = EnvironmentOf(busy);
  const auto runner = NewRunner(environment, {});

  Done(runner->Start());

  EXPECT_TRUE(Ended(acme_, job));
  EXPECT_EQ(busy.frozen_dispatch().busy_sweeps, 0);
}

TEST_F(RunnerTest, OneStepOfABatchThatIsAnothersTakesNoneWithIt) {
  RunnerOptions fetches = OneOfSeveral();
  RunnerOptions transforms = OneOfSeveral();
  fetches.KeepOnly(std::array{model::Stage::kExtract});
  transforms.KeepOnly(std::array{model::Stage::kTransform});
  FrozenStore store(this->store());
  store.frozen_ledger().stolen_steps = 1;
  auto environment = EnvironmentOf(store);
  const auto fetcher = NewRunner(environment, std::move(fetches));
  Done(fetcher->Start());
  const JobId job = Submit(acme_);
  ASSERT_TRUE(Eventually([&] { return source_->fetches == kPages; }));
  fetcher->Stop();

  const auto transformer = NewRunner(environment, std::move(transforms));
  Done(transformer->Start());

  EXPECT_TRUE(Ended(acme_, job));
  EXPECT_EQ(store.refused_commits(), 1);
  EXPECT_EQ(CountsOf(job).inserted, kPages);
}

TEST_F(RunnerTest, HandsOverWithoutWaitingForItsLeaseWhenItStops) {
  auto environment = EnvironmentOf(store());
  auto first = NewRunner(environment, OneOfSeveral());
  const auto second = NewRunner(environment, OneOfSeveral());
  Done(first->Start());
  Done(second->Start());
  ASSERT_TRUE(first->vitals().leads);

  first->Stop();  // The database's clock stands still: no lease ends by itself.

  ASSERT_TRUE(Eventually([&] { return second->vitals().leads; }));
  const JobId job = Submit(acme_);
  ASSERT_TRUE(Ended(acme_, job));
}

TEST_F(RunnerTest, AStopLetsAFetchFinishAndLosesNoStep) {
  Gate fetching;
  fetching.Shut();
  std::atomic<bool> held{false};
  source_->on_fetch = [&](const source::FetchRequest&) {
    held = true;
    fetching.Pass();
  };
  auto environment = EnvironmentOf(store());
  auto first = NewRunner(environment, OneOfSeveral());
  const OpenAtEnd answer(fetching);
  Done(first->Start());
  const JobId job = Submit(acme_);
  ASSERT_TRUE(Eventually([&] { return held.load(); }));

  std::jthread stopping([&] { first->Stop(); });
  ASSERT_TRUE(Eventually([&] { return !first->vitals().leads; }));
  fetching.Open();
  stopping.join();

  const int fetched = source_->fetches;
  EXPECT_GE(fetched, 1);
  EXPECT_LE(fetched, 2) << "no further fetch began";
  const WorkerId other = Value(store().dispatch().NewWorker(std::chrono::minutes(1)));
  const Term term = Value(store().dispatch().Lead(other, std::chrono::minutes(1))).value();
  EXPECT_EQ(Value(store().dispatch().RecoverLost(term)), 0) << "it held nothing when it went";
  Done(store().dispatch().Resign(term));
  const auto second = NewRunner(environment, OneOfSeveral());
  Done(second->Start());
  ASSERT_TRUE(Ended(acme_, job));
  EXPECT_EQ(source_->fetches, kPages) << "nothing was fetched twice";
}

TEST_F(RunnerTest, NoFetchBeginsAfterAJobIsCancelled) {
  Gate fetching;
  fetching.Shut();
  source_->on_fetch = [&](const source::FetchRequest&) { fetching.Pass(); };
  auto environment = EnvironmentOf(store());
  const auto runner = NewRunner(environment, OneOfSeveral());
  const OpenAtEnd answer(fetching);
  Done(runner->Start());
  const JobId job = Submit(acme_);
  ASSERT_TRUE(Eventually([&] { return source_->fetches == 2; })) << "both workers fetch";

  Done(store().jobs().Cancel(acme_.tenant, job));
  fetching.Open();

  ASSERT_TRUE(Ended(acme_, job));
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kCancelled);
  EXPECT_EQ(source_->fetches, 2) << "of " << kPages;
}

TEST_F(RunnerTest, RunsOnlyTheStagesItIsGiven) {
  RunnerOptions fetches = OneOfSeveral();
  RunnerOptions transforms = OneOfSeveral();
  fetches.KeepOnly(std::array{model::Stage::kExtract});
  transforms.KeepOnly(std::array{model::Stage::kTransform, model::Stage::kLoad});
  auto environment = EnvironmentOf(store());
  const auto fetcher = NewRunner(environment, std::move(fetches));
  Done(fetcher->Start());
  const JobId job = Submit(acme_);
  const auto all_fetched = [&] {
    const auto progress = Value(store().jobs().Progress(acme_.tenant, job));
    for (const auto& stage : progress.stages) {
      if (stage.stage == model::Stage::kTransform) return stage.ready == kPages;
    }
    return false;
  };
  ASSERT_TRUE(Eventually(all_fetched));
  EXPECT_EQ(CountsOf(job).inserted, 0);

  const auto transformer = NewRunner(environment, std::move(transforms));
  Done(transformer->Start());

  ASSERT_TRUE(Ended(acme_, job));
  EXPECT_EQ(CountsOf(job).inserted, kPages);
}

TEST_F(RunnerTest, TheLeaderDeletesRawPagesThatAreTooOld) {
  const auto count = [&] {
    return Value(
        store().tables().Select(acme_.tenant, "SELECT count(*) AS n FROM raw_extraction_data", 1)
    );
  };
  Value(store().raw_pages().RecordRefusal(acme_.tenant, "jira_issues", "{}"));
  Done(store().catalog().SetRawRetention(acme_.tenant, 1));
  auto environment = EnvironmentOf(store());
  const auto early = NewRunner(environment, OneOfSeveral());
  Done(early->Start());
  ASSERT_TRUE(Ended(acme_, Submit(acme_)));
  early->Stop();
  const std::string all = R"([{"n":)" + std::to_string(kPages + 1) + "}]";
  ASSERT_EQ(count(), all) << "nothing is too old yet";

  clock_.Advance(EpochMs{2} * 24 * 60 * 60 * 1000);
  const auto late = NewRunner(environment, OneOfSeveral());
  Done(late->Start());

  const std::string rest = R"([{"n":)" + std::to_string(kPages) + "}]";
  EXPECT_TRUE(Eventually([&] { return count() == rest; })) << "the newest pages stay";
}

TEST_F(RunnerTest, StoppingIsFineTwiceAndBeforeTheStart) {
  auto environment = EnvironmentOf(store());
  const auto runner = NewRunner(environment, OneOfSeveral());
  runner->Stop();
  Done(runner->Start());
  runner->Stop();
  runner->Stop();
  EXPECT_FALSE(runner->vitals().leads);
}

}  // namespace
}  // namespace pulse::control
