#pragma once

/// \file
/// Session: a connection outside the pool, for what lasts as long as a session does: LISTEN and
/// session advisory locks. Runs as pulse_dispatch; every statement commits by itself. Used by one
/// thread at a time.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "pulse/base/error.h"
#include "pulse/store/postgres/connection.h"

namespace pulse::store::postgres {

class Session {
 public:
  /// `options.role` is replaced by pulse_dispatch. Errors: Connection::Open's.
  static Result<std::unique_ptr<Session>> Open(ConnectionOptions options);

  template <class... Values>
  Result<Rows> Run(const Query& query, const Values&... values) {
    return connection_->Run(query, values...);
  }
  bool IsConnected() const { return connection_->IsConnected(); }

  /// Hears notifications on `channel` (a plain identifier) from now on.
  Result<> Listen(std::string_view channel);
  /// Waits until a notification comes (true), `wake_fd` becomes readable or the time is over
  /// (false). Errors: kUnavailable (the connection is lost: open another).
  Result<bool> Wait(std::chrono::milliseconds at_most, int wake_fd = -1);

 private:
  explicit Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  bool TakeNotifications();

  std::unique_ptr<Connection> connection_;
};

}  // namespace pulse::store::postgres
