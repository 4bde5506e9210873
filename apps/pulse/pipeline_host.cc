#include "pipeline_host.h"

#include <utility>

#include "pulse/control/server_line.h"

namespace pulse::app {

PipelineHost::PipelineHost(
    pipeline::Environment& environment,
    queue::Queue& queue,
    EngineObserver& observer,
    Options options
)
    : env_(environment), queue_(queue), observer_(observer), options_(std::move(options)) {}

Result<bool> PipelineHost::Join(Need need) {
  const std::lock_guard lock(mutex_);
  if (users_ == 0) {
    PULSE_TRY(const bool others, LeaveItToOthers(need));
    if (others) return false;
    if (auto started = Start(); !started) {
      ownership_.reset();
      return std::move(started).error();
    }
  }
  ++users_;
  runner_->Wake();
  return true;
}

Result<bool> PipelineHost::LeaveItToOthers(Need need) {
  if (embedded()) {
    PULSE_TRY(ownership_, control::TryOwn(options_.database_file, [this] { observer_.Rung(); }));
    return ownership_ == nullptr;
  }
  if (need == Need::kOurselves) return false;
  PULSE_TRY(const int workers, env_.store.dispatch().LiveWorkers());
  return workers > 0;
}

Result<> PipelineHost::Start() {
  auto runner = std::make_unique<control::Runner>(env_, queue_, observer_, options_.runner);
  observer_.Attach(runner.get(), ownership_.get());
  if (auto started = runner->Start(); !started) {
    observer_.Attach(nullptr, nullptr);
    return std::move(started).error();
  }
  runner_ = std::move(runner);
  return {};
}

void PipelineHost::Leave() {
  const std::lock_guard lock(mutex_);
  if (--users_ > 0) return;
  runner_->Stop();
  observer_.Attach(nullptr, nullptr);
  runner_.reset();
  ownership_.reset();  // Last: a follower takes over a ledger nobody works on any more.
}

std::optional<control::Vitals> PipelineHost::vitals() {
  const std::lock_guard lock(mutex_);
  return runner_ ? std::optional(runner_->vitals()) : std::nullopt;
}

Result<std::unique_ptr<control::Line>> PipelineHost::CallPipeline() {
  if (embedded()) return control::CallOwner(options_.database_file);
  return control::CallWorkers(env_.store);
}

}  // namespace pulse::app
