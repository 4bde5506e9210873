#include "pulse/control/heartbeat.h"

#include <algorithm>

namespace pulse::control {
namespace {

using std::chrono::milliseconds;

/// A sole owner's: the next owner ends it, not the clock.
constexpr milliseconds kForEver = std::chrono::hours(24 * 3650);
/// Between tries while the database is away: three of them fit what is left of a lease.
constexpr milliseconds kTryAgain{1'000};

}  // namespace

Heartbeat::Heartbeat(store::Dispatch& ledger, HeartbeatOptions options, SteadyNow now)
    : ledger_(ledger), options_(options), now_(std::move(now)) {
  if (options_.sole_owner) options_.lease = kForEver;
}

Result<WorkerId> Heartbeat::Begin() {
  const auto asked = now_();
  PULSE_TRY(const WorkerId worker, ledger_.NewWorker(options_.lease));
  if (options_.sole_owner) PULSE_CHECK(ledger_.EndOtherLeases(worker));
  state_.With([&](State& state) {
    state.worker = worker;
    state.may_lead = true;
    state.renewed = asked;
    state.worker_until = asked + options_.lease;
  });
  PULSE_CHECK(Lead(worker));
  beats_.Notify();
  return worker;
}

Result<> Heartbeat::Beat() {
  const WorkerId worker = this->worker();
  // From before the call: the database's lease begins later, so ours ends first.
  const auto asked = now_();
  PULSE_CHECK(ledger_.RenewWorker(worker, options_.lease));
  state_.With([&](State& state) {
    state.renewed = asked;
    state.worker_until = asked + options_.lease;
  });
  beats_.Notify();
  return Lead(worker);
}

Result<> Heartbeat::Lead(WorkerId worker) {
  if (!state_.With([](const State& state) { return state.may_lead; })) return {};
  const auto asked = now_();
  PULSE_TRY(const std::optional<Term> term, ledger_.Lead(worker, options_.lease));
  const bool unwanted = state_.With([&](State& state) {
    state.term = state.may_lead ? term : std::nullopt;
    state.term_until = asked + options_.lease;
    return !state.may_lead;
  });
  if (unwanted && term) return ledger_.Resign(*term);  // Resign() came while we asked.
  beats_.Notify();
  return {};
}

void Heartbeat::Loop(const std::stop_token& stop) {
  if (options_.sole_owner) return;
  const Signal never;
  milliseconds wait = options_.every;
  while (!stop.stop_requested()) {
    never.WaitBeyond(0, std::chrono::steady_clock::now() + wait, stop);
    if (stop.stop_requested()) return;
    wait = Beat() ? options_.every : std::min(options_.every, kTryAgain);
  }
}

void Heartbeat::Resign() {
  const std::optional<Term> term = state_.With([](State& state) {
    state.may_lead = false;
    return std::exchange(state.term, std::nullopt);
  });
  beats_.Notify();
  // If this fails, the lease ends by itself.
  if (term) static_cast<void>(ledger_.Resign(*term));
}

void Heartbeat::Retire() {
  const WorkerId worker = state_.With([](State& state) {
    state.worker_until = {};
    return std::exchange(state.worker, WorkerId{});
  });
  beats_.Notify();
  // If this fails, the lease ends by itself.
  if (worker) static_cast<void>(ledger_.RetireWorker(worker));
}

WorkerId Heartbeat::worker() const {
  return state_.With([](const State& state) { return state.worker; });
}

bool Heartbeat::live() const {
  return state_.With([now = now_()](const State& state) { return now < state.worker_until; });
}

Result<> Heartbeat::Await(const std::stop_token& stop) {
  while (!live()) {
    const std::uint64_t seen = beats_.version();
    if (live()) break;
    beats_.WaitBeyond(seen, std::nullopt, stop);
    if (stop.stop_requested()) {
      return Error{ErrorKind::kCancelled, "asked to stop while waiting for a lease"};
    }
  }
  return {};
}

std::optional<Term> Heartbeat::term() const {
  return state_.With([now = now_()](const State& state) {
    return now < state.term_until ? state.term : std::nullopt;
  });
}

void Heartbeat::TermIsOver(Term term) {
  state_.With([&](State& state) {
    if (state.term == term) state.term.reset();
  });
  beats_.Notify();
}

std::chrono::steady_clock::time_point Heartbeat::lease_ends() const {
  return state_.With([](const State& state) { return state.term_until; });
}

milliseconds Heartbeat::lease_age() const {
  return state_.With([now = now_()](const State& state) {
    return std::chrono::duration_cast<milliseconds>(now - state.renewed);
  });
}

}  // namespace pulse::control
