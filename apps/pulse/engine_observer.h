#pragma once

/// \file
/// EngineObserver: turns what happens in the pipeline into metrics, log lines and signals for those
/// who follow a job.

#include <mutex>

#include "pulse/base/signal.h"
#include "pulse/control/owner.h"
#include "pulse/control/runner.h"
#include "pulse/pipeline/observer.h"
#include "pulse/source/transport/http_transport.h"
#include "pulse/telemetry/log.h"
#include "pulse/telemetry/metrics.h"

namespace pulse::app {

class EngineObserver final : public pipeline::Observer {
 public:
  EngineObserver(telemetry::Logger& logger, telemetry::Metrics& metrics)
      : logger_(logger), metrics_(metrics) {}

  void OnStepsDone(const pipeline::StepsDone& event) override;
  void OnStepRetried(const model::Step& step, const Error& why, EpochMs run_after) override;
  void OnStepFailed(const model::Step& step, const Error& why) override;
  void OnJobFinished(const model::Job& ended) override;
  void OnLedgerChanged() override;
  void OnSent(const source::SentCall& call);

  /// A follower in another process put work into the ledger.
  void Rung();

  /// Whom to wake and whom to tell; both null when the pipeline is not ours.
  void Attach(control::Runner* runner, control::Ownership* ownership);

  /// Notified on every change of the ledger, and when a job of this process finished.
  const Signal& changed() const { return changed_; }
  const Signal& job_finished() const { return job_finished_; }

 private:
  telemetry::Logger& logger_;
  telemetry::Metrics& metrics_;
  Signal changed_;
  Signal job_finished_;
  std::mutex mutex_;  // Guards the two below.
  control::Runner* runner_ = nullptr;
  control::Ownership* ownership_ = nullptr;
};

}  // namespace pulse::app
