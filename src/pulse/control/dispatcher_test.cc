#include "pulse/control/dispatcher.h"

#include <thread>

#include "pulse/control/test_pipeline.h"

namespace pulse::control {
namespace {

/// Remembers what was published, unless it is told to fail.
class RecordingPublisher final : public queue::Publisher {
 public:
  RecordingPublisher(std::vector<StepId>& rung, bool& away) : rung_(rung), away_(away) {}
  Result<> Publish(std::span<const queue::Ring> rings) override {
    if (away_) return Error{ErrorKind::kUnavailable, "the broker is away"};
    for (const queue::Ring& ring : rings) rung_.push_back(ring.step);
    return {};
  }

 private:
  std::vector<StepId>& rung_;
  bool& away_;
};

class DispatcherTest : public PipelineTest {
 protected:
  DispatcherTest() {
    worker_ = Value(store().dispatch().NewWorker(std::chrono::hours(1)));
    term_ = Value(store().dispatch().Lead(worker_, std::chrono::hours(1))).value();
  }
  std::unique_ptr<Dispatcher> NewDispatcher() {
    return std::make_unique<Dispatcher>(
        store().dispatch(), std::make_unique<RecordingPublisher>(rung_, away_), clock_, term_
    );
  }
  std::vector<model::Step> Claim(StepId step) {
    return Value(store().ledger().Claim(acme_.tenant, step, worker_, 1));
  }

  WorkerId worker_;
  Term term_;
  std::vector<StepId> rung_;
  bool away_ = false;
};

TEST_F(DispatcherTest, RingsOnceAndLooksAgainWhenTheRingWouldBeLost) {
  const auto dispatcher = NewDispatcher();
  EXPECT_EQ(Value(dispatcher->RunOnce()), clock_.Now() + 10'001)
      << "idle, and yet it looks: who commits something may die before it tells";
  Submit(acme_);

  EXPECT_EQ(Value(dispatcher->RunOnce()), clock_.Now() + 200) << "more may come due soon";
  clock_.Advance(200);
  EXPECT_EQ(Value(dispatcher->RunOnce()), clock_.Now() + 10'001);

  EXPECT_EQ(rung_.size(), 1U);
}

TEST_F(DispatcherTest, RingsAgainUntilSomebodyClaims) {
  const auto dispatcher = NewDispatcher();
  Submit(acme_);
  Value(dispatcher->RunOnce());
  clock_.Advance(10'001);
  Value(dispatcher->RunOnce());
  ASSERT_EQ(rung_.size(), 2U);
  EXPECT_EQ(rung_[0], rung_[1]);

  ASSERT_EQ(Claim(rung_[0]).size(), 1U);
  clock_.Advance(10'001);

  Value(dispatcher->RunOnce());
  EXPECT_EQ(rung_.size(), 2U) << "nothing is out any more";
}

TEST_F(DispatcherTest, WakesUpForAWaitingStep) {
  const auto dispatcher = NewDispatcher();
  Submit(acme_);
  Value(dispatcher->RunOnce());
  const model::Step step = Claim(rung_.at(0)).at(0);
  const EpochMs due = clock_.Now() + 3000;
  Value(store().ledger().Retry(acme_.tenant, {{step.id, step.epoch}}, due, false, "429"));

  EXPECT_EQ(Value(dispatcher->RunOnce()), clock_.Now() + 200) << "busy still: it asks then";
  clock_.Advance(200);
  EXPECT_EQ(Value(dispatcher->RunOnce()), due);
  clock_.Set(due);
  Value(dispatcher->RunOnce());

  EXPECT_EQ(rung_.size(), 2U);
}

TEST_F(DispatcherTest, RingsAtOnceForWhatAnEarlierLeaderRangFor) {
  Submit(acme_);
  Value(NewDispatcher()->RunOnce());
  ASSERT_EQ(rung_.size(), 1U);

  Value(NewDispatcher()->RunOnce());

  EXPECT_EQ(rung_.size(), 2U);
}

TEST_F(DispatcherTest, RingsAtOnceWhenTheBrokerIsBack) {
  const auto dispatcher = NewDispatcher();
  Value(dispatcher->RunOnce());
  Submit(acme_);
  away_ = true;
  EXPECT_EQ(KindOf(dispatcher->RunOnce()), ErrorKind::kUnavailable);
  EXPECT_TRUE(rung_.empty());

  away_ = false;
  Value(dispatcher->RunOnce());

  EXPECT_EQ(rung_.size(), 1U);
}

TEST_F(DispatcherTest, EndsWithItsTerm) {
  const auto dispatcher = NewDispatcher();
  Signal changed;
  Result<> ended;
  std::jthread loop([&](const std::stop_token& stop) { ended = dispatcher->Loop(changed, stop); });
  Done(store().dispatch().Resign(term_));

  changed.Notify();
  loop.join();

  EXPECT_EQ(KindOf(ended), ErrorKind::kConflict);
}

TEST_F(DispatcherTest, ALoopEndsWhenAskedTo) {
  const auto dispatcher = NewDispatcher();
  const Signal changed;
  Result<> ended = Error{ErrorKind::kInternal, "not yet"};
  {
    const std::jthread loop([&](const std::stop_token& stop) {
      ended = dispatcher->Loop(changed, stop);
    });
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace pulse::control
