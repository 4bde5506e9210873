#pragma once

/// \file
/// Scheduler: makes the jobs of schedules when their slots come. The leader runs it, but nothing
/// breaks when two do: a slot's job carries the idempotency key `schedule:<integration>:<slot>`, so
/// the database allows one.
///
/// A slot whose integration is busy with a different job waits for that job's end and then runs
/// once, for itself and for every slot that passed meanwhile; an equal job under way serves it at
/// once. A slot that comes over a minute late was missed: nobody ran, the schedule was paused, or
/// the clock jumped. Missed slots make one job together when the schedule catches up, and none when
/// it does not (a slot that waited for a busy integration counts as missed when the leader
/// changes). An integration that needs attention is passed over: its jobs could only fail.
///
/// When the clock is set back, schedules move back with it; slots that had their job keep it.

#include <map>
#include <optional>
#include <stop_token>

#include "pulse/base/clock.h"
#include "pulse/base/signal.h"
#include "pulse/store/store.h"

namespace pulse::control {

class Scheduler {
 public:
  /// How late a slot may come and be on time: a change of leaders takes a lease, 15 s.
  static constexpr EpochMs kOnTime = 60'000;

  Scheduler(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Runs until `stop`, looking when a slot is due and when `changed` is notified; while schedules
  /// exist at least once a minute, because clocks are set. Waits out every error.
  void Loop(const Signal& changed, const std::stop_token& stop);

  struct Look {
    int jobs = 0;                 ///< Made by this look.
    int waiting = 0;              ///< Slots whose integration is busy.
    std::optional<EpochMs> next;  ///< When to look again if nobody wakes us; nothing: no schedule.
  };
  /// Handles what is due. Errors: as the store; what was handled stays handled.
  Result<Look> RunOnce();

 private:
  enum class Outcome : unsigned char { kMade, kServed, kPassed, kBusy };
  Result<Outcome> Handle(const store::Schedule& schedule, EpochMs now);
  Result<Outcome> Submit(const store::Schedule& schedule);
  /// When the first schedule is due that does not wait already.
  Result<std::optional<EpochMs>> NextBeyond(int waiting);
  /// Moves schedules back whose next slot is not the next one: the clock was ahead.
  Result<> Realign(EpochMs now);

  using Key = std::pair<TenantId, IntegrationId>;

  store::Store& store_;
  const Clock& clock_;
  // Touched by the scheduler's own thread only.
  std::optional<EpochMs> last_look_;
  std::map<Key, EpochMs> busy_;  ///< Slots that came on time and wait.
};

}  // namespace pulse::control
