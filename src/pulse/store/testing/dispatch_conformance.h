#pragma once

/// \file
/// Part of store_conformance.h: the dispatcher's window and whose turn it is.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

/// A job of `world` with `count` ready extract steps.
class DispatchConformance : public StoreConformance {
 protected:
  void MakeReady(const World& world, int count) {
    Unit unit = Closing({SubmitAndClaim(world)});
    for (int i = 0; i < count; ++i) {
      unit.children.push_back({model::Stage::kExtract, "a" + std::to_string(i), "{}"});
    }
    Commit(unit);
  }
  /// What a dispatcher that rings again after ten seconds is given.
  std::vector<Dispatch::Ready> Take(int window) {
    const EpochMs now = clock_.Now();
    return Value(store().dispatch().TakeReady(term(), now, now - 10'000, window));
  }
};

TEST_P(DispatchConformance, KeepsAtMostAWindowRungAndNotClaimed) {
  MakeReady(acme_, 10);
  const auto first = Take(4);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_TRUE(Take(4).empty()) << "the window is full";

  ASSERT_EQ(Claim(acme_, first[0].step).size(), 1U);
  ASSERT_EQ(Claim(acme_, first[1].step).size(), 1U);

  const auto more = Take(4);
  ASSERT_EQ(more.size(), 2U) << "as many as were claimed";
  EXPECT_GT(more[0].step, first[3].step);
  EXPECT_TRUE(Take(4).empty());
}

TEST_P(DispatchConformance, RingsLostRingsAgainWithinTheWindow) {
  MakeReady(acme_, 10);
  ASSERT_EQ(Take(4).size(), 4U);

  clock_.Advance(10'001);

  EXPECT_EQ(Take(4).size(), 4U);
  EXPECT_TRUE(Take(4).empty());
}

TEST_P(DispatchConformance, AFullWindowOfOneTenantHoldsUpNoOther) {
  MakeReady(acme_, 10);
  ASSERT_EQ(Take(4).size(), 4U);
  Submit(globex_);

  const auto ready = Take(4);

  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0].tenant, globex_.tenant);
}

TEST_P(DispatchConformance, LetsTenantsTakeTurns) {
  MakeReady(acme_, 6);
  MakeReady(globex_, 3);
  clock_.Advance(10'001);  // Whatever the preparations rang for is lost by now.

  const auto ready = Take(5);

  ASSERT_EQ(ready.size(), 8U);
  for (std::size_t i = 0; i + 1 < 6; ++i) {
    EXPECT_NE(ready[i].tenant, ready[i + 1].tenant) << i;
  }
  EXPECT_EQ(ready[6].tenant, acme_.tenant);
  EXPECT_EQ(ready[7].tenant, acme_.tenant);
}

TEST_P(DispatchConformance, LetsInteractiveGoBeforeScheduledBeforeBackfillInsideATenant) {
  std::vector<JobId> by_priority;
  for (const auto priority :
       {model::Priority::kBackfill, model::Priority::kScheduled, model::Priority::kInteractive}) {
    JobRequest request = Request(acme_);
    request.priority = priority;
    request.integration =
        MakeIntegration(acme_.tenant, "jira-" + std::to_string(static_cast<int>(priority)));
    const JobId job = Value(store().jobs().Submit(acme_.tenant, request)).job;
    by_priority.insert(by_priority.begin(), job);
  }

  const auto ready = Take(10);

  ASSERT_EQ(ready.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(Claim(acme_, ready[i].step).at(0).job, by_priority[i]) << i;
  }
}

}  // namespace pulse::store::testing
