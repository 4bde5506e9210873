#include "pulse/control/runner.h"

#include <algorithm>

namespace pulse::control {
namespace {

std::unique_ptr<pipeline::Stage> NewStage(model::Stage stage, pipeline::Environment& environment) {
  switch (stage) {
    case model::Stage::kExtract:
      return pipeline::NewExtractStage(environment);
    case model::Stage::kTransform:
      return pipeline::NewTransformStage(environment);
    case model::Stage::kLoad:
      return pipeline::NewLoadStage(environment);
    case model::Stage::kVectorize:
      return pipeline::NewVectorizeStage(environment);
  }
  return nullptr;
}

}  // namespace

void RunnerOptions::KeepOnly(std::span<const model::Stage> stages) {
  const auto runs = [&](model::Stage stage) {
    return std::ranges::find(stages, stage) != stages.end();
  };
  if (!runs(model::Stage::kExtract)) extract_workers = 0;
  if (!runs(model::Stage::kTransform)) transform_workers = 0;
  if (!runs(model::Stage::kLoad)) load_workers = 0;
  if (!runs(model::Stage::kVectorize)) vectorize_workers = 0;
}

int RunnerOptions::WorkersOf(model::Stage stage) const {
  switch (stage) {
    case model::Stage::kExtract:
      return extract_workers;
    case model::Stage::kTransform:
      return transform_workers;
    case model::Stage::kLoad:
      return load_workers;
    case model::Stage::kVectorize:
      return vectorize_workers;
  }
  return 0;
}

Runner::Runner(
    pipeline::Environment& environment,
    queue::Queue& queue,
    pipeline::Observer& observer,
    RunnerOptions options
)
    : env_(environment),
      queue_(queue),
      options_(std::move(options)),
      heartbeat_(environment.store.dispatch(), options_.heartbeat, options_.steady_now),
      leader_(environment.store, queue, environment.clock, heartbeat_, changed_, options_.leader),
      relay_(observer, environment.store.changes(), changed_) {}

Runner::~Runner() { Stop(); }

Result<> Runner::Start() {
  PULSE_TRY(const WorkerId identity, heartbeat_.Begin());
  subscription_ = env_.store.changes().Subscribe([this] { changed_.Notify(); });
  heartbeat_thread_ = std::jthread([this](const std::stop_token& stop) { heartbeat_.Loop(stop); });
  leader_thread_ = std::jthread([this](const std::stop_token& stop) { leader_.Loop(stop); });
  for (const model::Stage stage : model::kStages) {
    if (options_.WorkersOf(stage) > 0) stages_.emplace(stage, NewStage(stage, env_));
  }
  for (const model::Stage stage : model::kStages) StartWorkers(stage, identity);
  return {};
}

void Runner::StartWorkers(model::Stage stage, WorkerId identity) {
  for (int i = 0; i < options_.WorkersOf(stage); ++i) {
    workers_.push_back(std::make_unique<pipeline::Worker>(
        env_, queue_.NewConsumer(stage), stages_, stage, identity, heartbeat_, relay_
    ));
    worker_threads_.emplace_back([worker = workers_.back().get()](const std::stop_token& stop) {
      worker->Loop(stop);
    });
  }
}

void Runner::Stop() {
  for (std::jthread& thread : worker_threads_) thread.request_stop();
  leader_thread_ = {};  // Joins.
  heartbeat_.Resign();
  // The lease is renewed until the last step is put back.
  worker_threads_.clear();
  workers_.clear();
  stages_.clear();
  heartbeat_thread_ = {};
  heartbeat_.Retire();
  subscription_.reset();
}

Vitals Runner::vitals() const {
  return {
      .worker = heartbeat_.worker(),
      .leads = heartbeat_.term().has_value(),
      .lease_live = heartbeat_.live(),
      .lease_age = heartbeat_.lease_age(),
  };
}

}  // namespace pulse::control
