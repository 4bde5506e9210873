#pragma once

/// \file
/// Pool: a few connections that threads borrow for one exchange.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/cache/redis/connection.h"

namespace pulse::cache::redis {

/// Thread-safe. Connections are opened when needed and kept; a broken one takes the idle ones
/// along, which mostly broke with it.
class Pool {
 public:
  using TimePoint = Connection::TimePoint;

  Pool(Address address, int most) : address_(std::move(address)), places_(most) {}

  /// One command by `deadline`, waiting for a free connection included. A kept connection that
  /// turns out to be closed is replaced once; the command may then have run twice. Errors: as
  /// Connection; kRateLimited when no connection came free by the deadline, which says nothing
  /// about the server.
  Result<Reply> Call(std::span<const std::string_view> words, TimePoint deadline);

  const Address& address() const { return address_; }

 private:
  class Place;

  void Keep(Connection connection);
  void ForgetIdle();

  const Address address_;
  std::mutex mutex_;  // Not Guarded<T>: the condition variable needs it.
  std::condition_variable freed_;
  int places_;
  std::vector<Connection> idle_;
};

}  // namespace pulse::cache::redis
