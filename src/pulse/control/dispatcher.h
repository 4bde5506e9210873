#pragma once

/// \file
/// Dispatcher: the only publisher, for one term of the leader. Keeps a small window of rings per
/// tenant and stage in the queue and tops it up as they are claimed; rings again when a ring seems
/// lost. Sleeps until a claim or commit wakes it or a waiting step comes due, and never longer than
/// a ring may take to be answered: a commit whose process died before it could tell is found too.

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "pulse/base/clock.h"
#include "pulse/base/signal.h"
#include "pulse/queue/queue.h"
#include "pulse/store/ledger.h"

namespace pulse::control {

struct DispatcherOptions {
  /// Rings of one tenant and stage that are out and not claimed. Another tenant's step waits behind
  /// window x step time / workers for every tenant that floods. Measured with 8 workers and 2,000
  /// steps a second (fairness_test.cc, SQLite): 11 ms at 32, 23 ms at 64, 89 ms at 256. Turning it
  /// down costs nothing until it is below the workers of a stage in all processes: a claim and a
  /// look lie between a ring taken and its successor, so some workers would stand idle.
  int window = 32;
  /// A ring not answered by a claim for this long is taken for lost, and no look is later than this
  /// after the last. Cost of lowering it: needless rings under load, more looks at rest.
  std::chrono::milliseconds ring_again{10'000};
  /// Looks are at least this far apart, so that commits close together share one. The first after a
  /// rest comes at once.
  std::chrono::milliseconds gather{10};
};

class Dispatcher {
 public:
  Dispatcher(
      store::Dispatch& ledger,
      std::unique_ptr<queue::Publisher> publisher,
      const Clock& clock,
      Term term,
      DispatcherOptions options = {}
  );

  /// Works until `stop`, looking whenever `changed` is notified. Errors: kConflict (the term is
  /// over); everything else it waits out.
  Result<> Loop(const Signal& changed, const std::stop_token& stop);

  /// Rings for what is ready. Returns when to look again if nobody wakes us.
  /// Errors: kConflict (the term is over), kUnavailable.
  Result<EpochMs> RunOnce();

 private:
  store::Dispatch& ledger_;
  std::unique_ptr<queue::Publisher> publisher_;
  const Clock& clock_;
  Term term_;
  DispatcherOptions options_;
  // The rest is touched by the dispatcher's own thread only.
  bool looked_ = false;
  std::optional<EpochMs> rang_at_;  ///< The last look that rang.
};

}  // namespace pulse::control
