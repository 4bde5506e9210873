#pragma once

/// \file
/// Dispatcher: the only publisher. Takes ready steps from the ledger, a small window per tenant and
/// stage, and rings for them; rings again when a ring seems lost. Sleeps until a commit wakes it or
/// a waiting step comes due: an idle dispatcher does nothing at all.

#include <chrono>
#include <memory>
#include <stop_token>

#include "pulse/base/clock.h"
#include "pulse/base/signal.h"
#include "pulse/queue/queue.h"
#include "pulse/store/ledger.h"

namespace pulse::control {

struct DispatcherOptions {
  /// Rings of one tenant and stage that may wait at once: a flood of one tenant stands behind the
  /// others' few, while 64 keep every worker of one process busy.
  int window = 64;
  /// A ring not answered by a claim for this long is taken for lost. Cost of lowering it: needless
  /// rings under load.
  std::chrono::milliseconds ring_again{10000};
};

class Dispatcher {
 public:
  Dispatcher(
      store::Dispatch& ledger,
      std::unique_ptr<queue::Publisher> publisher,
      const Clock& clock,
      DispatcherOptions options = {}
  );

  /// Something was committed: look again. Thread-safe, never blocks.
  void Wake() { changed_.Notify(); }

  void Loop(const std::stop_token& stop);

  /// Rings for what is ready. Returns when to look again if nobody wakes us; nothing: never.
  Result<std::optional<EpochMs>> RunOnce();

 private:
  store::Dispatch& ledger_;
  std::unique_ptr<queue::Publisher> publisher_;
  const Clock& clock_;
  DispatcherOptions options_;
  Signal changed_;
  bool looked_ = false;  // Touched by the dispatcher's own thread only.
};

}  // namespace pulse::control
