#include "pulse/base/nearest.h"

#include <array>

#include <gtest/gtest.h>

namespace pulse {
namespace {

TEST(EditDistance, CountsInsertsDeletesReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("sync", "sync"), 0);
  EXPECT_EQ(EditDistance("snyc", "sync"), 1);
  EXPECT_EQ(EditDistance("claim_batch", "claimbatch"), 1);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(EditDistance("Fused", "fused"), 0);
}

TEST(Nearest, PrefersTheFirstOfEqualsAndKeepsItsDistance) {
  constexpr std::array<std::string_view, 3> kKnown{"vectors", "vector", "fused"};
  EXPECT_EQ(Nearest("vectorz", kKnown, 2), "vectors");
  EXPECT_EQ(Nearest("vectr", kKnown, 2), "vector");
  EXPECT_EQ(Nearest("quantum", kKnown, 2), std::nullopt);
  EXPECT_EQ(Nearest("fuse", {}, 2), std::nullopt);
}

}  // namespace
}  // namespace pulse
