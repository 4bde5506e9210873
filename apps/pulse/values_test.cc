#include "values.h"

#include <gtest/gtest.h>

namespace pulse::app {
namespace {

constexpr EpochMs kNow = 1'700'000'000'000;
constexpr std::int64_t kDay = 86'400'000;

TEST(ParseSince, ReadsAgesDaysAndInstants) {
  EXPECT_EQ(*ParseMoment("--since", "30d", kNow), kNow - 30 * kDay);
  EXPECT_EQ(*ParseMoment("--since", "12h", kNow), kNow - kDay / 2);
  EXPECT_EQ(*ParseMoment("--since", "2w", kNow), kNow - 14 * kDay);
  EXPECT_EQ(*ParseMoment("--since", "1970-01-02", kNow), kDay);
  EXPECT_EQ(*ParseMoment("--since", "1970-01-02T01:00:00+01:00", kNow), kDay);
}

TEST(ParseSince, RefusesWhatNamesNoInstant) {
  for (const char* text :
       {"", "d", "30", "30x", "-3d", "2023-02-30", "2023-01-01T00:00:00", "99999999999999d"}) {
    EXPECT_FALSE(ParseMoment("--since", text, kNow)) << text;
  }
}

TEST(ParseDuration, NeedsAUnit) {
  EXPECT_EQ(ParseDuration("100ms")->count(), 100);
  EXPECT_EQ(ParseDuration("2s")->count(), 2000);
  EXPECT_FALSE(ParseDuration("100"));
  EXPECT_FALSE(ParseDuration("2h"));
}

TEST(ParseStages, ReadsNamesAndRefusesOthers) {
  using model::Stage;
  EXPECT_EQ(*ParseStages("extract"), std::vector{Stage::kExtract});
  EXPECT_EQ(*ParseStages("load,transform"), (std::vector{Stage::kLoad, Stage::kTransform}));
  for (const char* text : {"", "fetch", "extract,", ",extract", "extract, load", "Extract"}) {
    EXPECT_FALSE(ParseStages(text)) << text;
  }
}

TEST(ParseHostPort, TakesBracketedIpv6AndRefusesBareOne) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:0")->port, 0);
  EXPECT_EQ(ParseHostPort("[::1]:80")->host, "::1");
  EXPECT_FALSE(ParseHostPort("::1:80"));
  EXPECT_FALSE(ParseHostPort("localhost"));
  EXPECT_FALSE(ParseHostPort("localhost:99999"));
  EXPECT_FALSE(ParseHostPort(":80"));
}

TEST(ParseFault, SplitsAtTheLastColon) {
  EXPECT_EQ(ParseFault("429:2")->first, "429");
  EXPECT_EQ(ParseFault("bad-record:0.5%")->second, 0.5);
  for (const char* text : {"429", ":2", "429:", "429:101", "429:-1", "429:nan"}) {
    EXPECT_FALSE(ParseFault(text)) << text;
  }
}

TEST(CheckName, AcceptsWhatTheTablesAccept) {
  EXPECT_TRUE(CheckName("tenant", "acme-2"));
  EXPECT_TRUE(CheckName("tenant", std::string(63, 'a')));
  EXPECT_FALSE(CheckName("tenant", std::string(64, 'a')));
  EXPECT_FALSE(CheckName("tenant", ""));
  EXPECT_FALSE(CheckName("tenant", "Acme"));
}

TEST(CheckBaseUrl, WantsHttpsUnlessPrivateSourcesAreAllowed) {
  EXPECT_EQ(*CheckBaseUrl("https://you.atlassian.net//", false), "https://you.atlassian.net");
  EXPECT_EQ(*CheckBaseUrl("http://127.0.0.1:4010", true), "http://127.0.0.1:4010");
  const auto refused = CheckBaseUrl("http://127.0.0.1:4010", false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("PULSE_ALLOW_PRIVATE_SOURCES"), std::string::npos);
}

TEST(CheckBaseUrl, NeverRepeatsACredential) {
  const auto refused = CheckBaseUrl("https://bot:hunter2@example.com", false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message().find("hunter2"), std::string::npos);
}

TEST(CheckBaseUrl, RefusesQueriesFragmentsAndBlanks) {
  for (const char* url :
       {"https://", "https:///x", "https://a b", "https://a/?q", "https://a#f", "ftp://a"}) {
    EXPECT_FALSE(CheckBaseUrl(url, true)) << url;
  }
}

}  // namespace
}  // namespace pulse::app
