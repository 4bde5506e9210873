#include "pulse/pipeline/turns.h"

#include <gtest/gtest.h>

namespace pulse::pipeline {
namespace {

TEST(Turns, BelongToNobodyWhileOneTenantIsAlone) {
  constexpr TenantId kAcme{1};
  constexpr TenantId kGlobex{2};
  const auto soon = std::chrono::milliseconds(600);
  Turns turns;
  Turns::Time now{std::chrono::hours(1)};

  EXPECT_TRUE(turns.Arrive(kAcme, now));
  EXPECT_TRUE(turns.Arrive(kAcme, now));
  EXPECT_FALSE(turns.Arrive(kGlobex, now += soon)) << "acme came just before";
  EXPECT_FALSE(turns.Arrive(kAcme, now += soon));
  EXPECT_FALSE(turns.Arrive(kAcme, now += soon)) << "globex came just before";
  EXPECT_TRUE(turns.Arrive(kAcme, now += soon));
}

}  // namespace
}  // namespace pulse::pipeline
