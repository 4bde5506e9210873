#pragma once

/// \file
/// Worker: one thread's loop: receive a ring, claim, run the stage, commit, acknowledge. Ack is
/// never before the commit. A job that has one open step at a time stays in the worker's hands from
/// step to step, whatever the stage, and so do the pages of a quick source (store::GoesOn). An
/// error becomes what its kind says (disposition.h); an exception becomes kInternal, here and
/// nowhere else.

#include <chrono>
#include <memory>
#include <optional>
#include <random>

#include "pulse/pipeline/observer.h"
#include "pulse/pipeline/stage.h"
#include "pulse/queue/queue.h"

namespace pulse::pipeline {

/// Whether this process may take work: its lease is live (control/heartbeat.h). Thread-safe.
class ClaimPermit {
 public:
  virtual ~ClaimPermit() = default;
  /// Returns once it may; kCancelled when `stop` comes first.
  virtual Result<> Await(const std::stop_token& stop) = 0;
};

class Worker {
 public:
  /// Consumes the rings of `stage`, which is one of `stages`.
  Worker(
      Environment& environment,
      std::unique_ptr<queue::Consumer> consumer,
      const Stages& stages,
      model::Stage stage,
      WorkerId identity,
      ClaimPermit& permit,
      Observer& observer
  );

  /// Works until `stop`. A step interrupted by it goes back unharmed, its attempts unchanged.
  void Loop(const std::stop_token& stop);

  /// Handles one delivery. Tests call this.
  Result<> RunOnce(const std::stop_token& stop);

 private:
  Result<> AcceptOrder(
      queue::Delivery& delivery, const queue::ForeignMessage& message, const std::stop_token& stop
  );
  Result<> Process(Claimed claimed, const std::stop_token& stop);
  /// Runs and commits; what this worker goes on with, no steps at the end of that.
  Result<Claimed> Advance(const Claimed& claimed, const std::stop_token& stop);
  Result<std::unique_ptr<Work>> RunStage(const Claimed& claimed, const std::stop_token& stop);
  std::optional<store::GoesOn> GoesOn(
      const store::Unit& unit, std::chrono::steady_clock::duration took
  ) const;
  Result<> Settle(
      const std::vector<model::Step>& steps, const Error& error, const std::stop_token& stop
  );
  Result<> PutBack(const std::vector<model::Step>& steps, const Error& error);
  void PauseIntegration(const model::Step& step, const Error& error);
  /// Waits for the database and puts back what it believes to be in this process's hands and is
  /// not.
  void Recollect(EpochMs since, const std::stop_token& stop);
  Result<> PutBackForgotten(EpochMs since);

  Environment& env_;
  std::unique_ptr<queue::Consumer> consumer_;
  const Stages& stages_;
  const model::Stage stage_;
  WorkerId identity_;
  ClaimPermit& permit_;
  Observer& observer_;
  std::mt19937_64 random_;
  /// A commit was not answered, or the ledger did not have our steps where we left them: it may
  /// hold others for ours than we know of.
  bool in_doubt_ = false;
};

}  // namespace pulse::pipeline
