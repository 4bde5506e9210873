#pragma once

/// \file
/// What every Vectors does. A backend's test includes this file once and says
///
///   INSTANTIATE_TEST_SUITE_P(Local, VectorsConformance, testing::Values(VectorsBackend{...}));

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/vectors/vectors.h"

namespace pulse::vectors {

inline constexpr std::size_t kTestDimensions = 24;  ///< Not a multiple of 16, on purpose.

struct VectorsBackend {
  std::string name;
  /// An empty space of kTestDimensions dimensions that no other test uses.
  std::function<std::unique_ptr<Vectors>()> make;
};

inline void PrintTo(const VectorsBackend& backend, std::ostream* out) { *out << backend.name; }

inline std::vector<float> Unit(std::vector<float> values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  for (float& value : values) value = static_cast<float>(value / std::sqrt(squares));
  return values;
}

/// A direction drawn from `seed`.
inline std::vector<float> Direction(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(kTestDimensions);
  std::ranges::generate(values, [&] { return normal(random); });
  return Unit(std::move(values));
}

class VectorsConformance : public testing::TestWithParam<VectorsBackend> {
 protected:
  static constexpr TenantId kAcme{1};
  static constexpr TenantId kOther{2};
  static constexpr IntegrationId kJira{7};

  static Point MakePoint(TenantId tenant, int number, std::string entity_type = "jira_issues") {
    const std::string external_id = std::to_string(number);
    return {
        .id = PointId(tenant, kJira, entity_type, external_id),
        .values = Direction(static_cast<std::uint64_t>(number)),
        .text_hash = 1000 + number,
        .integration = kJira,
        .entity_type = std::move(entity_type),
        .external_id = external_id,
        .reference = "PAY-" + external_id,
        .title = "Issue \xc3\xa4 " + external_id,
    };
  }
  void Upsert(TenantId tenant, const std::vector<Point>& points) {
    const auto stored = vectors_->Upsert(tenant, points);
    ASSERT_TRUE(stored) << stored.error().message();
  }
  std::vector<Hit> Search(
      TenantId tenant, const std::vector<float>& query, const SearchFilter& filter = {}
  ) {
    auto hits = vectors_->Search(tenant, query, filter);
    EXPECT_TRUE(hits) << hits.error().message();
    return hits ? std::move(*hits) : std::vector<Hit>{};
  }
  std::vector<std::string> Found(
      TenantId tenant, const std::vector<float>& query, const SearchFilter& filter = {}
  ) {
    std::vector<std::string> references;
    for (const Hit& hit : Search(tenant, query, filter)) references.push_back(hit.reference);
    return references;
  }
  std::int64_t Count(TenantId tenant) {
    const auto count = vectors_->Count(tenant);
    EXPECT_TRUE(count) << count.error().message();
    return count.value_or(-1);
  }

  std::unique_ptr<Vectors> vectors_ = GetParam().make();
};

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST_P(VectorsConformance, FindsAPointByItsOwnVectorWithAllThatWasStored) {
  Upsert(kAcme, {MakePoint(kAcme, 1), MakePoint(kAcme, 2), MakePoint(kAcme, 3)});

  const auto hits = Search(kAcme, Direction(2), {.limit = 1});

  ASSERT_EQ(hits.size(), 1U);
  EXPECT_NEAR(hits[0].score, 1, 1e-3);
  EXPECT_EQ(hits[0].integration, kJira);
  EXPECT_EQ(hits[0].entity_type, "jira_issues");
  EXPECT_EQ(hits[0].external_id, "2");
  EXPECT_EQ(hits[0].reference, "PAY-2");
  EXPECT_EQ(hits[0].title, "Issue \xc3\xa4 2");
}

TEST_P(VectorsConformance, OrdersHitsByCosineBestFirst) {
  std::vector<Point> points;
  for (const int number : {1, 2, 3, 4}) points.push_back(MakePoint(kAcme, number));
  // The query is the first axis: the cosine is the first number of each unit vector.
  const double cosines[] = {-0.5, 0.9, 0.0, 0.4};
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<float> values(kTestDimensions, 0);
    values[0] = static_cast<float>(cosines[i]);
    values[i + 1] = static_cast<float>(std::sqrt(1 - cosines[i] * cosines[i]));
    points[i].values = values;
  }
  Upsert(kAcme, points);
  std::vector<float> axis(kTestDimensions, 0);
  axis[0] = 1;

  const auto hits = Search(kAcme, axis);

  ASSERT_EQ(hits.size(), 4U);
  const std::size_t order[] = {1, 3, 2, 0};
  for (std::size_t i = 0; i < hits.size(); ++i) {
    EXPECT_EQ(hits[i].reference, points[order[i]].reference);
    EXPECT_NEAR(hits[i].score, cosines[order[i]], 1e-3);
  }
}

TEST_P(VectorsConformance, HonoursTheLimitAndTheEntityType) {
  for (int number = 1; number <= 20; ++number) {
    const char* type = number % 2 == 0 ? "jira_issues" : "github_prs";
    Upsert(kAcme, {MakePoint(kAcme, number, type)});
  }

  EXPECT_EQ(Search(kAcme, Direction(1), {.limit = 5}).size(), 5U);
  EXPECT_EQ(Search(kAcme, Direction(1), {.limit = 1000}).size(), 20U);
  const auto prs = Search(kAcme, Direction(2), {.entity_type = "github_prs", .limit = 20});
  EXPECT_EQ(prs.size(), 10U);
  for (const Hit& hit : prs) EXPECT_EQ(hit.entity_type, "github_prs");
  EXPECT_TRUE(Search(kAcme, Direction(1), {.entity_type = "unknown"}).empty());
}

TEST_P(VectorsConformance, RefusesALimitOutOfRangeAndVectorsOfAnotherSpace) {
  Point wrong_length = MakePoint(kAcme, 1);
  wrong_length.values.pop_back();
  Point not_a_number = MakePoint(kAcme, 2);
  not_a_number.values[0] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> short_query(kTestDimensions - 1, 1);

  for (const Point& point : {wrong_length, not_a_number}) {
    const auto refused = vectors_->Upsert(kAcme, std::span(&point, 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  }
  EXPECT_EQ(Count(kAcme), 0);
  EXPECT_EQ(vectors_->Search(kAcme, short_query, {}).error().kind(), ErrorKind::kInvalid);
  for (const int limit : {0, -1, 1001}) {
    const auto refused = vectors_->Search(kAcme, Direction(1), {.limit = limit});
    ASSERT_FALSE(refused) << limit;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  }
}

TEST_P(VectorsConformance, ReplacesAPointWithTheSameId) {
  Upsert(kAcme, {MakePoint(kAcme, 1), MakePoint(kAcme, 2)});
  Point changed = MakePoint(kAcme, 1);
  changed.values = Direction(99);
  changed.text_hash = 5;
  changed.title = "Renamed";

  Upsert(kAcme, {changed});

  EXPECT_EQ(Count(kAcme), 2);
  const auto hits = Search(kAcme, Direction(99), {.limit = 1});
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].title, "Renamed");
  EXPECT_NEAR(hits[0].score, 1, 1e-3);
  EXPECT_LT(Search(kAcme, Direction(1), {.limit = 1})[0].score, 0.99) << "the old vector is gone";
}

TEST_P(VectorsConformance, TellsMissingStaleAndCurrentPointsApart) {
  Point stale = MakePoint(kAcme, 2);
  stale.text_hash = -77;
  Upsert(kAcme, {MakePoint(kAcme, 1), stale});
  const std::vector<std::string> ids = {
      MakePoint(kAcme, 3).id,
      MakePoint(kAcme, 2).id,
      MakePoint(kAcme, 1).id,
  };

  const auto hashes = vectors_->TextHashes(kAcme, ids);

  ASSERT_TRUE(hashes) << hashes.error().message();
  EXPECT_THAT(*hashes, ElementsAre(0, -77, 1001));
  EXPECT_TRUE(vectors_->TextHashes(kAcme, {})->empty());
}

TEST_P(VectorsConformance, ErasesWhatIsNamedAndNothingElse) {
  Upsert(kAcme, {MakePoint(kAcme, 1), MakePoint(kAcme, 2)});
  ASSERT_THAT(Found(kAcme, Direction(1)), Contains("PAY-1"));
  const std::vector<std::string> ids = {MakePoint(kAcme, 1).id, MakePoint(kAcme, 3).id};

  ASSERT_TRUE(vectors_->Erase(kAcme, ids)) << "an unknown id is no error";
  ASSERT_TRUE(vectors_->Erase(kAcme, ids)) << "nor is one erased before";

  EXPECT_THAT(Found(kAcme, Direction(1)), ElementsAre("PAY-2"));
  EXPECT_EQ(Count(kAcme), 1);
}

TEST_P(VectorsConformance, NoCallReachesAnotherTenantsPoints) {
  const Point ours = MakePoint(kAcme, 1);
  const Point theirs = MakePoint(kOther, 2);
  Upsert(kAcme, {ours});
  Upsert(kOther, {theirs});
  // There is something to leak: each tenant finds its own.
  ASSERT_THAT(Found(kAcme, Direction(1)), ElementsAre("PAY-1"));
  ASSERT_THAT(Found(kOther, Direction(2)), ElementsAre("PAY-2"));

  EXPECT_THAT(Found(kAcme, Direction(2)), Not(Contains("PAY-2"))) << "search";
  const std::vector<std::string> foreign = {theirs.id};
  EXPECT_THAT(*vectors_->TextHashes(kAcme, foreign), ElementsAre(0)) << "hashes";
  ASSERT_TRUE(vectors_->Erase(kAcme, foreign));
  EXPECT_EQ(Count(kOther), 1) << "erase";

  // Even under the very same id a tenant writes its own point only.
  Point forged = MakePoint(kAcme, 3);
  forged.id = theirs.id;
  static_cast<void>(vectors_->Upsert(kAcme, std::span(&forged, 1)).has_value());
  const auto untouched = Search(kOther, Direction(2));
  ASSERT_EQ(untouched.size(), 1U);
  EXPECT_EQ(untouched[0].reference, "PAY-2");
  EXPECT_NEAR(untouched[0].score, 1, 1e-3);
}

TEST_P(VectorsConformance, ErasesAnIntegrationWholeAndLeavesTheOthers) {
  constexpr IntegrationId kGithub{8};
  Point github = MakePoint(kAcme, 3, "github_prs");
  github.integration = kGithub;
  github.id = PointId(kAcme, kGithub, github.entity_type, github.external_id);
  Upsert(kAcme, {MakePoint(kAcme, 1), MakePoint(kAcme, 2), github});
  Upsert(kOther, {MakePoint(kOther, 1)});
  ASSERT_EQ(Count(kAcme), 3);
  ASSERT_EQ(Count(kOther), 1);

  ASSERT_TRUE(vectors_->EraseIntegration(kAcme, kJira));

  EXPECT_EQ(Count(kAcme), 1) << "the other integration's";
  EXPECT_EQ(Count(kOther), 1) << "another tenant's of the same number";
  EXPECT_TRUE(vectors_->EraseIntegration(kAcme, kJira)) << "again";
}

TEST_P(VectorsConformance, ErasesATenantWholeAndLeavesTheOthers) {
  for (int number = 1; number <= 50; ++number) {
    Upsert(kAcme, {MakePoint(kAcme, number)});
    Upsert(kOther, {MakePoint(kOther, number)});
  }
  ASSERT_EQ(Count(kAcme), 50);
  ASSERT_EQ(Count(kOther), 50);

  ASSERT_TRUE(vectors_->EraseTenant(kAcme));

  EXPECT_EQ(Count(kAcme), 0);
  EXPECT_TRUE(Search(kAcme, Direction(1)).empty());
  EXPECT_EQ(Count(kOther), 50);
  EXPECT_TRUE(vectors_->EraseTenant(kAcme)) << "again";
}

TEST_P(VectorsConformance, FindsTheSamePointsAsAComparisonWithEveryOne) {
  std::vector<Point> points;
  for (int number = 1; number <= 500; ++number) points.push_back(MakePoint(kAcme, number));
  Upsert(kAcme, points);

  int found = 0;
  for (std::uint64_t seed = 10'001; seed <= 10'020; ++seed) {
    const std::vector<float> query = Direction(seed);
    std::vector<std::pair<float, std::string>> all;
    for (const Point& point : points) {
      float cosine = 0;
      for (std::size_t i = 0; i < kTestDimensions; ++i) cosine += query[i] * point.values[i];
      all.emplace_back(-cosine, point.reference);
    }
    std::ranges::sort(all);
    const auto references = Found(kAcme, query, {.limit = 10});
    for (std::size_t i = 0; i < 10; ++i) {
      found += std::ranges::count(references, all[i].second) == 1 ? 1 : 0;
    }
  }
  EXPECT_GE(found, 196) << "recall@10 of at least 0.98, over 20 queries";
}

TEST_P(VectorsConformance, SearchesWhileOthersWrite) {
  constexpr int kBatches = 20;
  Upsert(kAcme, {MakePoint(kAcme, 1)});
  std::atomic<bool> done = false;
  std::atomic<int> searches = 0;
  {
    std::jthread writer([&] {
      for (int batch = 0; batch < kBatches; ++batch) {
        std::vector<Point> points;
        for (int n = 0; n < 20; ++n) points.push_back(MakePoint(kAcme, 100 + batch * 20 + n));
        EXPECT_TRUE(vectors_->Upsert(kAcme, points));
      }
      done = true;
    });
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        do {
          const auto hits = vectors_->Search(kAcme, Direction(1), {.limit = 1});
          ASSERT_TRUE(hits) << hits.error().message();
          ASSERT_EQ(hits->at(0).reference, "PAY-1");
          ++searches;
        } while (!done);
      });
    }
  }
  EXPECT_EQ(Count(kAcme), 1 + kBatches * 20);
  EXPECT_GE(searches, 3);
}

TEST_P(VectorsConformance, StoresWhatTwoTenantsWriteAtOnceEachUnderItsOwn) {
  constexpr int kEach = 40;
  constexpr int kWriters = 3;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 2 * kWriters; ++i) {
      writers.emplace_back([&, i] {
        const TenantId tenant = i % 2 == 0 ? kAcme : kOther;
        for (int n = 0; n < kEach; ++n) {
          const std::vector points{MakePoint(tenant, 1000 * i + n)};
          ASSERT_TRUE(vectors_->Upsert(tenant, points));
          // What Upsert says is stored is there, whoever wrote it.
          const auto hashes = vectors_->TextHashes(tenant, std::vector{points[0].id});
          ASSERT_TRUE(hashes);
          ASSERT_EQ(hashes->at(0), points[0].text_hash);
        }
      });
    }
  }
  EXPECT_EQ(Count(kAcme), kWriters * kEach);
  EXPECT_EQ(Count(kOther), kWriters * kEach);
}

TEST_P(VectorsConformance, ListsEveryPointOfTheTenantOnceInOrder) {
  constexpr int kPoints = 25;
  std::vector<std::string> expected;
  for (int number = 1; number <= kPoints; ++number) {
    expected.push_back(MakePoint(kAcme, number).id);
    Upsert(kAcme, {MakePoint(kAcme, number)});
    Upsert(kOther, {MakePoint(kOther, number)});
  }
  std::ranges::sort(expected);

  std::vector<std::string> listed;
  for (std::string after;;) {
    const auto batch = vectors_->PointsAfter(kAcme, after, 10);
    ASSERT_TRUE(batch) << batch.error().message();
    if (batch->empty()) break;
    ASSERT_LE(batch->size(), 10U);
    listed.insert(listed.end(), batch->begin(), batch->end());
    ASSERT_LE(listed.size(), 2U * kPoints) << "it does not end";
    after = batch->back();
  }

  EXPECT_EQ(listed, expected);
  ASSERT_TRUE(vectors_->Erase(kAcme, std::span(expected).subspan(3, 1))) << "the one asked after";
  EXPECT_THAT(*vectors_->PointsAfter(kAcme, expected[3], 1), ElementsAre(expected[4]));
}

TEST_P(VectorsConformance, RefusesToListByALimitOutOfRangeOrAfterNoPointId) {
  for (const int limit : {0, -1, 10'001}) {
    EXPECT_EQ(vectors_->PointsAfter(kAcme, "", limit).error().kind(), ErrorKind::kInvalid);
  }
  EXPECT_EQ(vectors_->PointsAfter(kAcme, "not-a-uuid", 1).error().kind(), ErrorKind::kInvalid);
}

TEST_P(VectorsConformance, SaysWhatItIs) {
  const auto probe = vectors_->Probe();
  ASSERT_TRUE(probe) << probe.error().message();
  EXPECT_FALSE(probe->empty());
  Upsert(kAcme, {MakePoint(kAcme, 1)});
  EXPECT_TRUE(vectors_->Probe());
}

}  // namespace pulse::vectors
