#include "pulse/pipeline/vector_index.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/embed/hashed/hashed_embedder.h"
#include "pulse/vectors/local/local_vectors.h"

namespace pulse::pipeline {
namespace {

constexpr TenantId kAcme{1};
constexpr TenantId kOther{2};
constexpr IntegrationId kJira{7};
using Repair = VectorIndex::Repair;

/// Rows of two tables, by id.
struct FakeTables final : store::Tables {
  struct Row {
    std::string text;
    bool deleted = false;
  };
  std::map<TenantId, std::map<std::string, std::map<std::int64_t, Row>>> rows;
  std::size_t most_rows_at_once = 0;

  static std::string EntityType(std::string_view table) {
    return table == "prs" ? "github_prs" : "jira_issues";
  }
  Result<std::string> Select(TenantId, std::string_view, int) override { return std::string("[]"); }
  Result<std::vector<store::EmbeddingText>> EmbeddingTexts(
      TenantId tenant, std::string_view table, const std::vector<RowId>& ids
  ) override {
    most_rows_at_once = std::max(most_rows_at_once, ids.size());
    std::vector<store::EmbeddingText> texts;
    for (const RowId id : ids) {
      const Row& row = rows[tenant][std::string(table)].at(id.value());
      texts.push_back({
          .row = id,
          .integration = kJira,
          .entity_type = EntityType(table),
          .external_id = std::to_string(id.value()),
          .title = row.text,
          .reference = "R-" + std::to_string(id.value()),
          .text = row.text,
          .deleted = row.deleted,
      });
    }
    return texts;
  }
  Result<std::vector<RowId>> RowsAfter(
      TenantId tenant, std::string_view table, RowId after, int limit
  ) override {
    std::vector<RowId> ids;
    for (const auto& [id, row] : rows[tenant][std::string(table)]) {
      if (id <= after.value() || row.deleted) continue;
      if (std::ssize(ids) == limit) break;
      ids.push_back(RowId(id));
    }
    return ids;
  }
};

class VectorIndexTest : public testing::Test {
 protected:
  VectorIndexTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vectorindexXXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    embedder_ = embed::hashed::NewHashedEmbedder();
    vectors_ = std::move(*vectors::local::OpenLocalVectors(
        folder_ + "/vectors.db", embedder_->dimensions(), embedder_->model()
    ));
    for (int id = 1; id <= 30; ++id) {
      for (const TenantId tenant : {kAcme, kOther}) {
        tables_.rows[tenant]["work_items"][id].text = "issue about topic " + std::to_string(id);
        tables_.rows[tenant]["prs"][id].text = "change of module " + std::to_string(id);
      }
    }
  }
  ~VectorIndexTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  VectorIndex Index(std::size_t window = kDriftWindow, std::stop_token stop = {}) {
    return {
        tables_, *vectors_, *embedder_, {.batch = 8, .window = window, .stop = std::move(stop)}
    };
  }
  Drift Compare(TenantId tenant, Repair repair = Repair::kNo, std::size_t window = kDriftWindow) {
    auto drift = Index(window).Compare(tenant, repair);
    EXPECT_TRUE(drift) << drift.error().message();
    return drift.value_or(Drift{});
  }
  void Rebuild(TenantId tenant) {
    const auto written = Index().Rebuild(tenant);
    ASSERT_TRUE(written) << written.error().message();
    ASSERT_EQ(*written, 60);
  }
  static std::string IdOf(TenantId tenant, std::string_view table, int row) {
    return vectors::PointId(tenant, kJira, FakeTables::EntityType(table), std::to_string(row));
  }
  /// Five rows without a point, three with an older text, and seven points without a row.
  void MakeDrift(TenantId tenant) {
    for (int id = 1; id <= 5; ++id) {
      const std::string gone[] = {IdOf(tenant, "work_items", id)};
      ASSERT_TRUE(vectors_->Erase(tenant, gone));
    }
    for (int id = 6; id <= 8; ++id) tables_.rows[tenant]["work_items"][id].text = "another text";
    for (int id = 1; id <= 4; ++id) tables_.rows[tenant]["prs"][id].deleted = true;
    for (int id = 5; id <= 7; ++id) tables_.rows[tenant]["prs"].erase(id);
  }

  FakeTables tables_;
  std::string folder_;
  std::unique_ptr<embed::Embedder> embedder_;
  std::unique_ptr<vectors::Vectors> vectors_;
};

TEST_F(VectorIndexTest, RebuildEmbedsEveryRowOfOneTenantInBatches) {
  Rebuild(kAcme);

  EXPECT_EQ(vectors_->Count(kAcme), 60);
  EXPECT_EQ(vectors_->Count(kOther), 0);
  EXPECT_LE(tables_.most_rows_at_once, 8U);
  EXPECT_TRUE(Compare(kAcme).none());
}

TEST_F(VectorIndexTest, CountsDriftBothWaysAndChangesNothingUnlessTold) {
  Rebuild(kAcme);
  MakeDrift(kAcme);

  for (int again = 0; again < 2; ++again) {
    const Drift drift = Compare(kAcme);
    EXPECT_EQ(drift.rows, 53);
    EXPECT_EQ(drift.points, 55);
    EXPECT_EQ(drift.missing, 5);
    EXPECT_EQ(drift.stale, 3);
    EXPECT_EQ(drift.orphaned, 7);
  }
}

TEST_F(VectorIndexTest, RepairsWhatItFoundAndNoOtherTenant) {
  Rebuild(kAcme);
  Rebuild(kOther);
  MakeDrift(kAcme);
  MakeDrift(kOther);

  EXPECT_EQ(Compare(kAcme, Repair::kYes).orphaned, 7) << "as it was found";

  EXPECT_TRUE(Compare(kAcme).none());
  EXPECT_EQ(vectors_->Count(kAcme), 53);
  const Drift other = Compare(kOther);
  EXPECT_EQ(other.missing + other.stale + other.orphaned, 15);
}

TEST_F(VectorIndexTest, FindsTheSameWhenItsWindowHoldsFewPoints) {
  Rebuild(kAcme);
  MakeDrift(kAcme);

  for (const std::size_t window :
       {std::size_t{1}, std::size_t{10}, std::size_t{54}, std::size_t{55}, std::size_t{56}}) {
    const Drift drift = Compare(kAcme, Repair::kNo, window);
    EXPECT_EQ(drift.orphaned, 7) << window;
    EXPECT_EQ(drift.rows, 53) << window << ": rows are counted once";
  }
  Compare(kAcme, Repair::kYes, 1);
  EXPECT_TRUE(Compare(kAcme).none());
}

TEST_F(VectorIndexTest, ATenantWithoutPointsMissesAllAndOneWithoutRowsHasOrphans) {
  EXPECT_EQ(Compare(kAcme).missing, 60);
  Rebuild(kAcme);
  tables_.rows[kAcme].clear();

  EXPECT_EQ(Compare(kAcme, Repair::kYes).orphaned, 60);

  EXPECT_EQ(vectors_->Count(kAcme), 0);
  EXPECT_TRUE(Compare(kAcme).none());
}

TEST_F(VectorIndexTest, StopsWhenAskedAndSaysHowToGoOn) {
  std::stop_source stop;
  stop.request_stop();

  const auto stopped = Index(kDriftWindow, stop.get_token()).Rebuild(kAcme);

  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind(), ErrorKind::kCancelled);
  EXPECT_THAT(stopped.error().message(), testing::HasSubstr("run the same command again"));
}

}  // namespace
}  // namespace pulse::pipeline
