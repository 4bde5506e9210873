#include <algorithm>
#include <chrono>

#include "pulse/store/sqlite/test_store.h"

namespace pulse::store::sqlite {
namespace {

using testing::Done;
using testing::Value;

constexpr int kBacklog = 100'000;
constexpr int kWindow = 32;

/// One tenant with a backlog that no dispatcher may walk through.
class Backlog : public ::testing::Test {
 protected:
  Backlog() {
    store_ = Value(OpenSqliteStore({.path = database_.path(), .clock = &clock_}));
    worker_ = Value(store_->dispatch().NewWorker(std::chrono::hours(1)));
    term_ = Value(store_->dispatch().Lead(worker_, std::chrono::hours(1))).value();
    const JobId job = Submit("acme");
    Unit unit;
    unit.tenant = tenant_;
    unit.integration = integration_;
    unit.job = job;
    const auto root = Value(store_->ledger().Claim(tenant_, Take().at(0).step, worker_, 1));
    unit.done = {{root.at(0).id, root.at(0).epoch}};
    unit.children.assign(kBacklog, {model::Stage::kExtract, "jira_issues", "{}"});
    Value(store_->ledger().Commit(unit));
  }

  JobId Submit(const std::string& tenant) {
    model::Integration integration;
    tenant_ = integration.tenant = Value(store_->catalog().CreateTenant(tenant)).id;
    integration.name = "jira-main";
    integration.provider = "jira";
    integration_ = Value(store_->catalog().PutIntegration(integration)).id;
    JobRequest request;
    request.integration = integration_;
    request.job_type = "jira_sync";
    request.root = {model::Stage::kExtract, "jira_issues", "{}"};
    return Value(store_->jobs().Submit(tenant_, request)).job;
  }
  std::vector<Dispatch::Ready> Take() {
    const EpochMs now = clock_.Now();
    return Value(store_->dispatch().TakeReady(term_, now, now - 10'000, kWindow));
  }
  /// The fastest of many looks: what it costs when nobody else uses the machine.
  static std::chrono::microseconds Fastest(const std::function<void()>& look) {
    auto fastest = std::chrono::microseconds::max();
    for (int i = 0; i < 50; ++i) {
      const auto start = std::chrono::steady_clock::now();
      look();
      const auto took = std::chrono::steady_clock::now() - start;
      fastest = std::min(fastest, std::chrono::duration_cast<std::chrono::microseconds>(took));
    }
    return fastest;
  }

  testing::ManualClock clock_;
  TemporaryDatabase database_;
  std::unique_ptr<Store> store_;
  WorkerId worker_;
  Term term_;
  TenantId tenant_;
  IntegrationId integration_;
};

TEST_F(Backlog, ALookCostsTheWindowAndNotTheBacklog) {
  ASSERT_EQ(Take().size(), static_cast<std::size_t>(kWindow));

  const auto full = Fastest([&] { ASSERT_TRUE(Take().empty()); });
  const auto lost = Fastest([&] {
    clock_.Advance(10'001);
    ASSERT_EQ(Take().size(), static_cast<std::size_t>(kWindow));
  });

  RecordProperty("full_us", static_cast<int>(full.count()));
  RecordProperty("lost_us", static_cast<int>(lost.count()));
  // Walking through 100,000 index entries takes 5 ms and more.
  EXPECT_LT(full, std::chrono::milliseconds(1));
  EXPECT_LT(lost, std::chrono::milliseconds(3));
}

TEST_F(Backlog, OfOneTenantHoldsUpNoOther) {
  ASSERT_EQ(Take().size(), static_cast<std::size_t>(kWindow));
  Submit("globex");

  const auto ready = Take();

  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0].tenant, tenant_);
}

TEST_F(Backlog, AClaimOfABatchCostsTheBatchAndNotTheBacklog) {
  const auto ready = Take();
  std::size_t next = 0;

  const auto claim = Fastest([&] {
    const StepId step = ready.at(next % ready.size()).step;
    next += 8;
    const auto claimed = Value(store_->ledger().Claim(tenant_, step, worker_, 8));
    std::vector<model::StepRef> refs;
    for (const auto& one : claimed) refs.push_back({one.id, one.epoch});
    Value(store_->ledger().Retry(tenant_, refs, 0, false, ""));
  });

  RecordProperty("claim_us", static_cast<int>(claim.count()));
  EXPECT_LT(claim, std::chrono::milliseconds(3));
}

}  // namespace
}  // namespace pulse::store::sqlite
