#include "pulse/queue/amqp/subscription.h"

#include <algorithm>
#include <utility>

namespace pulse::queue::amqp {

bool Subscription::FlushBeforeWaiting() {
  const std::lock_guard lock(mutex_);
  if (!inbox_.empty() || window_.pending() == 0) return false;
  flush_ = true;
  return true;
}

std::optional<Incoming> Subscription::Take(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, stop, [this] { return !inbox_.empty(); });
  if (stop.stop_requested()) return std::nullopt;
  Incoming next = std::move(inbox_.front());
  inbox_.pop_front();
  return next;
}

bool Subscription::Ack(std::uint64_t generation, std::uint64_t tag) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return false;
  const bool first = window_.pending() == 0;
  window_.Ack(tag);
  if (first) acks_due_ = std::chrono::steady_clock::now() + ack_delay_;
  // Half the prefetch: the broker sends the next ones while the other half is worked on.
  flush_ = flush_ || window_.pending() >= static_cast<std::size_t>(std::max(prefetch_ / 2, 1));
  return first || flush_;
}

bool Subscription::GiveBack(std::uint64_t generation, std::uint64_t tag) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return false;
  window_.GiveBack(tag);
  given_back_.push_back(tag);
  return true;
}

void Subscription::Restart() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  inbox_.clear();
  window_.Clear();
  given_back_.clear();
  flush_ = false;
}

void Subscription::Arrived(Incoming message) {
  {
    const std::lock_guard lock(mutex_);
    message.generation = generation_;
    window_.Delivered(message.tag);
    heard_ = true;
    inbox_.push_back(std::move(message));
  }
  arrived_.notify_one();
}

bool Subscription::Idle() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(heard_, false) && window_.held() == 0 && window_.pending() == 0;
}

Subscription::Settled Subscription::TakeSettled(Link::Time now) {
  const std::lock_guard lock(mutex_);
  Settled settled;
  settled.given_back = std::exchange(given_back_, {});
  if (window_.pending() == 0) return settled;
  if (flush_ || now >= acks_due_ || !settled.given_back.empty()) {
    settled.acks = window_.Take();
    flush_ = false;
  } else {
    settled.due = acks_due_;
  }
  return settled;
}

}  // namespace pulse::queue::amqp
