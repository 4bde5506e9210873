#include "pulse/control/dispatcher.h"

#include <algorithm>

namespace pulse::control {

Dispatcher::Dispatcher(
    store::Dispatch& ledger,
    std::unique_ptr<queue::Publisher> publisher,
    const Clock& clock,
    DispatcherOptions options
)
    : ledger_(ledger), publisher_(std::move(publisher)), clock_(clock), options_(options) {}

void Dispatcher::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t seen = changed_.version();
    const auto next = RunOnce();
    std::optional<std::chrono::steady_clock::time_point> deadline;
    if (!next) {
      deadline =
          std::chrono::steady_clock::now() + std::chrono::seconds(1);  // The database is away.
    } else if (const std::optional<EpochMs>& due = *next) {
      const auto wait = std::chrono::milliseconds(std::max<EpochMs>(*due - clock_.Now(), 1));
      deadline = std::chrono::steady_clock::now() + wait;
    }
    changed_.WaitBeyond(seen, deadline, stop);
  }
}

Result<std::optional<EpochMs>> Dispatcher::RunOnce() {
  const EpochMs now = clock_.Now();
  // The first look rings for everything: what an earlier dispatcher rang for may have died with it.
  const EpochMs not_rung_since = looked_ ? now - options_.ring_again.count() : now;
  PULSE_TRY(const auto ready, ledger_.TakeReady(Term{1}, now, not_rung_since, options_.window));
  looked_ = true;
  if (!ready.empty()) {
    std::vector<queue::Ring> rings;
    rings.reserve(ready.size());
    for (const auto& step : ready) rings.push_back({step.tenant, step.step, step.stage});
    PULSE_CHECK(publisher_->Publish(rings));
  }
  PULSE_TRY(std::optional<EpochMs> next, ledger_.NextDue(now));
  PULSE_TRY(const auto waiting, ledger_.ReadyByStage());
  const bool some_ready = std::any_of(waiting.begin(), waiting.end(), [](const auto& stage) {
    return stage.second > 0;
  });
  if (some_ready) {
    const EpochMs again = now + options_.ring_again.count();
    next = next ? std::min(*next, again) : again;
  }
  return next;
}

}  // namespace pulse::control
