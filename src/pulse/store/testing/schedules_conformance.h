#pragma once

/// \file
/// Part of store_conformance.h: keeping schedules, and moving them from slot to slot.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

class SchedulesConformance : public StoreConformance {
 protected:
  Schedule Of(const World& world, EpochMs next_at) const {
    return {
        .tenant = world.tenant,
        .integration = world.integration,
        .rule = "every 15m",
        .options = "{}",
        .next_at = next_at,
    };
  }
  std::vector<Schedule> List(const World& world) {
    return Value(store().schedules().List(world.tenant));
  }
  static constexpr EpochMs kNoon = 1'700'049'600'000;
};

TEST_P(SchedulesConformance, KeepsWhatIsPutAndReplacesIt) {
  Schedule schedule = Of(acme_, kNoon);
  schedule.options = R"({"full":true})";
  schedule.catch_up = false;
  Done(store().schedules().Put(schedule));

  auto stored = List(acme_);
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].tenant, acme_.tenant);
  EXPECT_EQ(stored[0].integration, acme_.integration);
  EXPECT_EQ(stored[0].rule, "every 15m");
  EXPECT_EQ(stored[0].options, schedule.options);
  EXPECT_FALSE(stored[0].paused);
  EXPECT_FALSE(stored[0].catch_up);
  EXPECT_EQ(stored[0].next_at, kNoon);
  EXPECT_EQ(stored[0].last_at, 0);

  schedule.rule = "0 3 * * *";
  schedule.paused = true;
  Done(store().schedules().Put(schedule));

  stored = List(acme_);
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].rule, "0 3 * * *");
  EXPECT_TRUE(stored[0].paused);
}

TEST_P(SchedulesConformance, ShowsSchedulesToTheirTenantOnly) {
  Done(store().schedules().Put(Of(globex_, kNoon)));
  ASSERT_EQ(List(globex_).size(), 1U);

  EXPECT_TRUE(List(acme_).empty());
  EXPECT_EQ(
      KindOf(store().schedules().Remove(acme_.tenant, globex_.integration)), ErrorKind::kNotFound
  );
  Schedule forged = Of(globex_, kNoon);
  forged.tenant = acme_.tenant;
  EXPECT_EQ(KindOf(store().schedules().Put(forged)), ErrorKind::kNotFound);
  EXPECT_EQ(List(globex_).size(), 1U);
}

TEST_P(SchedulesConformance, RemovesAScheduleOnce) {
  Done(store().schedules().Put(Of(acme_, kNoon)));

  Done(store().schedules().Remove(acme_.tenant, acme_.integration));

  EXPECT_TRUE(List(acme_).empty());
  EXPECT_EQ(
      KindOf(store().schedules().Remove(acme_.tenant, acme_.integration)), ErrorKind::kNotFound
  );
}

TEST_P(SchedulesConformance, GoesWithItsIntegration) {
  Done(store().schedules().Put(Of(acme_, kNoon)));

  Done(store().catalog().RemoveIntegration(acme_.tenant, acme_.integration));

  EXPECT_TRUE(List(acme_).empty());
  EXPECT_FALSE(Value(store().schedules().NextDue()));
}

TEST_P(SchedulesConformance, OffersWhatIsDueOfAllTenantsTheLongestDueFirst) {
  EXPECT_FALSE(Value(store().schedules().NextDue()));
  Done(store().schedules().Put(Of(acme_, kNoon)));
  Done(store().schedules().Put(Of(globex_, kNoon - 1)));

  EXPECT_EQ(Value(store().schedules().NextDue()), kNoon - 1);
  EXPECT_TRUE(Value(store().schedules().Due(kNoon - 2, 10)).empty());
  const auto due = Value(store().schedules().Due(kNoon, 10));
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].tenant, globex_.tenant);
  EXPECT_EQ(due[1].tenant, acme_.tenant);
  EXPECT_EQ(Value(store().schedules().Due(kNoon, 1)).size(), 1U);
}

TEST_P(SchedulesConformance, NeverOffersAPausedOne) {
  Schedule schedule = Of(acme_, kNoon);
  Done(store().schedules().Put(schedule));
  ASSERT_EQ(Value(store().schedules().Due(kNoon, 10)).size(), 1U);
  schedule.paused = true;

  Done(store().schedules().Put(schedule));

  EXPECT_TRUE(Value(store().schedules().Due(kNoon, 10)).empty());
  EXPECT_FALSE(Value(store().schedules().NextDue()));
}

TEST_P(SchedulesConformance, AdvancesFromASlotOnce) {
  Done(store().schedules().Put(Of(acme_, kNoon)));
  const auto advance = [&](EpochMs slot, EpochMs next) {
    Done(store().schedules().Advance(acme_.tenant, acme_.integration, slot, next));
  };

  advance(kNoon, kNoon + 1000);
  advance(kNoon, kNoon + 9000);  // Late: somebody has done so already.

  const auto stored = List(acme_);
  EXPECT_EQ(stored.at(0).next_at, kNoon + 1000);
  EXPECT_EQ(stored.at(0).last_at, kNoon);
}

TEST_P(SchedulesConformance, AdvancesNoOtherTenantsSchedule) {
  Done(store().schedules().Put(Of(globex_, kNoon)));

  Done(store().schedules().Advance(acme_.tenant, globex_.integration, kNoon, kNoon + 1000));

  EXPECT_EQ(List(globex_).at(0).next_at, kNoon);
}

}  // namespace pulse::store::testing
