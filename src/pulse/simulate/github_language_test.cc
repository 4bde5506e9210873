#include "pulse/simulate/github_language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::simulate::github {
namespace {

using testing::HasSubstr;

TEST(ParseDocument, ReadsVariablesWithTypesAndDefaults) {
  const auto document = ParseDocument(
      "query Q($id: ID!, $first: Int! = 25, $names: [String!] = [\"a\"]) { node(id: $id) { id } }"
  );

  ASSERT_TRUE(document) << document.error().message();
  const auto& variables = document->operations.at(0).variables;
  ASSERT_EQ(variables.size(), 3U);
  EXPECT_EQ(variables[0].type, "ID!");
  EXPECT_FALSE(variables[0].initial);
  EXPECT_EQ(variables[1].initial->text, "25");
  EXPECT_EQ(variables[2].type, "[String!]");
  EXPECT_EQ(variables[2].initial->items.at(0).text, "a");
}

TEST(ParseDocument, ReadsAliasesArgumentsAndBothKindsOfFragments) {
  const auto document = ParseDocument(R"(
    # a comment, and commas, are ignored
    query { first: viewer { ...Who, ... on User @skip(if: true) { email } } }
    fragment Who on User { login }
  )");

  ASSERT_TRUE(document) << document.error().message();
  const Selection& viewer = document->operations.at(0).selections.at(0);
  EXPECT_EQ(viewer.alias, "first");
  EXPECT_EQ(viewer.key(), "first");
  EXPECT_EQ(viewer.selections.at(0).kind, Selection::Kind::kSpread);
  EXPECT_EQ(viewer.selections.at(1).on, "User");
  EXPECT_EQ(viewer.selections.at(1).directives.at(0).name, "skip");
  ASSERT_NE(document->FindFragment("Who"), nullptr);
  EXPECT_EQ(document->FindFragment("Who")->on, "User");
}

TEST(ParseDocument, ReadsEscapesAndNestedValues) {
  const auto document =
      ParseDocument(R"({ f(a: "x\"\u00e9\n", b: {c: [1, -2.5], d: null, e: RED}) })");

  ASSERT_TRUE(document) << document.error().message();
  const auto& arguments = document->operations.at(0).selections.at(0).arguments;
  EXPECT_EQ(arguments.at(0).value.text, "x\"\xC3\xA9\n");
  const Value& object = arguments.at(1).value;
  EXPECT_EQ(object.Field("c")->items.at(1).kind, Value::Kind::kFloat);
  EXPECT_TRUE(object.Field("d")->is_null());
  EXPECT_EQ(object.Field("e")->kind, Value::Kind::kEnum);
  EXPECT_EQ(object.Field("z"), nullptr);
}

TEST(ParseDocument, NamesThePlaceOfAMistake) {
  const auto document = ParseDocument("query {\n  viewer { login\n");

  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(document.error().message(), HasSubstr("[3, 1]"));
}

TEST(ParseDocument, RefusesEmptySelectionsAndEmptyDocuments) {
  EXPECT_FALSE(ParseDocument("{ viewer { } }"));
  EXPECT_FALSE(ParseDocument(""));
  EXPECT_FALSE(ParseDocument("{ viewer(login: \"never closed) }"));
}

TEST(ParseDocument, RefusesNestingThatWouldExhaustTheStack) {
  const std::string deep(100'000, '{');

  EXPECT_FALSE(ParseDocument(deep));
  EXPECT_FALSE(ParseDocument("{ a(b: " + std::string(100'000, '[') + ") }"));
}

}  // namespace
}  // namespace pulse::simulate::github
