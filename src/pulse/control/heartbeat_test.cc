#include "pulse/control/heartbeat.h"

#include <thread>

#include "pulse/control/test_frozen.h"

namespace pulse::control {
namespace {

using std::chrono::seconds;

/// A process's own clock and the database's, moved together or apart.
class HeartbeatTest : public PipelineTest {
 protected:
  SteadyNow Steady() {
    return [this] {
      return std::chrono::steady_clock::time_point(std::chrono::milliseconds(steady_ms_.load()));
    };
  }
  void Pass(std::chrono::milliseconds time) {
    steady_ms_ += time.count();
    clock_.Advance(time.count());
  }
  Heartbeat OneOfTwo() { return Heartbeat(store().dispatch(), {.sole_owner = false}, Steady()); }

  std::atomic<std::int64_t> steady_ms_{1'000'000};
};

TEST_F(HeartbeatTest, TheFirstOneLeadsAndTheSecondWorks) {
  Heartbeat first = OneOfTwo();
  Heartbeat second = OneOfTwo();

  const WorkerId one = Value(first.Begin());
  const WorkerId two = Value(second.Begin());

  EXPECT_NE(one, two);
  EXPECT_TRUE(first.term());
  EXPECT_FALSE(second.term());
  EXPECT_TRUE(first.live());
  EXPECT_TRUE(second.live());
}

TEST_F(HeartbeatTest, KeepsItsTermAsLongAsItBeats) {
  Heartbeat heart = OneOfTwo();
  Value(heart.Begin());
  const auto term = heart.term();
  for (int beat = 0; beat < 10; ++beat) {
    Pass(seconds(5));
    Done(heart.Beat());
  }

  EXPECT_EQ(heart.term(), term);
  EXPECT_EQ(heart.lease_age().count(), 0);
}

TEST_F(HeartbeatTest, APausedProcessKnowsThatItMayNotClaimBeforeItAsksAnybody) {
  Heartbeat heart = OneOfTwo();
  Value(heart.Begin());

  Pass(seconds(16));

  EXPECT_FALSE(heart.live());
  EXPECT_FALSE(heart.term());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(KindOf(heart.Await(stop.get_token())), ErrorKind::kCancelled);
}

TEST_F(HeartbeatTest, ClaimingGoesOnWithTheNextBeat) {
  Heartbeat heart = OneOfTwo();
  Value(heart.Begin());
  Pass(seconds(16));
  Result<> awaited = Error{ErrorKind::kInternal, "not yet"};
  std::jthread worker([&](const std::stop_token& stop) { awaited = heart.Await(stop); });

  Done(heart.Beat());
  worker.join();

  EXPECT_TRUE(awaited);
  EXPECT_TRUE(heart.live());
}

TEST_F(HeartbeatTest, TheOtherLeadsAfterAPauseAndTheFirstFindsOut) {
  Heartbeat first = OneOfTwo();
  Heartbeat second = OneOfTwo();
  Value(first.Begin());
  Value(second.Begin());
  const Term past = first.term().value();

  Pass(seconds(16));
  Done(second.Beat());
  ASSERT_TRUE(second.term());
  EXPECT_GT(*second.term(), past);
  Done(first.Beat());

  EXPECT_TRUE(first.live()) << "it works on";
  EXPECT_FALSE(first.term()) << "but does not lead";
}

TEST_F(HeartbeatTest, HandsOverAtOnceWhenItResigns) {
  Heartbeat first = OneOfTwo();
  Heartbeat second = OneOfTwo();
  Value(first.Begin());
  Value(second.Begin());

  first.Resign();
  Done(second.Beat());

  EXPECT_TRUE(second.term());
  Done(first.Beat());
  EXPECT_FALSE(first.term());
  EXPECT_TRUE(first.live()) << "it may finish what it holds";
}

TEST_F(HeartbeatTest, AskedToLeaveATermThatIsOverItStaysInTheNext) {
  Heartbeat heart = OneOfTwo();
  Value(heart.Begin());
  const Term past = heart.term().value();
  Pass(seconds(16));
  Done(heart.Beat());
  const Term present = heart.term().value();
  ASSERT_GT(present, past);

  heart.TermIsOver(past);
  EXPECT_EQ(heart.term(), present);
  heart.TermIsOver(present);
  EXPECT_FALSE(heart.term());
}

TEST_F(HeartbeatTest, KeepsItsLeaseWhileTheDatabaseIsAwayAndNoLonger) {
  FrozenStore away(store());
  Heartbeat heart(away.dispatch(), {.sole_owner = false}, Steady());
  Value(heart.Begin());
  Pass(seconds(14));
  EXPECT_TRUE(heart.live());
  Pass(seconds(1));
  EXPECT_FALSE(heart.live());
}

TEST_F(HeartbeatTest, TheSoleOwnerTakesOverAtOnceAndNeverBeats) {
  Heartbeat dead(store().dispatch(), {.sole_owner = true}, Steady());
  Value(dead.Begin());
  Heartbeat owner(store().dispatch(), {.sole_owner = true}, Steady());

  Value(owner.Begin());
  owner.Loop({});  // Returns: it has nothing to do.
  Pass(std::chrono::hours(24 * 365));

  EXPECT_TRUE(owner.term());
  EXPECT_TRUE(owner.live());
}

TEST_F(HeartbeatTest, RetiringEndsItsLeaseForEverybody) {
  Heartbeat first = OneOfTwo();
  Heartbeat second = OneOfTwo();
  Value(first.Begin());
  Value(second.Begin());
  const JobId job = Submit(acme_);
  const EpochMs now = clock_.Now();
  const Term term = first.term().value();
  const auto ready = Value(store().dispatch().TakeReady(term, now, now, 1));
  ASSERT_EQ(
      Value(store().ledger().Claim(acme_.tenant, ready.at(0).step, second.worker(), 1)).size(), 1U
  );
  ASSERT_EQ(Value(store().dispatch().RecoverLost(term)), 0);

  second.Retire();

  EXPECT_FALSE(second.live());
  EXPECT_EQ(Value(store().dispatch().RecoverLost(term)), 1);
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kRunning);
}

}  // namespace
}  // namespace pulse::control
