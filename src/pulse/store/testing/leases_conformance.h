#pragma once

/// \file
/// Part of store_conformance.h: who lives, who leads, and what a leader of the past may still do. A
/// lease of 0 ms has ended: leases run by the database's clock, which no test can move.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

inline constexpr std::chrono::milliseconds kEnded{0};

TEST_P(StoreConformance, LetsOneLeadAtATime) {
  const WorkerId other = Value(store().dispatch().NewWorker(kLease));
  const Term first = term();
  EXPECT_NE(first, Term{});

  EXPECT_FALSE(Value(store().dispatch().Lead(other, kLease)));
  EXPECT_EQ(term(), first) << "the leader stays in office";
}

TEST_P(StoreConformance, LetsAnotherLeadOnceTheLeaderResigned) {
  const WorkerId other = Value(store().dispatch().NewWorker(kLease));
  const Term first = term();

  Done(store().dispatch().Resign(first));

  const auto second = Value(store().dispatch().Lead(other, kLease));
  ASSERT_TRUE(second);
  EXPECT_GT(*second, first);
  EXPECT_FALSE(Value(store().dispatch().Lead(worker_, kLease)));
}

TEST_P(StoreConformance, LetsAnotherLeadOnceTheLeaseEnded) {
  const WorkerId other = Value(store().dispatch().NewWorker(kLease));
  const Term first = Value(store().dispatch().Lead(worker_, kEnded)).value();

  const auto second = Value(store().dispatch().Lead(other, kLease));

  ASSERT_TRUE(second);
  EXPECT_GT(*second, first);
}

TEST_P(StoreConformance, GivesTheSameWorkerANewTermAfterAGap) {
  const Term first = Value(store().dispatch().Lead(worker_, kEnded)).value();

  EXPECT_GT(term(), first);
}

TEST_P(StoreConformance, RefusesEveryCallOfATermThatIsOver) {
  Submit(acme_);
  const WorkerId other = Value(store().dispatch().NewWorker(kLease));
  const Term past = Value(store().dispatch().Lead(worker_, kEnded)).value();
  const Term present = Value(store().dispatch().Lead(other, kLease)).value();
  const EpochMs now = clock_.Now();

  EXPECT_EQ(
      KindOf(store().dispatch().TakeReady(past, now, now - 10'000, 10)), ErrorKind::kConflict
  );
  EXPECT_EQ(KindOf(store().dispatch().RecoverLost(past)), ErrorKind::kConflict);
  EXPECT_EQ(KindOf(store().dispatch().Resign(past)), ErrorKind::kConflict);

  EXPECT_EQ(Value(store().dispatch().TakeReady(present, now, now - 10'000, 10)).size(), 1U)
      << "the step was not rung by the one before";
  EXPECT_EQ(Value(store().dispatch().Lead(other, kLease)), present) << "nobody was unseated";
}

TEST_P(StoreConformance, TakesOverAtOnceFromAllOthersAsTheOnlyOwner) {
  const model::Step step = SubmitAndClaim(acme_);
  const Term past = term();
  const WorkerId owner = Value(store().dispatch().NewWorker(kLease));

  Done(store().dispatch().EndOtherLeases(owner));

  const auto present = Value(store().dispatch().Lead(owner, kLease));
  ASSERT_TRUE(present);
  EXPECT_GT(*present, past);
  EXPECT_EQ(Value(store().dispatch().RecoverLost(*present)), 1);
  EXPECT_EQ(Claim(acme_, step.id).size(), 1U);
}

TEST_P(StoreConformance, RecoversStepsOnlyWhileTheirWorkersLeaseHasEnded) {
  const model::Step step = SubmitAndClaim(acme_);

  Done(store().dispatch().RenewWorker(worker_, kEnded));
  Done(store().dispatch().RenewWorker(worker_, kLease));
  EXPECT_EQ(Value(store().dispatch().RecoverLost(term())), 0) << "it lives again";

  Done(store().dispatch().RenewWorker(worker_, kEnded));
  EXPECT_EQ(Value(store().dispatch().RecoverLost(term())), 1);
  EXPECT_EQ(Claim(acme_, step.id).size(), 1U);
}

TEST_P(StoreConformance, RecoversWhatARetiredWorkerStillHeld) {
  const model::Step step = SubmitAndClaim(acme_);

  Done(store().dispatch().RetireWorker(worker_));

  EXPECT_EQ(Value(store().dispatch().RecoverLost(term())), 1);
  EXPECT_EQ(KindOf(store().ledger().Commit(Closing({step}))), ErrorKind::kConflict);
}

}  // namespace pulse::store::testing
