#include "pulse/source/transport/url.h"

#include <gtest/gtest.h>

namespace pulse::source {
namespace {

std::string Resolved(std::string_view from, std::string_view location) {
  const auto target = ResolveUrl(*ParseUrl(from), location);
  return target ? target->origin + target->target : "refused";
}

TEST(ParseUrl, SeparatesTheOriginAndMakesEqualOriginsEqual) {
  const auto url = ParseUrl("HTTPS://API.GitHub.com:443/graphql?a=b#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin, "https://api.github.com");
  EXPECT_EQ(url->target, "/graphql?a=b");

  EXPECT_EQ(ParseUrl("http://localhost:8080")->origin, "http://localhost:8080");
  EXPECT_EQ(ParseUrl("http://localhost:8080")->target, "/");
  EXPECT_EQ(ParseUrl("http://h?q")->target, "/?q");
  EXPECT_EQ(ParseUrl("http://[::1]:80/x")->origin, "http://[::1]");
  EXPECT_NE(ParseUrl("https://h")->origin, ParseUrl("http://h")->origin);
  EXPECT_NE(ParseUrl("https://h:80")->origin, ParseUrl("https://h")->origin);
}

TEST(ParseUrl, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  for (const char* url : {
           "",
           "/rest",
           "ftp://h/",
           "file:///etc/passwd",
           "https://",
           "https:///path",
           "https://user@h/",
           "https://api.github.com\\@evil/",
           "https://h/a b",
           "https://h/a\nb",
           "https://h%2eevil/",
           "https://h/\xc3\xa4",
           "javascript:alert(1)//://h",
       }) {
    EXPECT_FALSE(ParseUrl(url)) << url;
  }
}

TEST(ResolveUrl, FollowsEveryFormOfALocation) {
  constexpr std::string_view kFrom = "https://h/a/b?c";
  EXPECT_EQ(Resolved(kFrom, "https://other/x"), "https://other/x");
  EXPECT_EQ(Resolved(kFrom, "//other/x"), "https://other/x");
  EXPECT_EQ(Resolved(kFrom, "/x?y"), "https://h/x?y");
  EXPECT_EQ(Resolved(kFrom, "?y"), "https://h/a/b?y");
  EXPECT_EQ(Resolved(kFrom, "x"), "https://h/a/x");
  EXPECT_EQ(Resolved(kFrom, "x?at=12:30"), "https://h/a/x?at=12:30");
}

TEST(ResolveUrl, RefusesOtherSchemesAndNothing) {
  for (const char* location : {"", "file:///etc/passwd", "javascript:alert(1)", "//user@other/"}) {
    EXPECT_EQ(Resolved("https://h/", location), "refused") << location;
  }
}

}  // namespace
}  // namespace pulse::source
