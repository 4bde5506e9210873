#pragma once

/// \file
/// Leader: what exactly one process does for all of them: dispatching, recovering the steps of dead
/// workers, scheduling, and retention. It does so for a term, as long as the heartbeat says we
/// hold one, and stops at once when the term is over.

#include <optional>
#include <stop_token>

#include "pulse/control/dispatcher.h"
#include "pulse/control/heartbeat.h"
#include "pulse/queue/queue.h"
#include "pulse/store/store.h"

namespace pulse::control {

struct LeaderOptions {
  DispatcherOptions dispatcher = {};
  /// Old raw pages go and the store is kept in order at the start of a term and then this often.
  std::chrono::milliseconds housekeeping_every = std::chrono::hours(1);
};

class Leader {
 public:
  /// `changed` is notified whenever the ledger may have changed. All outlive the leader.
  Leader(
      store::Store& store,
      queue::Queue& queue,
      const Clock& clock,
      Heartbeat& heartbeat,
      const Signal& changed,
      LeaderOptions options = {}
  );

  /// Serves every term this process gets, until `stop`.
  void Loop(const std::stop_token& stop);

 private:
  void Serve(Term term, const std::stop_token& stop);
  /// Recovers lost steps at every beat. Returns when the term is over or `stop` is requested.
  void Sweep(Term term, const std::stop_token& stop);
  void KeepHouse(const std::stop_token& stop);

  store::Store& store_;
  queue::Queue& queue_;
  const Clock& clock_;
  Heartbeat& heartbeat_;
  const Signal& changed_;
  LeaderOptions options_;
  /// Of this term. Touched by the leader's thread only.
  std::optional<std::chrono::steady_clock::time_point> kept_house_;
};

}  // namespace pulse::control
