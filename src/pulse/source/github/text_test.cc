#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/source/github/closing_keywords.h"
#include "pulse/source/github/issue_keys.h"

namespace pulse::source::github {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> KeysIn(std::string_view text) {
  std::vector<std::string> keys;
  ForEachIssueKey(text, [&](std::string_view key, std::size_t) { keys.emplace_back(key); });
  return keys;
}

TEST(IssueKeys, AreFoundInTitlesBranchesAndSentences) {
  EXPECT_THAT(KeysIn("PAY-12: refunds"), ElementsAre("PAY-12"));
  EXPECT_THAT(KeysIn("feature/OPS-7-faster-login"), ElementsAre("OPS-7"));
  EXPECT_THAT(
      KeysIn("[PAY-1](https://x/browse/PAY-2), PAY-3."), ElementsAre("PAY-1", "PAY-2", "PAY-3")
  );
}

TEST(IssueKeys, KeepFalseFriendsAsCandidates) {
  EXPECT_THAT(KeysIn("SLF4J-1 in UTF-8"), ElementsAre("SLF4J-1", "UTF-8"));
}

TEST(IssueKeys, MustStandAlone) {
  EXPECT_THAT(KeysIn("xPAY-1 PAY-1x PAY_PAY-1 4PAY-1 A-1 pay-1 PAY- PAY-x"), IsEmpty());
}

TEST(IssueKeys, AreFoundBetweenWordsOfOtherScripts) {
  EXPECT_THAT(KeysIn("修复PAY-9。"), ElementsAre("PAY-9"));
}

TEST(Evidence, IsOneLineOfAtMost120BytesAroundTheKey) {
  const std::string text = std::string(200, 'a') + "\nPAY-1\n" + std::string(200, 'b');
  const std::string words = EvidenceAround(text, 201, 5);
  EXPECT_LE(words.size(), 120U);
  EXPECT_NE(words.find(" PAY-1 "), std::string::npos);
}

TEST(Evidence, NeverCutsACharacter) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "é";
  const std::size_t at = text.size();
  text += "PAY-1";
  for (int i = 0; i < 100; ++i) text += "é";
  const std::string words = EvidenceAround(text, at, 5);
  EXPECT_LE(words.size(), 120U);
  EXPECT_NE(static_cast<unsigned char>(words.front()) & 0xC0, 0x80);
  EXPECT_EQ(words.substr(words.size() - 2), "é");
}

TEST(ClosedIssues, KnowsEveryKeywordInAnyCase) {
  const std::string body =
      "close #1 closes #2 closed #3 fix #4 Fixes #5 FIXED #6 resolve #7 resolves #8 resolved #9";
  EXPECT_EQ(ClosedIssues(body, "acme/shop").size(), 9U);
}

TEST(ClosedIssues, TakesOtherRepositoriesAndAddresses) {
  EXPECT_THAT(
      ClosedIssues(
          "Fixes: octo/cat#3, resolves https://ghe.acme.io/acme/web/issues/14.", "acme/shop"
      ),
      ElementsAre("octo/cat#3", "acme/web#14")
  );
}

TEST(ClosedIssues, NamesEachIssueOnce) {
  EXPECT_THAT(
      ClosedIssues("fixes #1\r\ncloses acme/shop#1", "acme/shop"), ElementsAre("acme/shop#1")
  );
}

TEST(ClosedIssues, IgnoresWhatOnlyLooksLikeOne) {
  EXPECT_THAT(
      ClosedIssues("prefix #1, fixing #2, fix 3, fixes#4, closes https://x.y/docs/5, fix #", "a/b"),
      IsEmpty()
  );
}

}  // namespace
}  // namespace pulse::source::github
