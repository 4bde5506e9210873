#pragma once

/// \file
/// Runner: one process's pipeline, complete: a dispatcher and the workers of every stage. Several
/// may exist in one process (tests do that); nothing is shared but what the Environment names.

#include <memory>
#include <thread>
#include <vector>

#include "pulse/control/dispatcher.h"
#include "pulse/pipeline/observer.h"
#include "pulse/pipeline/stage.h"
#include "pulse/pipeline/worker.h"

namespace pulse::control {

struct RunnerOptions {
  int extract_workers = 8;    ///< They wait for the network; the source's budget is the real limit.
  int transform_workers = 2;  ///< One decodes while the other commits.
  int load_workers = 1;       ///< Used when the environment is not fused.
  int vectorize_workers = 1;
  /// The embedded engine: no other process works on this database, so whatever runs there under
  /// another worker's name belongs to the dead and is taken over at once.
  bool sole_owner = true;
};

class Runner {
 public:
  Runner(
      pipeline::Environment& environment,
      queue::Queue& queue,
      pipeline::Observer& observer,
      RunnerOptions options
  );
  ~Runner();  ///< Stops.

  /// Takes a worker identity, takes over the steps of the dead and starts the threads.
  Result<> Start();
  /// Asks everything to stop and returns when it has: fetches are cut short and go back unharmed.
  /// Idempotent, safe before Start.
  void Stop();

  /// New work may be in the ledger (a job was submitted). Thread-safe.
  void Wake() { dispatcher_.Wake(); }

 private:
  /// Forwards everything and wakes the dispatcher.
  class Relay final : public pipeline::Observer {
   public:
    Relay(pipeline::Observer& to, Dispatcher& dispatcher) : to_(to), dispatcher_(dispatcher) {}
    void OnStepsDone(const pipeline::StepsDone& event) override { to_.OnStepsDone(event); }
    void OnStepRetried(const model::Step& step, const Error& why, EpochMs run_after) override {
      to_.OnStepRetried(step, why, run_after);
    }
    void OnStepFailed(const model::Step& step, const Error& why) override {
      to_.OnStepFailed(step, why);
    }
    void OnJobFinished(const model::Step& last, model::JobStatus status) override {
      to_.OnJobFinished(last, status);
    }
    void OnLedgerChanged() override {
      dispatcher_.Wake();
      to_.OnLedgerChanged();
    }

   private:
    pipeline::Observer& to_;
    Dispatcher& dispatcher_;
  };

  /// Steps that run under another name belong to the dead.
  Result<> TakeOver(WorkerId survivor);
  void StartWorkers(model::Stage stage, int count, WorkerId identity);

  pipeline::Environment& env_;
  queue::Queue& queue_;
  RunnerOptions options_;
  Dispatcher dispatcher_;
  Relay relay_;
  std::vector<std::unique_ptr<pipeline::Worker>> workers_;
  std::vector<std::jthread> threads_;
};

}  // namespace pulse::control
