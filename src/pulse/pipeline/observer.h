#pragma once

/// \file
/// Observer: what happens in the pipeline, told as it happens. Metrics, logs and progress displays
/// listen; the pipeline itself knows none of them. Called from worker threads: implementations are
/// thread-safe, quick and never fail.

#include <chrono>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/model/job.h"
#include "pulse/store/unit.h"

namespace pulse::pipeline {

struct StepsDone {
  const model::Step& first;  ///< All of one (tenant, job, stage, entity type).
  std::size_t steps = 0;
  std::chrono::microseconds took{0};
  const store::Committed& committed;
  std::size_t dead_letters = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnStepsDone(const StepsDone& /*event*/) {}
  virtual void
  OnStepRetried(const model::Step& /*step*/, const Error& /*why*/, EpochMs /*run_after*/) {}
  virtual void OnStepFailed(const model::Step& /*step*/, const Error& /*why*/) {}
  virtual void OnJobFinished(const model::Job& /*ended*/) {}
  /// Anything that makes a look at the ledger worthwhile: a step was claimed, put back or made
  /// ready, or a job ended.
  virtual void OnLedgerChanged() {}
};

}  // namespace pulse::pipeline
