#include "pulse/queue/amqp/ack_window.h"

namespace pulse::queue::amqp {

void AckWindow::Delivered(std::uint64_t tag) {
  if (states_.empty()) first_ = tag;
  states_.push_back(State::kHeld);
  ++held_;
}

AckWindow::State* AckWindow::Find(std::uint64_t tag) {
  if (tag < first_ || tag - first_ >= states_.size()) return nullptr;
  return &states_[tag - first_];
}

void AckWindow::Ack(std::uint64_t tag) {
  State* state = Find(tag);
  if (state == nullptr || *state != State::kHeld) return;
  *state = State::kAcked;
  --held_;
  ++pending_;
}

void AckWindow::GiveBack(std::uint64_t tag) {
  State* state = Find(tag);
  if (state == nullptr || *state != State::kHeld) return;
  *state = State::kGone;
  --held_;
}

std::vector<AckWindow::Acks> AckWindow::Take() {
  std::vector<Acks> acks;
  while (!states_.empty() && states_.front() != State::kHeld) {
    if (states_.front() == State::kAcked) acks.assign(1, {.tag = first_, .multiple = true});
    states_.pop_front();
    ++first_;
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != State::kAcked) continue;
    acks.push_back({.tag = first_ + i, .multiple = false});
    states_[i] = State::kGone;
  }
  pending_ = 0;
  return acks;
}

void AckWindow::Clear() {
  states_.clear();
  held_ = 0;
  pending_ = 0;
}

}  // namespace pulse::queue::amqp
