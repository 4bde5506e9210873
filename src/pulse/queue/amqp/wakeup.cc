#include "pulse/queue/amqp/wakeup.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pulse::queue::amqp {

Wakeup::Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wakeup::~Wakeup() { ::close(event_); }

void Wakeup::Wake() noexcept {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the thread is awake.
  static_cast<void>(::write(event_, &one, sizeof one));
}

void Wakeup::Wait(int socket, std::chrono::milliseconds most) noexcept {
  std::array<pollfd, 2> watched{{
      {.fd = event_, .events = POLLIN, .revents = 0},
      {.fd = socket, .events = POLLIN, .revents = 0},
  }};
  const auto limit = std::clamp<std::chrono::milliseconds::rep>(most.count(), 0, 60'000);
  static_cast<void>(::poll(watched.data(), watched.size(), static_cast<int>(limit)));
  std::uint64_t woken = 0;
  static_cast<void>(::read(event_, &woken, sizeof woken));
}

}  // namespace pulse::queue::amqp
