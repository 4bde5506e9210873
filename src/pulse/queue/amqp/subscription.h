#pragma once

/// \file
/// Subscription: what one consumer and the consuming connection's thread share. Thread-safe.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "pulse/queue/amqp/ack_window.h"
#include "pulse/queue/amqp/link.h"

namespace pulse::queue::amqp {

/// A message as it came. `generation` says over which channel: a tag means nothing on another.
struct Incoming {
  std::uint64_t generation = 0;
  std::uint64_t tag = 0;
  std::string body;            ///< At most kMaxBodyBytes.
  std::size_t body_bytes = 0;  ///< True size.
  std::string message_id;
};

class Subscription {
 public:
  Subscription(model::Stage stage, std::string queue, int prefetch, std::chrono::milliseconds delay)
      : stage_(stage), queue_(std::move(queue)), prefetch_(prefetch), ack_delay_(delay) {}

  model::Stage stage() const { return stage_; }
  const std::string& queue() const { return queue_; }
  int prefetch() const { return prefetch_; }

  // For the consumer and its deliveries. Those that return true want the link woken.

  /// Something is waiting to be taken, or to be sent before a wait.
  bool FlushBeforeWaiting();
  /// Nothing once `stop` is requested.
  std::optional<Incoming> Take(std::stop_token stop);
  bool Ack(std::uint64_t generation, std::uint64_t tag);
  bool GiveBack(std::uint64_t generation, std::uint64_t tag);

  // For the link's thread.

  /// A new channel; what came over the old one is forgotten.
  void Restart();
  void Arrived(Incoming message);
  /// Nothing arrived since the last call, nothing is held and no ack waits to be sent.
  bool Idle();

  struct Settled {
    std::vector<std::uint64_t> given_back;  ///< To be sent first.
    std::vector<AckWindow::Acks> acks;
    std::optional<Link::Time> due;  ///< When what was not taken is due.
  };
  Settled TakeSettled(Link::Time now);

 private:
  const model::Stage stage_;
  const std::string queue_;
  const int prefetch_;
  const std::chrono::milliseconds ack_delay_;

  std::mutex mutex_;  // Guards all below.
  std::condition_variable_any arrived_;
  std::deque<Incoming> inbox_;
  std::uint64_t generation_ = 0;
  AckWindow window_;
  std::vector<std::uint64_t> given_back_;
  Link::Time acks_due_{};
  bool flush_ = false;
  bool heard_ = false;
};

}  // namespace pulse::queue::amqp
