#pragma once

/// \file
/// What every Embedder does while its server, if it has one, can be reached. A backend's test
/// includes this file once and says
///
///   INSTANTIATE_TEST_SUITE_P(Hashed, EmbedderConformance, testing::Values(EmbedderBackend{...}));

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pulse/embed/embedder.h"

namespace pulse::embed {

struct EmbedderBackend {
  std::string name;
  std::function<std::unique_ptr<Embedder>()> make;
};

inline void PrintTo(const EmbedderBackend& backend, std::ostream* out) { *out << backend.name; }

inline double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

class EmbedderConformance : public testing::TestWithParam<EmbedderBackend> {
 protected:
  std::vector<std::vector<float>> Embed(const std::vector<std::string>& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    auto vectors = embedder_->Embed(views, {});
    EXPECT_TRUE(vectors) << vectors.error().message();
    return vectors ? std::move(*vectors) : std::vector<std::vector<float>>{};
  }

  std::unique_ptr<Embedder> embedder_ = GetParam().make();
};

TEST_P(EmbedderConformance, NamesItsVectorSpace) {
  EXPECT_FALSE(embedder_->model().empty());
  EXPECT_GT(embedder_->dimensions(), 0);
}

TEST_P(EmbedderConformance, MakesAUnitVectorOfAnyText) {
  const std::vector<std::string> texts = {
      "Pay button does nothing",
      "",
      " \n\t",
      "!?",
      "\xff\xfe broken",
      std::string("a\0b", 3),
      "Zahlung schl\xc3\xa4gt fehl",
      "\xe6\x94\xaf\xe6\x89\x95",
      std::string(100'000, 'x'),
  };

  const auto vectors = Embed(texts);

  ASSERT_EQ(vectors.size(), texts.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    ASSERT_EQ(vectors[i].size(), static_cast<std::size_t>(embedder_->dimensions())) << texts[i];
    EXPECT_NEAR(Cosine(vectors[i], vectors[i]), 1, 1e-4) << texts[i].substr(0, 40);
  }
}

TEST_P(EmbedderConformance, KeepsTheOrderOverManyBatches) {
  std::vector<std::string> texts;
  for (int i = 0; i < 333; ++i) texts.push_back("issue number " + std::to_string(i * 7919));

  const auto together = Embed(texts);

  ASSERT_EQ(together.size(), texts.size());
  for (const std::size_t i : {0U, 63U, 64U, 200U, 332U}) {
    const auto alone = Embed({texts[i]});
    ASSERT_EQ(alone.size(), 1U);
    EXPECT_NEAR(Cosine(alone[0], together[i]), 1, 1e-4) << texts[i];
    EXPECT_LT(Cosine(alone[0], together[(i + 1) % texts.size()]), 0.9999) << "its neighbour";
  }
}

TEST_P(EmbedderConformance, MakesNothingOfNothing) { EXPECT_TRUE(Embed({}).empty()); }

TEST_P(EmbedderConformance, PutsTextsThatShareWordsNearerThanTextsThatShareNone) {
  const auto vectors = Embed({
      "checkout button fails on mobile",
      "the checkout button fails",
      "nightly backup of the archive",
  });

  ASSERT_EQ(vectors.size(), 3U);
  EXPECT_GT(Cosine(vectors[0], vectors[1]), Cosine(vectors[0], vectors[2]) + 0.1);
}

TEST_P(EmbedderConformance, SaysCancelledWhenAskedToStop) {
  std::stop_source stop;
  stop.request_stop();
  const std::vector<std::string_view> texts = {"text"};

  const auto refused = embedder_->Embed(texts, stop.get_token());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kCancelled);
}

TEST_P(EmbedderConformance, ServesManyThreadsAtOnce) {
  const std::string text = "shared by all";
  const auto expected = Embed({text});
  ASSERT_EQ(expected.size(), 1U);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) {
          const std::vector<std::string_view> texts = {text};
          const auto vectors = embedder_->Embed(texts, {});
          if (vectors && Cosine(vectors->front(), expected[0]) > 0.9999) ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 80);
}

}  // namespace pulse::embed
