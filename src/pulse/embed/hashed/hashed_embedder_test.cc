#include "pulse/embed/hashed/hashed_embedder.h"

#include "pulse/base/hash.h"
#include "pulse/embed/testing/embedder_conformance.h"

namespace pulse::embed::hashed {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Hashed,
    EmbedderConformance,
    testing::Values(EmbedderBackend{.name = "hashed", .make = [] { return NewHashedEmbedder(); }})
);

std::vector<float> Embed(std::string_view text) {
  const std::string_view texts[] = {text};
  return NewHashedEmbedder()->Embed(texts, {})->front();
}

double Nearness(std::string_view a, std::string_view b) { return Cosine(Embed(a), Embed(b)); }

TEST(HashedEmbedder, GivesTheSameBytesOnEveryMachine) {
  const std::vector<float> vector =
      Embed("PAY-42: Checkout f\xc3\xa4llt aus, the button does nothing");
  const std::string_view bytes(
      reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)
  );
  // When this changes, the model's name changes too: stored points are of the old space.
  EXPECT_EQ(ContentHash(bytes), 336285150081431301);
  EXPECT_EQ(NewHashedEmbedder()->model(), "hashed-ngram-256-v1");
}

TEST(HashedEmbedder, IgnoresCaseInAsciiAndLatin1AndWhatSeparatesWords) {
  EXPECT_NEAR(Nearness("PAYMENT \xc3\x84RGER", "payment \xc3\xa4rger"), 1, 1e-6);
  EXPECT_NEAR(Nearness("pay-42: down!", "pay 42\tdown"), 1, 1e-6);
  EXPECT_LT(Nearness("payment", "refund"), 0.5);
}

TEST(HashedEmbedder, FindsWordsWithTypingErrorsAndParts) {
  const std::string_view query = "authentication failure";
  const double typo = Nearness(query, "authentification failure");
  const double other = Nearness(query, "slow dashboard rendering");
  EXPECT_GT(typo, 0.5);
  EXPECT_LT(other, 0.2);
}

TEST(HashedEmbedder, TellsTheOrderOfWords) {
  EXPECT_LT(Nearness("dog bites man", "man bites dog"), 0.999);
  EXPECT_GT(Nearness("dog bites man", "man bites dog"), 0.5);
}

TEST(HashedEmbedder, IsNotDrownedByARepeatedWord) {
  std::string chatter = "payment ";
  for (int i = 0; i < 200; ++i) chatter += "retry ";
  EXPECT_GT(Nearness("payment retry", chatter), 0.3);
}

TEST(HashedEmbedder, FindsTheRelevantTextAmongMany) {
  const std::vector<std::string> titles = {
      "Checkout button does nothing on Safari",
      "Add dark mode to settings page",
      "Database connection pool exhausted under load",
      "Translate e-mails to Portuguese",
      "Upgrade OpenSSL to 3.0",
      "Flaky test in billing suite",
      "Export report as CSV",
      "Login with SSO redirects for ever",
      "Search returns archived projects",
      "Reduce memory use of the importer",
  };
  const std::pair<std::string, std::size_t> queries[] = {
      {"safari checkout", 0},
      {"connection pool", 2},
      {"openssl upgrade", 4},
      {"sso login loop redirect", 7},
      {"csv export", 6},
      {"importer memory", 9},
  };
  for (const auto& [query, expected] : queries) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < titles.size(); ++i) {
      if (Nearness(query, titles[i]) > Nearness(query, titles[best])) best = i;
    }
    EXPECT_EQ(best, expected) << query << " found " << titles[best];
  }
}

}  // namespace
}  // namespace pulse::embed::hashed
