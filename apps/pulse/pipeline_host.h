#pragma once

/// \file
/// PipelineHost: this process's pipeline, running while somebody here needs it. On an embedded
/// database one process at a time may run it; on a server database any number may, and a command
/// that only follows a job leaves the work to those that are there.

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine_observer.h"

#include "pulse/control/owner.h"
#include "pulse/control/runner.h"

namespace pulse::app {

/// Thread-safe.
class PipelineHost {
 public:
  struct Options {
    std::string database_file;  ///< Of an embedded database; empty: a server's.
    control::RunnerOptions runner;
  };
  /// References outlive the host.
  PipelineHost(
      pipeline::Environment& environment,
      queue::Queue& queue,
      EngineObserver& observer,
      Options options
  );

  enum class Need : unsigned char {
    kSomebody,   ///< It need not be us: a followed job.
    kOurselves,  ///< A service that was started to work.
  };
  /// True: the pipeline runs here until Leave. False: another process runs it (CallPipeline reaches
  /// it). Errors: what Runner::Start and TryOwn return.
  Result<bool> Join(Need need);
  void Leave();

  /// While the pipeline runs here it runs nowhere else. Never so on a server database.
  bool exclusive() const { return embedded(); }

  /// How this process's part is; nothing when it has none.
  std::optional<control::Vitals> vitals();

  /// A line to those who run the pipeline, us included. Errors: kUnavailable (nobody does).
  Result<std::unique_ptr<control::Line>> CallPipeline();

 private:
  bool embedded() const { return !options_.database_file.empty(); }
  Result<bool> LeaveItToOthers(Need need);
  Result<> Start();

  pipeline::Environment& env_;
  queue::Queue& queue_;
  EngineObserver& observer_;
  const Options options_;

  std::mutex mutex_;  // Guards what follows; held while the runner starts or stops, never per job.
  int users_ = 0;
  std::unique_ptr<control::Runner> runner_;
  std::unique_ptr<control::Ownership> ownership_;
};

}  // namespace pulse::app
