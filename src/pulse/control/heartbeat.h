#pragma once

/// \file
/// Heartbeat: keeps this process's lease, and with it the right to claim steps and perhaps the
/// leadership. A process that could not renew in time stops claiming by itself, by its own steady
/// clock, before anybody else takes its steps: a process that was paused notices before it does
/// anything.

#include <chrono>
#include <optional>
#include <stop_token>

#include "pulse/base/clock.h"
#include "pulse/base/signal.h"
#include "pulse/base/sync.h"
#include "pulse/pipeline/worker.h"
#include "pulse/store/ledger.h"

namespace pulse::control {

struct HeartbeatOptions {
  std::chrono::milliseconds lease{15'000};
  /// How often it is renewed. Three tries fit a lease; each costs two short transactions.
  std::chrono::milliseconds every{5'000};
  /// The embedded engine: no other process can exist. Everybody else's lease is ended at the start
  /// (they are dead), ours never ends, and nothing beats.
  bool sole_owner = true;
};

/// Thread-safe.
class Heartbeat final : public pipeline::ClaimPermit {
 public:
  Heartbeat(store::Dispatch& ledger, HeartbeatOptions options, SteadyNow now = RealSteadyNow());

  /// Takes a worker identity and tries to lead. Call once, before everything else.
  Result<WorkerId> Begin();
  /// One renewal, and one try to lead or to go on leading. Errors: as the ledger; the lease then
  /// runs on as far as it was.
  Result<> Beat();
  /// Beats until `stop`; after a failure sooner. Returns at once for a sole owner.
  void Loop(const std::stop_token& stop);

  /// Leaves office, so that another leads at once; the worker's lease stays. No more tries to lead.
  void Resign();
  /// Ends the lease: call when no step is held any more.
  void Retire();

  /// The id 0 before Begin.
  WorkerId worker() const;
  /// Whether the lease is live: nobody else can have taken our steps.
  bool live() const;
  Result<> Await(const std::stop_token& stop) override;

  /// The term, while it lasts.
  std::optional<Term> term() const;
  /// Some call was answered with kConflict: `term` is over, whatever we believed. The next beat
  /// tries again.
  void TermIsOver(Term term);
  /// When a term that is not renewed runs out.
  std::chrono::steady_clock::time_point lease_ends() const;

  /// Notified after every beat and every change of what is above.
  const Signal& beats() const { return beats_; }
  /// Since the last successful renewal.
  std::chrono::milliseconds lease_age() const;

 private:
  struct State {
    WorkerId worker;
    std::optional<Term> term;
    std::chrono::steady_clock::time_point renewed;
    std::chrono::steady_clock::time_point worker_until;
    std::chrono::steady_clock::time_point term_until;
    bool may_lead = true;
  };

  Result<> Lead(WorkerId worker);

  store::Dispatch& ledger_;
  HeartbeatOptions options_;
  SteadyNow now_;
  Guarded<State> state_;
  Signal beats_;
};

}  // namespace pulse::control
