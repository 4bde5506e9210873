#pragma once

/// \file
/// Part of store_conformance.h: how long raw pages are kept.

#include "pulse/store/testing/raw_conformance.h"

namespace pulse::store::testing {

class RetentionConformance : public RawConformance {
 protected:
  RawId Load(const World& world, const std::string& body, const std::string& request) {
    clock_.Advance(1000);
    return FetchAndLoad(world, Page(body, request)).raw;
  }
  int DeleteAll(const World& world, int limit = 100) {
    return Value(store().raw_pages().DeleteOlderThan(world.tenant, clock_.Now() + 1, limit));
  }
  bool Has(const World& world, RawId raw) {
    return store().raw_pages().Read(world.tenant, {raw}).has_value();
  }
};

TEST_P(RetentionConformance, DeletesOldPagesButNeverTheNewestOfARequest) {
  const RawId first = Load(acme_, "a1", R"({"page":"a"})");
  const RawId second = Load(acme_, "a2", R"({"page":"a"})");
  const RawId newest = Load(acme_, "a3", R"({"page":"a"})");
  const RawId only = Load(acme_, "b1", R"({"page":"b"})");
  const RawId theirs = Load(globex_, "a1", R"({"page":"a"})");
  Load(globex_, "a2", R"({"page":"a"})");

  EXPECT_EQ(DeleteAll(acme_), 2);

  EXPECT_FALSE(Has(acme_, first));
  EXPECT_FALSE(Has(acme_, second));
  EXPECT_TRUE(Has(acme_, newest));
  EXPECT_TRUE(Has(acme_, only));
  EXPECT_TRUE(Has(globex_, theirs)) << "another tenant's";
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data"), 2);
  EXPECT_EQ(DeleteAll(acme_), 0);
}

TEST_P(RetentionConformance, KeepsWhatIsYoungerThanTheBorder) {
  Load(acme_, "a1", R"({"page":"a"})");
  const EpochMs border = clock_.Now();
  Load(acme_, "a2", R"({"page":"a"})");

  EXPECT_EQ(Value(store().raw_pages().DeleteOlderThan(acme_.tenant, border, 100)), 0);
  EXPECT_EQ(Value(store().raw_pages().DeleteOlderThan(acme_.tenant, border + 1, 100)), 1);
}

TEST_P(RetentionConformance, DeletesTheOldestFirstAndNoMoreThanTheLimit) {
  const RawId oldest = Load(acme_, "1", R"({"page":"a"})");
  for (int i = 2; i <= 5; ++i) Load(acme_, std::to_string(i), R"({"page":"a"})");

  EXPECT_EQ(DeleteAll(acme_, 3), 3);
  EXPECT_FALSE(Has(acme_, oldest));
  EXPECT_EQ(DeleteAll(acme_, 3), 1);
}

TEST_P(RetentionConformance, KeepsPagesThatAreUnderWayOrHoldOpenQuarantine) {
  const RawId quarantined = Load(acme_, "1", R"({"page":"a"})");
  Unit letter = Closing({SubmitAndClaim(acme_)});
  letter.dead_letters = {
      {.entity_type = "jira_issues", .raw = quarantined, .fingerprint = "f", .message = "m"}
  };
  Commit(letter);
  Unit pending = Closing({SubmitAndClaim(acme_)});
  pending.raw_pages = {Page("2", R"({"page":"a"})")};
  const RawId under_way = Commit(pending).raw_ids.at(0);
  const model::Step transform = ClaimOnly(acme_);
  Unit newer = Closing({transform});
  newer.raw_pages = {Page("3", R"({"page":"a"})")};
  Commit(newer);

  EXPECT_EQ(DeleteAll(acme_), 0);

  EXPECT_TRUE(Has(acme_, quarantined));
  EXPECT_TRUE(Has(acme_, under_way));
}

TEST_P(RetentionConformance, DeletesOldRefusals) {
  Value(store().raw_pages().RecordRefusal(acme_.tenant, "no_such_entity", R"({"why":"x"})"));
  ASSERT_EQ(CountOf(acme_, "raw_extraction_data"), 1);

  EXPECT_EQ(DeleteAll(acme_), 1);
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data"), 0);
}

TEST_P(RetentionConformance, RemembersHowLongATenantKeepsThem) {
  const auto days = [&] { return Value(store().catalog().FindTenant("acme")).raw_retention_days; };
  EXPECT_EQ(days(), std::nullopt);
  Done(store().catalog().SetRawRetention(acme_.tenant, 30));
  EXPECT_EQ(days(), 30);
  EXPECT_EQ(Value(store().catalog().FindTenant("globex")).raw_retention_days, std::nullopt);
  EXPECT_EQ(Value(store().catalog().ListTenants()).at(0).raw_retention_days, 30);
  EXPECT_EQ(KindOf(store().catalog().SetRawRetention(acme_.tenant, 0)), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(store().catalog().SetRawRetention(TenantId{999}, 1)), ErrorKind::kNotFound);
  Done(store().catalog().SetRawRetention(acme_.tenant, std::nullopt));
  EXPECT_EQ(days(), std::nullopt);
}

}  // namespace pulse::store::testing
