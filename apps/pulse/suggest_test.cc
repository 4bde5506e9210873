#include "suggest.h"

#include <vector>

#include <gtest/gtest.h>

namespace pulse::app {
namespace {

const std::vector<std::string> kWords = {"sync", "search", "serve", "simulate", "integration list"};

TEST(EditDistance, CountsEachKindOfEditOnce) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("sync", "sync"), 0);
  EXPECT_EQ(EditDistance("SYNC", "sync"), 0);
  EXPECT_EQ(EditDistance("syn", "sync"), 1);
  EXPECT_EQ(EditDistance("synnc", "sync"), 1);
  EXPECT_EQ(EditDistance("sinc", "sync"), 1);
  EXPECT_EQ(EditDistance("snyc", "sync"), 1);
  EXPECT_EQ(EditDistance("", "abc"), 3);
}

TEST(Nearest, FindsTheWordOfATypingError) {
  EXPECT_EQ(Nearest("snyc", kWords), "sync");
  EXPECT_EQ(Nearest("serach", kWords), "search");
}

TEST(Nearest, OffersNothingForAWordThatIsNearToNone) {
  EXPECT_EQ(Nearest("kubernetes", kWords), std::nullopt);
  EXPECT_EQ(Nearest("x", kWords), std::nullopt);
}

TEST(DidYouMean, IsEmptyWithoutASuggestion) {
  EXPECT_EQ(DidYouMean("snyc", kWords), ": did you mean \"sync\"?");
  EXPECT_EQ(DidYouMean("kubernetes", kWords), "");
}

}  // namespace
}  // namespace pulse::app
