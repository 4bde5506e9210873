#include "pulse/control/leader.h"

#include <algorithm>
#include <thread>

#include "pulse/control/retention.h"
#include "pulse/control/scheduler.h"

namespace pulse::control {
namespace {

/// What the dead left behind waits for the next try.
constexpr std::chrono::seconds kTryAgain{1};

}  // namespace

Leader::Leader(
    store::Store& store,
    queue::Queue& queue,
    const Clock& clock,
    Heartbeat& heartbeat,
    const Signal& changed,
    LeaderOptions options
)
    : store_(store),
      queue_(queue),
      clock_(clock),
      heartbeat_(heartbeat),
      changed_(changed),
      options_(options) {}

void Leader::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t seen = heartbeat_.beats().version();
    if (const std::optional<Term> term = heartbeat_.term()) {
      Serve(*term, stop);
    } else {
      heartbeat_.beats().WaitBeyond(seen, std::nullopt, stop);
    }
  }
}

void Leader::Serve(Term term, const std::stop_token& stop) {
  Dispatcher dispatcher(
      store_.dispatch(), queue_.NewPublisher(), clock_, term, options_.dispatcher
  );
  const std::jthread dispatching([&](const std::stop_token& done) {
    if (!dispatcher.Loop(changed_, done)) heartbeat_.TermIsOver(term);
  });
  Scheduler scheduler(store_, clock_);
  const std::jthread scheduling([&](const std::stop_token& done) { scheduler.Loop(changed_, done); }
  );
  kept_house_.reset();
  Sweep(term, stop);
}

void Leader::Sweep(Term term, const std::stop_token& stop) {
  while (!stop.stop_requested() && heartbeat_.term() == term) {
    const std::uint64_t seen = heartbeat_.beats().version();
    const auto recovered = store_.dispatch().RecoverLost(term);
    if (recovered && *recovered > 0) store_.changes().Announce();
    if (!recovered && recovered.error().kind() == ErrorKind::kConflict) {
      heartbeat_.TermIsOver(term);
      return;
    }
    KeepHouse(stop);
    auto wake = std::min(heartbeat_.lease_ends(), *kept_house_ + options_.housekeeping_every);
    // The sole owner of a database has no beat to wait for.
    if (!recovered) wake = std::min(wake, std::chrono::steady_clock::now() + kTryAgain);
    heartbeat_.beats().WaitBeyond(seen, wake, stop);
  }
}

void Leader::KeepHouse(const std::stop_token& stop) {
  const auto now = std::chrono::steady_clock::now();
  if (kept_house_ && now - *kept_house_ < options_.housekeeping_every) return;
  kept_house_ = now;
  // Nothing depends on it today; what is left goes the next time.
  static_cast<void>(store_.dispatch().KeepHouse());
  static_cast<void>(DeleteOldRawPages(store_, clock_.Now(), stop));
}

}  // namespace pulse::control
