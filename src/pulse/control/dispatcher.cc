#include "pulse/control/dispatcher.h"

#include <algorithm>

#include "pulse/resilience/pause.h"

namespace pulse::control {
namespace {

constexpr std::chrono::seconds kAwayPause{1};
/// After a ring. As long as rings follow each other, nobody asks for the next waiting step's time.
constexpr EpochMs kBusy = 200;

}  // namespace

Dispatcher::Dispatcher(
    store::Dispatch& ledger,
    std::unique_ptr<queue::Publisher> publisher,
    const Clock& clock,
    Term term,
    DispatcherOptions options
)
    : ledger_(ledger),
      publisher_(std::move(publisher)),
      clock_(clock),
      term_(term),
      options_(options) {}

Result<> Dispatcher::Loop(const Signal& changed, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t seen = changed.version();
    const auto next = RunOnce();
    if (!next && next.error().kind() == ErrorKind::kConflict) return next.error();
    if (!next) {
      // The database or the broker is away.
      if (!resilience::Pause(kAwayPause, stop)) break;
      continue;
    }
    const auto wait = std::chrono::milliseconds(std::max<EpochMs>(*next - clock_.Now(), 1));
    const auto deadline = std::chrono::steady_clock::now() + wait;
    if (!resilience::Pause(options_.gather, stop)) break;
    changed.WaitBeyond(seen, deadline, stop);
  }
  return {};
}

Result<EpochMs> Dispatcher::RunOnce() {
  const EpochMs now = clock_.Now();
  const EpochMs ring_again = options_.ring_again.count();
  // The first look rings for everything: what an earlier leader rang for may have died with it.
  const EpochMs not_rung_since = looked_ ? now - ring_again : now;
  PULSE_TRY(const auto ready, ledger_.TakeReady(term_, now, not_rung_since, options_.window));
  if (!ready.empty()) {
    rang_at_ = now;
    std::vector<queue::Ring> rings;
    rings.reserve(ready.size());
    for (const auto& step : ready) rings.push_back({step.tenant, step.step, step.stage});
    // Until it succeeds, nothing we marked is known to be out: the next look rings for all of it.
    looked_ = false;
    PULSE_CHECK(publisher_->Publish(rings));
  }
  looked_ = true;
  // By then this look's rings are answered or lost. It is also when work is found that nobody told
  // us of, because the process that committed it died before it could.
  const EpochMs at_latest = now + ring_again + 1;
  if (rang_at_ && now - *rang_at_ < kBusy) {
    // Every look until then takes what came due; that one asks.
    return std::min(*rang_at_ + kBusy, at_latest);
  }
  PULSE_TRY(const std::optional<EpochMs> due, ledger_.NextDue(now));
  return std::min(due.value_or(at_latest), at_latest);
}

}  // namespace pulse::control
