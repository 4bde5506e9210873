#include "repair.h"

#include <set>

#include "coverage_view.h"
#include "following.h"
#include "receipt_text.h"
#include "submit.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

/// One repair at work.
class Repair {
 public:
  Repair(
      Context& context,
      Engine& engine,
      const model::Tenant& tenant,
      const model::Integration& integration,
      std::stop_token stop
  )
      : context_(context),
        engine_(engine),
        tenant_(tenant),
        integration_(integration),
        stop_(std::move(stop)) {}

  Result<ExitCode> Run() {
    PULSE_CHECK(RetryFailed());
    PULSE_CHECK(RunAgain());
    PULSE_CHECK(Backfill());
    PULSE_TRY(const Coverage left, ReadCoverage(engine_, integration_));
    Report(left);
    return left.complete() ? ExitCode::kOk : ExitCode::kPartial;
  }

 private:
  /// Failed steps of every open job, the oldest first: later ones build on it.
  Result<> RetryFailed() {
    PULSE_TRY(Coverage coverage, ReadCoverage(engine_, integration_));
    for (auto open = coverage.open.rbegin(); open != coverage.open.rend(); ++open) {
      if (open->failed_steps == 0) continue;
      PULSE_TRY(const int steps, engine_.store().jobs().RetryFailed(tenant_.id, open->job.id));
      const std::string job = "job " + std::to_string(open->job.id.value());
      context_.Note(job + ": " + std::to_string(steps) + " failed steps are ready again");
      retried_.push_back({{"job_id", open->job.id.value()}, {"steps", steps}});
      PULSE_CHECK(Follow(open->job.id));
    }
    return {};
  }

  /// Jobs whose gaps no retry closes, once each; one may make up for several.
  Result<> RunAgain() {
    std::set<std::string> done;
    for (;;) {
      PULSE_TRY(const Coverage coverage, ReadCoverage(engine_, integration_));
      const control::OpenJob* next = nullptr;
      for (const control::OpenJob& open : coverage.open) {
        const bool can = !open.job.options.replay;
        if (can && !done.contains(open.job.options.ToJson())) next = &open;
      }
      if (next == nullptr) return {};
      done.insert(next->job.options.ToJson());
      context_.Note("job " + std::to_string(next->job.id.value()) + " is done again");
      PULSE_CHECK(Sync(next->job.options));
    }
  }

  Result<> Backfill() {
    PULSE_TRY(const Coverage coverage, ReadCoverage(engine_, integration_));
    for (const control::TimeRange& range : control::RangesOf(coverage.holes)) {
      context_.Note(
          "backfill from " + FormatInstant(range.from) + " to " + FormatInstant(range.to)
      );
      model::JobOptions options;
      options.since = range.from;
      options.until = range.to;
      PULSE_CHECK(Sync(options));
    }
    return {};
  }

  Result<> Sync(const model::JobOptions& options) {
    PULSE_TRY(const store::Submitted submitted, SubmitSync(engine_, integration_, options));
    return Follow(submitted.job);
  }

  Result<> Follow(JobId job) {
    std::vector<Followed> jobs = {{tenant_, integration_, job, {}}};
    PULSE_CHECK(FollowAll(context_, engine_, jobs, stop_));
    const Followed& done = jobs.front();
    receipts_.push_back(ToJson(done.receipt));
    if (!context_.json()) {
      context_.Print(
          ReceiptText(done.receipt, tenant_.name + "/" + integration_.name, context_.width())
      );
    }
    return {};
  }

  void Report(const Coverage& left) {
    if (context_.json()) {
      Json holes = Json::array();
      for (const store::Window& hole : left.holes) holes.push_back(ToJson(hole));
      context_.PrintJson(Dump(
          {{"retried", std::move(retried_)},
           {"receipts", std::move(receipts_)},
           {"gaps", GapsJson(left.open)},
           {"holes", std::move(holes)}}
      ));
    } else if (left.complete()) {
      context_.Print(
          receipts_.empty() ? "nothing to repair\n" : "repaired: no gap and no hole is left\n"
      );
    } else {
      context_.Print(LacksText(left));
    }
  }

  Context& context_;
  Engine& engine_;
  const model::Tenant& tenant_;
  const model::Integration& integration_;
  std::stop_token stop_;
  Json retried_ = Json::array();
  Json receipts_ = Json::array();
};

}  // namespace

Result<ExitCode> RunRepair(
    Context& context,
    Engine& engine,
    const model::Tenant& tenant,
    const model::Integration& integration,
    std::stop_token stop
) {
  return Repair(context, engine, tenant, integration, std::move(stop)).Run();
}

}  // namespace pulse::app
