#include <algorithm>

#include "pulse/control/runner.h"
#include "pulse/control/test_pipeline.h"

namespace pulse::control {
namespace {

constexpr int kFlood = 1'500;
constexpr int kTrials = 20;
constexpr int kWorkers = 4;

class FairnessTest : public PipelineTest {
 protected:
  FairnessTest() : PipelineTest(kFlood), globex_(MakeIntegration("globex")) {}
  model::Integration globex_;
};

/// Steps, not milliseconds, so that a busy machine changes nothing: what another tenant waits for
/// is window x step time / workers.
TEST_F(FairnessTest, AFloodOfOneTenantStandsBehindTheFewOfAnother) {
  std::atomic<int> flood{0};
  std::atomic<int> before{-1};  // Flood steps begun when the other's job began.
  source_->on_root = [&](const source::FetchRequest& request) {
    if (request.integration.tenant != globex_.tenant) return;
    before = flood.load();
    changed_.Notify();
  };
  source_->on_fetch = [&](const source::FetchRequest& request) {
    if (request.integration.tenant == acme_.tenant) ++flood;
  };
  RunnerOptions options;
  options.extract_workers = kWorkers;
  options.load_workers = options.vectorize_workers = 0;
  const int window = options.leader.dispatcher.window;
  auto environment = EnvironmentOf(store());
  Runner runner(environment, *queue_, observer_, options);
  Done(runner.Start());
  Submit(acme_);
  ASSERT_TRUE(Eventually([&] { return flood > 10; }));

  int longest = 0;
  for (int trial = 0; trial < kTrials && flood < kFlood - 200; ++trial) {
    before = -1;
    const JobId job = Submit(globex_);
    const int seen = flood;
    ASSERT_TRUE(Eventually([&] { return before >= 0; }));
    longest = std::max(longest, before - seen);
    Done(store().jobs().Cancel(globex_.tenant, job));
    ASSERT_TRUE(Ended(globex_, job));
  }

  ASSERT_LT(flood, kFlood) << "the flood ran throughout";
  RecordProperty("steps_before_another_tenants", longest);
  // At most the rings that are out are claimed until the dispatcher looks, one window more when a
  // look was under way; and each worker may have begun the step it held.
  EXPECT_LE(longest, 2 * window + kWorkers + 1);
}

}  // namespace
}  // namespace pulse::control
