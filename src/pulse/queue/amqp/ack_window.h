#pragma once

/// \file
/// AckWindow: which deliveries of one channel are held, and the fewest acks that settle the rest.
/// Pure; not thread-safe. Nothing is ever acked but what Ack was called for.

#include <cstdint>
#include <deque>
#include <vector>

namespace pulse::queue::amqp {

class AckWindow {
 public:
  struct Acks {
    std::uint64_t tag = 0;
    bool multiple = false;  ///< Everything up to `tag`.
  };

  /// In the broker's order: tags go up by one from 1.
  void Delivered(std::uint64_t tag);
  void Ack(std::uint64_t tag);
  /// Given back to the broker. The caller sends the nack before the acks it takes next: `multiple`
  /// may then reach over it.
  void GiveBack(std::uint64_t tag);

  /// Delivered and neither acked nor given back.
  std::size_t held() const { return held_; }
  /// Acks called for and not yet taken.
  std::size_t pending() const { return pending_; }
  std::vector<Acks> Take();
  void Clear();  ///< A new channel.

 private:
  enum class State : unsigned char { kHeld, kAcked, kGone };
  State* Find(std::uint64_t tag);

  std::deque<State> states_;  ///< Of first_, first_ + 1, …
  std::uint64_t first_ = 1;
  std::size_t held_ = 0;
  std::size_t pending_ = 0;
};

}  // namespace pulse::queue::amqp
