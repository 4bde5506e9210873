#include "pulse/cache/redis/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::cache::redis {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ParseAddress, ReadsEveryPartAndFillsInTheUsualOnes) {
  const auto whole = ParseAddress("redis://pulse:p%40ss%3a@cache.internal:6380/3");
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->host, "cache.internal");
  EXPECT_EQ(whole->port, 6380);
  EXPECT_EQ(whole->user, "pulse");
  EXPECT_EQ(whole->password, "p@ss:");
  EXPECT_EQ(whole->database, 3);

  const auto least = ParseAddress("redis://cache");
  ASSERT_TRUE(least) << least.error().message();
  EXPECT_EQ(least->Name(), "cache:6379/0");
  EXPECT_EQ(least->password, "");

  const auto six = ParseAddress("redis://:a/b@c@[::1]:7000");
  ASSERT_TRUE(six) << six.error().message();
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->password, "a/b@c");
  EXPECT_EQ(six->Name(), "[::1]:7000/0");
}

TEST(ParseAddress, RefusesTlsInsteadOfSpeakingPlain) {
  const auto refused = ParseAddress("rediss://:s3cr3t@cache:6379/0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("TLS"));
}

TEST(ParseAddress, RefusesWhatItCannotReadAndNeverShowsThePassword) {
  for (const char* url : {
           "http://:s3cr3t@cache",
           "redis://:s3cr3t@",
           "redis://:s3cr3t@cache:0",
           "redis://:s3cr3t@cache:70000",
           "redis://:s3cr3t@cache:6379/one",
           "redis://:s3cr3t@cache:6379/-1",
           "redis://:s3cr3t%zz@cache",
           "redis://:s3cr3t%4@cache",
           "redis://s3cr3t@cache",
           "redis://:s3cr3t@[::1",
           "redis://:s3cr3t@cache?tls=1",
       }) {
    const auto refused = ParseAddress(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid) << url;
    EXPECT_THAT(refused.error().message(), Not(HasSubstr("s3cr3t"))) << url;
  }
}

}  // namespace
}  // namespace pulse::cache::redis
