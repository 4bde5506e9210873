#include "pulse/control/runner.h"

namespace pulse::control {
namespace {

constexpr std::chrono::seconds kLease{15};

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

Runner::Runner(
    pipeline::Environment& environment,
    queue::Queue& queue,
    pipeline::Observer& observer,
    RunnerOptions options
)
    : env_(environment),
      queue_(queue),
      options_(options),
      dispatcher_(environment.store.dispatch(), queue.NewPublisher(), environment.clock),
      relay_(observer, dispatcher_) {}

Runner::~Runner() { Stop(); }

Result<> Runner::Start() {
  PULSE_TRY(const WorkerId identity, env_.store.dispatch().NewWorker(kLease));
  if (options_.sole_owner) PULSE_CHECK(TakeOver(identity));
  StartWorkers(model::Stage::kExtract, options_.extract_workers, identity);
  StartWorkers(model::Stage::kTransform, options_.transform_workers, identity);
  StartWorkers(model::Stage::kLoad, options_.load_workers, identity);
  StartWorkers(model::Stage::kVectorize, options_.vectorize_workers, identity);
  threads_.emplace_back([this](const std::stop_token& stop) { dispatcher_.Loop(stop); });
  return {};
}

Result<> Runner::TakeOver(WorkerId survivor) {
  store::Dispatch& ledger = env_.store.dispatch();
  PULSE_CHECK(ledger.EndOtherLeases(survivor));
  PULSE_TRY(const std::optional<Term> term, ledger.Lead(survivor, kLease));
  if (term) PULSE_CHECK(ledger.RecoverLost(*term));
  return {};
}

void Runner::StartWorkers(model::Stage stage, int count, WorkerId identity) {
  for (int i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<pipeline::Worker>(
        env_, queue_.NewConsumer(stage), NewStage(stage, env_), identity, relay_
    ));
    threads_.emplace_back([worker = workers_.back().get()](const std::stop_token& stop) {
      worker->Loop(stop);
    });
  }
}

void Runner::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // Joins.
  workers_.clear();
}

}  // namespace pulse::control
