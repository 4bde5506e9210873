#pragma once

/// \file
/// Runner: one process's part in the pipeline, complete: a lease, the workers of its stages, and
/// the leader's duties whenever it leads. Any number of processes on one server database may each
/// have one; on an embedded database the owner has the only one. Several may exist in one process
/// (tests do that); nothing is shared but what the Environment names.

#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "pulse/control/heartbeat.h"
#include "pulse/control/leader.h"
#include "pulse/pipeline/observer.h"
#include "pulse/pipeline/stage.h"
#include "pulse/pipeline/worker.h"

namespace pulse::control {

struct RunnerOptions {
  // Threads of each stage; 0: this process does not run it.
  int extract_workers = 8;    ///< They wait for the network; the source's budget is the real limit.
  int transform_workers = 2;  ///< One decodes while the other commits.
  int load_workers = 1;       ///< Used when the environment is not fused.
  int vectorize_workers = 1;
  /// `heartbeat.sole_owner` is true for an embedded database and false for a server's.
  HeartbeatOptions heartbeat = {};
  LeaderOptions leader = {};
  /// Tests move it.
  SteadyNow steady_now = RealSteadyNow();

  /// Runs only these stages (`--stages`).
  void KeepOnly(std::span<const model::Stage> stages);
  int WorkersOf(model::Stage stage) const;
};

/// What a process tells about itself; for metrics and health.
struct Vitals {
  WorkerId worker;
  bool leads = false;
  bool lease_live = false;
  std::chrono::milliseconds lease_age{0};  ///< Since it was last renewed.
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

  /// Takes a worker identity and, as the sole owner, takes over the steps of the dead; starts the
  /// threads. Call once. Errors: as the ledger; nothing runs then.
  Result<> Start();
  /// Leaves office, asks everything to stop and returns when it has: fetches are cut short and go
  /// back unharmed, what is being committed is committed and acknowledged, then the lease ends.
  /// Takes as long as the longest of them: seconds, and as long as a database that does not answer
  /// keeps a commit waiting; the process as a whole gives up after 28 s (apps/pulse/interrupt.h).
  /// Idempotent, safe before Start.
  void Stop();

  /// New work may be in the ledger (a job was submitted by a process that cannot announce it).
  /// Thread-safe.
  void Wake() { changed_.Notify(); }

  Vitals vitals() const;

 private:
  /// Forwards everything, and announces changes to all processes.
  class Relay final : public pipeline::Observer {
   public:
    Relay(pipeline::Observer& to, store::Changes& changes, Signal& here)
        : to_(to), changes_(changes), here_(here) {}
    void OnStepsDone(const pipeline::StepsDone& event) override { to_.OnStepsDone(event); }
    void OnStepRetried(const model::Step& step, const Error& why, EpochMs run_after) override {
      to_.OnStepRetried(step, why, run_after);
    }
    void OnStepFailed(const model::Step& step, const Error& why) override {
      to_.OnStepFailed(step, why);
    }
    void OnJobFinished(const model::Job& ended) override { to_.OnJobFinished(ended); }
    void OnLedgerChanged() override {
      here_.Notify();  // The announcement takes the way of all processes, and its time.
      changes_.Announce();
      to_.OnLedgerChanged();
    }

   private:
    pipeline::Observer& to_;
    store::Changes& changes_;
    Signal& here_;
  };

  void StartWorkers(model::Stage stage, WorkerId identity);

  pipeline::Environment& env_;
  queue::Queue& queue_;
  RunnerOptions options_;
  Signal changed_;
  std::unique_ptr<store::Changes::Subscription> subscription_;
  Heartbeat heartbeat_;
  Leader leader_;
  Relay relay_;
  pipeline::Stages stages_;
  std::vector<std::unique_ptr<pipeline::Worker>> workers_;
  std::vector<std::jthread> worker_threads_;
  std::jthread leader_thread_;
  std::jthread heartbeat_thread_;
};

}  // namespace pulse::control
