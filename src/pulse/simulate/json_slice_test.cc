#include "pulse/simulate/json_slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/credential.h"

namespace pulse::simulate {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(SliceObject, GivesMembersInOrderWithTheirBytes) {
  const auto members = SliceObject(R"( {"a": 1.50 , "b":{"x":["}",2]},"c":"q\"}" , "a":null} )");

  ASSERT_TRUE(members.has_value());
  EXPECT_THAT(
      *members,
      ElementsAre(
          Pair("a", "1.50"),
          Pair("b", R"({"x":["}",2]})"),
          Pair("c", R"("q\"}")"),
          Pair("a", "null")
      )
  );
}

TEST(SliceObject, RefusesWhatIsNoObject) {
  for (const char* text :
       {"",
        "[]",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1}x",
        "{\"a\":[}",
        "{\"a\":\"open}",
        "{a:1}",
        "{\"a\":1,}",
        "null"}) {
    EXPECT_FALSE(SliceObject(text).has_value()) << text;
  }
  EXPECT_TRUE(SliceObject("{}").has_value());
}

TEST(SliceArray, GivesElementsWithTheirBytes) {
  EXPECT_THAT(
      *SliceArray(R"([1, "a,b" ,[2,3],{"k":","}])"),
      ElementsAre("1", R"("a,b")", "[2,3]", R"({"k":","})")
  );
  EXPECT_THAT(*SliceArray("[ ]"), ElementsAre());
  EXPECT_FALSE(SliceArray("{}").has_value());
  EXPECT_FALSE(SliceArray("[1,]").has_value());
}

TEST(TextOf, DecodesTextsAndKeepsNumbers) {
  EXPECT_EQ(TextOf(R"("caf\u00e9\n")"), "caf\xC3\xA9\n");
  EXPECT_EQ(TextOf("10001"), "10001");
  EXPECT_EQ(TextOf("null"), "");
  EXPECT_EQ(TextOf("{}"), "");
}

TEST(CredentialOf, TellsTheTokensThatTestRefusals) {
  const auto of = [](const std::string& header) {
    http::Request request;
    if (!header.empty()) request.headers.emplace_back("authorization", header);
    return CredentialOf(request);
  };

  EXPECT_EQ(of(""), Credential::kNone);
  EXPECT_EQ(of("Basic YUBiLmM6dG9rZW4="), Credential::kGood);
  EXPECT_EQ(of("Basic YUBiLmM6aW52YWxpZA=="), Credential::kInvalid);
  EXPECT_EQ(of("Bearer forbidden"), Credential::kForbidden);
  EXPECT_EQ(of("token ghp_x"), Credential::kGood);
  EXPECT_EQ(of("Basic YUBiLmM6"), Credential::kNone);
}

}  // namespace
}  // namespace pulse::simulate
