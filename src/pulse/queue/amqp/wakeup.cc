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
  // It can only fail when the counter is full, and then the thread is awake.
  ::eventfd_write(event_, 1);
}

void Wakeup::Wait(int socket, std::chrono::milliseconds most) noexcept {
  std::array<pollfd, 2> watched{{
      {.fd = event_, .events = POLLIN, .revents = 0},
      {.fd = socket, .events = POLLIN, .revents = 0},
  }};
  const auto limit = std::clamp<std::chrono::milliseconds::rep>(most.count(), 0, 60'000);
  static_cast<void>(::poll(watched.data(), watched.size(), static_cast<int>(limit)));
  eventfd_t woken = 0;
  ::eventfd_read(event_, &woken);
}

}  // namespace pulse::queue::amqp
