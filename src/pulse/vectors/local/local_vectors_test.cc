#include "pulse/vectors/local/local_vectors.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

#include "pulse/vectors/local/nearest.h"
#include "pulse/vectors/testing/vectors_conformance.h"

namespace pulse::vectors::local {
namespace {

constexpr int kDimensions = static_cast<int>(kTestDimensions);

/// A directory that goes away with its last user.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vectorsXXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string file() const { return path_ / "vectors.db"; }

  /// Everything on the disk, the log included.
  std::string AllBytes() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::ifstream in(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

 private:
  std::filesystem::path path_;
};

/// Keeps its directory for as long as it lives.
class ScratchVectors final : public Vectors {
 public:
  ScratchVectors() : vectors_(std::move(*OpenLocalVectors(scratch_.file(), kDimensions, "m"))) {}
  Result<std::vector<std::int64_t>> TextHashes(TenantId tenant, std::span<const std::string> ids)
      override {
    return vectors_->TextHashes(tenant, ids);
  }
  Result<> Upsert(TenantId tenant, std::span<const Point> points) override {
    return vectors_->Upsert(tenant, points);
  }
  Result<std::vector<Hit>> Search(
      TenantId tenant, std::span<const float> query, const SearchFilter& filter
  ) override {
    return vectors_->Search(tenant, query, filter);
  }
  Result<> Erase(TenantId tenant, std::span<const std::string> ids) override {
    return vectors_->Erase(tenant, ids);
  }
  Result<> EraseIntegration(TenantId tenant, IntegrationId integration) override {
    return vectors_->EraseIntegration(tenant, integration);
  }
  Result<> EraseTenant(TenantId tenant) override { return vectors_->EraseTenant(tenant); }
  Result<std::int64_t> Count(TenantId tenant) override { return vectors_->Count(tenant); }
  Result<std::vector<std::string>> PointsAfter(TenantId tenant, std::string_view after, int limit)
      override {
    return vectors_->PointsAfter(tenant, after, limit);
  }
  Result<std::string> Probe() override { return vectors_->Probe(); }

 private:
  Scratch scratch_;
  std::unique_ptr<Vectors> vectors_;
};

INSTANTIATE_TEST_SUITE_P(
    Local,
    VectorsConformance,
    testing::Values(VectorsBackend{
        .name = "local",
        .make = [] { return std::unique_ptr<Vectors>(std::make_unique<ScratchVectors>()); },
    })
);

constexpr TenantId kTenant{1};

Point Canary() {
  return {
      .id = PointId(kTenant, IntegrationId(1), "jira_issues", "1"),
      .values = Direction(1),
      .text_hash = 1,
      .integration = IntegrationId(1),
      .entity_type = "jira_issues",
      .external_id = "1",
      .reference = "PAY-1",
      .title = "canary-7f3a",
  };
}

/// What another process counts, which then closes the file and would tidy up after the last one.
int CountFromOutside(const Scratch& scratch) {
  const std::string command = "sqlite3 '" + scratch.file() + "' 'SELECT count(*) FROM points'";
  FILE* out = popen(command.c_str(), "r");
  int count = -1;
  if (out == nullptr || std::fscanf(out, "%d", &count) != 1) count = -1;
  if (out != nullptr) pclose(out);
  return count;
}

TEST(OpenLocalVectors, KeepsItsLogWhenAnotherProcessComesAndGoes) {
  const Scratch scratch;
  const auto vectors = std::move(*OpenLocalVectors(scratch.file(), kDimensions, "m"));
  std::vector points{Canary()};
  ASSERT_TRUE(vectors->Upsert(kTenant, points));
  ASSERT_EQ(*vectors->Count(kTenant), 1);  // Opens a second connection beside the writer's.
  ASSERT_EQ(CountFromOutside(scratch), 1);

  points.front().id = PointId(kTenant, IntegrationId(1), "jira_issues", "2");
  ASSERT_TRUE(vectors->Upsert(kTenant, points));

  EXPECT_EQ(CountFromOutside(scratch), 2);
}

TEST(OpenLocalVectors, FindsEverythingAgainInAFileOfTheSameModel) {
  const Scratch scratch;
  const std::vector points{Canary()};
  ASSERT_TRUE((*OpenLocalVectors(scratch.file(), kDimensions, "m"))->Upsert(kTenant, points));

  const auto again = OpenLocalVectors(scratch.file(), kDimensions, "m");

  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ((*again)->Count(kTenant), 1);
}

TEST(OpenLocalVectors, RefusesAFileOfAnotherModelOrDimensionAndSaysWhatToDo) {
  const Scratch scratch;
  ASSERT_TRUE(OpenLocalVectors(scratch.file(), kDimensions, "old"));

  for (const auto& refused :
       {OpenLocalVectors(scratch.file(), kDimensions, "new"),
        OpenLocalVectors(scratch.file(), kDimensions + 1, "old")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("pulse vector rebuild"));
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("old (24 dimensions)"));
  }

  ASSERT_TRUE(RemoveLocalVectors(scratch.file()));
  EXPECT_TRUE(OpenLocalVectors(scratch.file(), kDimensions, "new"));
}

TEST(OpenLocalVectors, RefusesAFileThatIsNoDatabase) {
  const Scratch scratch;
  std::ofstream(scratch.file()) << std::string(5000, 'x');

  const auto refused = OpenLocalVectors(scratch.file(), kDimensions, "m");

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
}

TEST(OpenLocalVectors, SaysUnavailableWhereItCannotWrite) {
  const auto refused = OpenLocalVectors("/nonexistent/vectors.db", kDimensions, "m");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
}

TEST(OpenLocalVectors, MakesAFileThatOnlyItsOwnerReads) {
  const Scratch scratch;
  const auto vectors = OpenLocalVectors(scratch.file(), kDimensions, "m");
  ASSERT_TRUE(vectors);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(stat((scratch.file() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST(LocalVectors, LeavesNoByteOfAnErasedTenantOnTheDisk) {
  const Scratch scratch;
  const auto vectors = std::move(*OpenLocalVectors(scratch.file(), kDimensions, "m"));
  const std::vector points{Canary()};
  ASSERT_TRUE(vectors->Upsert(kTenant, points));
  ASSERT_THAT(scratch.AllBytes(), testing::HasSubstr("canary-7f3a"));

  ASSERT_TRUE(vectors->EraseTenant(kTenant));

  EXPECT_EQ(scratch.AllBytes().find("canary-7f3a"), std::string::npos);
}

TEST(LocalVectors, RefusesAPointIdThatIsNoUuidAndStoresNothingOfItsBatch) {
  const Scratch scratch;
  const auto vectors = std::move(*OpenLocalVectors(scratch.file(), kDimensions, "m"));
  std::vector points{Canary(), Canary()};
  points[1].id = "not-a-uuid";

  const auto refused = vectors->Upsert(kTenant, points);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(vectors->Count(kTenant), 0);
}

TEST(LocalVectors, SaysThatItsFileIsGone) {
  const Scratch scratch;
  const auto vectors = std::move(*OpenLocalVectors(scratch.file(), kDimensions, "m"));
  EXPECT_THAT(*vectors->Probe(), testing::HasSubstr("24 dimensions"));

  ASSERT_TRUE(RemoveLocalVectors(scratch.file()));

  const auto probe = vectors->Probe();
  ASSERT_FALSE(probe);
  EXPECT_EQ(probe.error().kind(), ErrorKind::kUnavailable);
}

TEST(Dot, SumsEveryProductAtEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<float> a(size);
    std::vector<float> b(size);
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) {
      a[i] = static_cast<float>(i + 1);
      b[i] = static_cast<float>(2 * i) - 7;
      expected += static_cast<double>(a[i]) * b[i];
    }
    EXPECT_FLOAT_EQ(Dot(a, b), static_cast<float>(expected)) << size;
  }
}

TEST(Nearest, KeepsTheBestAndAmongEqualsTheOldest) {
  Nearest nearest(3);
  for (const std::int64_t slot : {5, 4, 3, 2, 1}) nearest.Offer({.score = 0.5F, .slot = slot});
  nearest.Offer({.score = 0.9F, .slot = 9});
  nearest.Offer({.score = 0.1F, .slot = 0});

  std::vector<std::int64_t> slots;
  for (const auto& candidate : std::move(nearest).Take()) slots.push_back(candidate.slot);

  EXPECT_THAT(slots, ElementsAre(9, 1, 2));
}

}  // namespace
}  // namespace pulse::vectors::local
