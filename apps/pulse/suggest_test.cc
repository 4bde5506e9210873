#include "suggest.h"

#include <vector>

#include <gtest/gtest.h>

namespace pulse::app {
namespace {

const std::vector<std::string> kWords = {"sync", "search", "serve", "simulate", "integration list"};

TEST(DidYouMean, FindsTheWordOfATypingError) {
  EXPECT_EQ(DidYouMean("snyc", kWords), ": did you mean \"sync\"?");
  EXPECT_EQ(DidYouMean("serach", kWords), ": did you mean \"search\"?");
  EXPECT_EQ(DidYouMean("integraton lsit", kWords), ": did you mean \"integration list\"?");
}

TEST(DidYouMean, OffersNothingForAWordThatIsNearToNone) {
  EXPECT_EQ(DidYouMean("kubernetes", kWords), "");
  EXPECT_EQ(DidYouMean("x", kWords), "");
  EXPECT_EQ(DidYouMean("sync", {}), "");
}

}  // namespace
}  // namespace pulse::app
