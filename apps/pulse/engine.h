#pragma once

/// \file
/// Engine: everything one process needs, wired. Backends are opened by backends.cc, which alone
/// names them.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/cache/cache.h"
#include "pulse/config/settings.h"
#include "pulse/embed/embedder.h"
#include "pulse/model/integration.h"
#include "pulse/model/receipt.h"
#include "pulse/queue/queue.h"
#include "pulse/source/source.h"
#include "pulse/store/store.h"
#include "pulse/vectors/vectors.h"

namespace pulse::secrets {
class Vault;
}
namespace pulse::telemetry {
class Logger;
class Metrics;
}  // namespace pulse::telemetry

namespace pulse::app {

/// The connectors this program has; they need no database, which is what `pulse transform` uses.
source::Connectors NewConnectors();

/// Threads only while a job is followed or Run runs.
class Engine {
 public:
  /// Opens everything `settings` name; migrates an empty embedded database. Errors: kInvalid (the
  /// database has another version's schema; the message has the fix), kUnavailable (something
  /// cannot be reached), kUnauthorized (the vault's key file is not this database's).
  /// `command` is what servers are told we are: "etl".
  static Result<std::unique_ptr<Engine>> Open(
      const config::Settings& settings, telemetry::Logger& logger, std::string_view command
  );
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  store::Store& store();
  secrets::Vault& vault();
  const source::Connectors& connectors();
  vectors::Vectors* vectors();  ///< Null when switched off.
  embed::Embedder& embedder();
  queue::Queue& queue();
  cache::Cache& cache();
  telemetry::Metrics& metrics();

  /// For asking a source who we are; without a stored credential it sends none.
  std::unique_ptr<source::Transport> NewTransport(
      const model::Integration& integration, std::stop_token stop
  );

  /// Runs or follows the job until it is final: runs the pipeline when no other process does, else
  /// tells those that do and follows. Thread-safe: several jobs may be followed at once. `progress`
  /// is called on every change, at most ten times a second. Errors: kCancelled once `stop` is
  /// requested; the job then stays as it is and the next call goes on.
  Result<model::Receipt> Follow(
      TenantId tenant,
      JobId job,
      const std::function<void(const store::JobProgress&)>& progress,
      std::stop_token stop
  );

  /// The ledger changed (a schedule, a cancelled job): tells the processes that run the pipeline.
  /// A hint; without it they find out a minute later at most.
  void Announce();

  /// Sets the gauges that only a look can tell: who leads, how old the lease is, and, for the
  /// leader, queue sizes and workers. Call before rendering metrics; costs two queries there.
  void RefreshGauges();

  /// Runs the pipeline until `stop`.
  Result<> Run(std::stop_token stop);

 private:
  struct Parts;
  using Report = std::function<void(const store::JobProgress&)>;
  /// This process alone works on the job: what happens here is all that happens.
  Result<model::Receipt> FollowOwn(TenantId, JobId, const Report&, const std::stop_token&);
  /// Others work on it, perhaps beside us: the ledger's announcements tell.
  Result<model::Receipt> FollowShared(TenantId, JobId, const Report&, const std::stop_token&);
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace pulse::app
