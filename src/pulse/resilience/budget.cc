#include "pulse/resilience/budget.h"

#include <algorithm>
#include <string>
#include <utility>

#include "pulse/resilience/pause.h"

namespace pulse::resilience {

using std::chrono::milliseconds;

Budget::Permit::Permit(Permit&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), era_(other.era_) {}

Budget::Permit& Budget::Permit::operator=(Permit&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(era_, other.era_);
  return *this;
}

Budget::Permit::~Permit() {
  if (budget_ != nullptr) budget_->Release();
}

void Budget::Permit::Succeeded() { budget_->Raise(era_); }
void Budget::Permit::PushedBack() { budget_->Halve(era_); }

Budget::Budget(BudgetPolicy policy, TakeTokens take_tokens)
    : policy_(policy),
      take_tokens_(std::move(take_tokens)),
      limit_(std::clamp(policy.first_in_flight, 1, policy.max_in_flight)) {}

Result<Budget::Permit> Budget::Acquire(double cost, TimePoint deadline, std::stop_token stop) {
  // First the place, then the tokens: tokens are only taken for a call that is then made.
  PULSE_TRY(Permit permit, AwaitPlace(deadline, stop));
  PULSE_CHECK(AwaitTokens(cost, deadline, stop));
  return permit;
}

Result<Budget::Permit> Budget::AwaitPlace(TimePoint deadline, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const bool found =
      place_freed_.wait_until(lock, stop, deadline, [this] { return in_flight_ < limit_; });
  if (stop.stop_requested()) {
    if (found) place_freed_.notify_one();  // This wake-up may have been meant for another.
    return Error{ErrorKind::kCancelled, "asked to stop while waiting for a call to end"};
  }
  if (!found) {
    // A place usually frees within a call's duration.
    return Error{ErrorKind::kRateLimited, std::to_string(limit_) + " calls are in flight already"}
        .RetryAfter(std::chrono::seconds(1));
  }
  ++in_flight_;
  return Permit(this, era_);
}

Result<> Budget::AwaitTokens(double cost, TimePoint deadline, const std::stop_token& stop) const {
  while (true) {
    const milliseconds wait = take_tokens_(cost);
    if (wait <= milliseconds(0)) return {};
    if (std::chrono::steady_clock::now() + wait > deadline) {
      return Error{ErrorKind::kRateLimited, "our own call rate is used up"}.RetryAfter(wait);
    }
    PULSE_CHECK(Pause(wait, stop));
  }
}

void Budget::Release() {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  place_freed_.notify_one();
}

void Budget::Raise(std::uint64_t era) {
  const std::lock_guard lock(mutex_);
  if (era != era_ || ++successes_ < limit_) return;
  successes_ = 0;
  if (limit_ < policy_.max_in_flight) {
    ++limit_;
    place_freed_.notify_one();
  }
}

void Budget::Halve(std::uint64_t era) {
  const std::lock_guard lock(mutex_);
  // Calls sent before the limit fell say nothing about the lower one.
  if (era != era_) return;
  ++era_;
  successes_ = 0;
  limit_ = std::max(1, limit_ / 2);
}

int Budget::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

int Budget::in_flight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_;
}

}  // namespace pulse::resilience
