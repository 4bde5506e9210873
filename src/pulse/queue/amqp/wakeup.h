#pragma once

/// \file
/// Wakeup: lets a thread wait for a socket and for other threads at once (eventfd and poll).

#include <chrono>

namespace pulse::queue::amqp {

class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// Ends the current or the next Wait. Thread-safe.
  void Wake() noexcept;
  /// Returns when woken, when `socket` can be read (-1: no socket) or after `most`.
  void Wait(int socket, std::chrono::milliseconds most) noexcept;

 private:
  int event_ = -1;
};

}  // namespace pulse::queue::amqp
