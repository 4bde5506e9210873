#include <gtest/gtest.h>

#include "pulse/base/ascii.h"
#include "pulse/base/base64.h"

namespace pulse {
namespace {

TEST(Lower, ChangesAsciiLettersOnly) {
  EXPECT_EQ(Lower("AZ az @[`{ \xC3\x84"), "az az @[`{ \xC3\x84");
  EXPECT_EQ(Lower('Q'), 'q');
}

TEST(EqualIgnoringCase, ComparesAllOfBoth) {
  EXPECT_TRUE(EqualIgnoringCase("Retry-After", "retry-AFTER"));
  EXPECT_FALSE(EqualIgnoringCase("retry", "retry-after"));
  EXPECT_FALSE(EqualIgnoringCase("a@", "a`"));
}

TEST(EncodeBase64, GivesTheRfcsExamples) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(EncodeBase64("\xFB\xFF\xFE"), "+//+");
}

}  // namespace
}  // namespace pulse
