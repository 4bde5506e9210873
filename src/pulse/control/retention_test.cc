#include "pulse/control/retention.h"

#include <map>

#include <gtest/gtest.h>

namespace pulse::control {
namespace {

constexpr EpochMs kDay = EpochMs{24} * 60 * 60 * 1000;

/// How many old pages each tenant has; everything else is not part of this.
class Pages final : public store::RawPages {
 public:
  std::map<TenantId, int> old;
  std::map<TenantId, EpochMs> borders;
  int calls = 0;

  Result<int> DeleteOlderThan(TenantId tenant, EpochMs before, int limit) override {
    ++calls;
    borders[tenant] = before;
    const int deleted = std::min(limit, old[tenant]);
    old[tenant] -= deleted;
    return deleted;
  }
  Result<> Visit(TenantId, const std::vector<RawId>&, const Visitor&) override { return Unused(); }
  Result<std::vector<store::RawPageInfo>> Newest(TenantId, IntegrationId, std::string_view)
      override {
    return Unused();
  }
  Result<RawId> RecordRefusal(TenantId, std::string_view, std::string_view) override {
    return Unused();
  }

 private:
  static Error Unused() { return {ErrorKind::kInternal, "not part of this test"}; }
};

TEST(Retention, DeletesWhatEachTenantsRetentionNoLongerCovers) {
  Pages pages;
  pages.old = {{TenantId{1}, 450}, {TenantId{2}, 7}, {TenantId{3}, 5}};
  std::vector<model::Tenant> tenants(3);
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    tenants[i].id = TenantId{static_cast<std::int64_t>(i) + 1};
  }
  tenants[0].raw_retention_days = 30;
  tenants[2].raw_retention_days = 1;

  const auto deleted = DeleteOldRawPages(tenants, pages, 100 * kDay, {});

  ASSERT_TRUE(deleted);
  EXPECT_EQ(*deleted, 455);
  EXPECT_EQ(pages.old[TenantId{2}], 7) << "keeps everything";
  EXPECT_EQ(pages.borders[TenantId{1}], 70 * kDay);
  EXPECT_EQ(pages.borders[TenantId{3}], 99 * kDay);
  EXPECT_EQ(pages.calls, 4) << "450 in three batches, 5 in one";
}

TEST(Retention, StopsBetweenBatches) {
  Pages pages;
  pages.old = {{TenantId{1}, 450}};
  std::vector<model::Tenant> tenants(1);
  tenants[0].id = TenantId{1};
  tenants[0].raw_retention_days = 30;
  std::stop_source stop;
  stop.request_stop();

  EXPECT_EQ(*DeleteOldRawPages(tenants, pages, 100 * kDay, stop.get_token()), 0);
  EXPECT_EQ(pages.old[TenantId{1}], 450);
}

}  // namespace
}  // namespace pulse::control
