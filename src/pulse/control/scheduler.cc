#include "pulse/control/scheduler.h"

#include <algorithm>

#include "pulse/base/failpoint.h"
#include "pulse/control/schedule_rule.h"
#include "pulse/control/sync_request.h"
#include "pulse/resilience/pause.h"

namespace pulse::control {
namespace {

using std::chrono::milliseconds;

/// Schedules handled per query.
constexpr int kBatch = 200;
/// Between looks: a busy integration's every commit would wake us.
constexpr milliseconds kBetweenLooks{1'000};
/// The clock may be set while we sleep.
constexpr EpochMs kLongestSleep = 60'000;
/// Later than every slot; also a time that a database can hold.
constexpr EpochMs kEndOfTime = 32'503'680'000'000;

std::string KeyOf(const store::Schedule& schedule) {
  return "schedule:" + std::to_string(schedule.integration.value()) + ":" +
         std::to_string(schedule.next_at);
}

}  // namespace

void Scheduler::Loop(const Signal& changed, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t seen = changed.version();
    const auto look = RunOnce();
    if (!resilience::Pause(kBetweenLooks, stop)) return;
    if (!look) continue;
    std::optional<std::chrono::steady_clock::time_point> wake;
    if (look->next) {
      const EpochMs wait = std::clamp<EpochMs>(*look->next - clock_.Now(), 0, kLongestSleep);
      wake = std::chrono::steady_clock::now() + milliseconds(wait);
    }
    changed.WaitBeyond(seen, wake, stop);
  }
}

Result<Scheduler::Look> Scheduler::RunOnce() {
  const EpochMs now = clock_.Now();
  if (!last_look_ || now < *last_look_) PULSE_CHECK(Realign(now));
  last_look_ = now;
  Look look;
  for (;;) {
    PULSE_TRY(const auto due, store_.schedules().Due(now, kBatch + look.waiting));
    int moved = 0;
    look.waiting = 0;
    for (const store::Schedule& schedule : due) {
      PULSE_TRY(const Outcome outcome, Handle(schedule, now));
      if (outcome == Outcome::kMade) ++look.jobs;
      if (outcome == Outcome::kBusy) {
        ++look.waiting;
      } else {
        ++moved;
      }
    }
    if (moved == 0 || due.size() < static_cast<std::size_t>(kBatch)) break;
  }
  if (look.jobs > 0) store_.changes().Announce();
  PULSE_TRY(look.next, NextBeyond(look.waiting));
  return look;
}

Result<std::optional<EpochMs>> Scheduler::NextBeyond(int waiting) {
  if (waiting == 0) return store_.schedules().NextDue();
  // What waits for a busy integration is woken by that job's end, not by the clock.
  PULSE_TRY(const auto first, store_.schedules().Due(kEndOfTime, waiting + 1));
  const auto longest_sleep = clock_.Now() + kLongestSleep;
  if (first.size() <= static_cast<std::size_t>(waiting)) return std::optional(longest_sleep);
  return std::optional(std::min(first.back().next_at, longest_sleep));
}

Result<Scheduler::Outcome> Scheduler::Handle(const store::Schedule& schedule, EpochMs now) {
  const Key key{schedule.tenant, schedule.integration};
  const EpochMs slot = schedule.next_at;
  const auto rule = ScheduleRule::Parse(schedule.rule);
  // Nobody stores a rule that was not read before; a day later somebody has mended it.
  const EpochMs next = rule ? rule->After(std::max(now, slot)) : now + EpochMs{24} * 60 * kOnTime;
  const auto waited = busy_.find(key);
  const bool on_time = now - slot <= kOnTime || (waited != busy_.end() && waited->second == slot);
  Outcome outcome = Outcome::kPassed;
  if (rule && (on_time || schedule.catch_up)) {
    PULSE_TRY(outcome, Submit(schedule));
  }
  if (outcome == Outcome::kBusy) {
    busy_[key] = slot;
    return outcome;
  }
  busy_.erase(key);
  PULSE_CHECK(store_.schedules().Advance(schedule.tenant, schedule.integration, slot, next));
  return outcome;
}

Result<Scheduler::Outcome> Scheduler::Submit(const store::Schedule& schedule) {
  const auto integration = store_.catalog().GetIntegration(schedule.tenant, schedule.integration);
  if (!integration) {
    // Removed since the schedule was read.
    if (integration.error().kind() == ErrorKind::kNotFound) return Outcome::kPassed;
    return integration.error();
  }
  const auto options = model::JobOptions::FromJson(schedule.options);
  if (!options || integration->state == model::IntegrationState::kNeedsAttention) {
    return Outcome::kPassed;
  }
  store::JobRequest request = SyncRequest(*integration, *options);
  request.priority = model::Priority::kScheduled;
  request.idempotency_key = KeyOf(schedule);
  PULSE_FAILPOINT("s0_before_job");
  const auto submitted = store_.jobs().Submit(schedule.tenant, request);
  PULSE_FAILPOINT("s1_after_job");
  if (submitted) return submitted->attached ? Outcome::kServed : Outcome::kMade;
  if (submitted.error().kind() == ErrorKind::kConflict) return Outcome::kBusy;
  if (submitted.error().kind() == ErrorKind::kNotFound) return Outcome::kPassed;
  return submitted.error();
}

Result<> Scheduler::Realign(EpochMs now) {
  busy_.clear();
  PULSE_TRY(const auto all, store_.schedules().Due(kEndOfTime, 1'000'000));
  for (const store::Schedule& schedule : all) {
    const auto rule = ScheduleRule::Parse(schedule.rule);
    if (!rule || schedule.next_at <= rule->After(now)) continue;
    PULSE_CHECK(store_.schedules().Advance(
        schedule.tenant, schedule.integration, schedule.next_at, rule->After(now)
    ));
  }
  return {};
}

}  // namespace pulse::control
