#include "pulse/store/postgres/session.h"

#include <array>

#include <libpq-fe.h>
#include <poll.h>

#include "pulse/store/postgres/sqlstate.h"

namespace pulse::store::postgres {

Result<std::unique_ptr<Session>> Session::Open(ConnectionOptions options) {
  options.role = kDispatchRole;
  PULSE_TRY(auto connection, Connection::Open(options));
  return std::unique_ptr<Session>(new Session(std::move(connection)));
}

Result<> Session::Listen(std::string_view channel) {
  return connection_->Execute("LISTEN " + std::string(channel), "session.listen");
}

bool Session::TakeNotifications() {
  bool any = false;
  while (PGnotify* notification = PQnotifies(connection_->handle())) {
    any = true;
    PQfreemem(notification);
  }
  return any;
}

Result<bool> Session::Wait(std::chrono::milliseconds at_most, int wake_fd) {
  pg_conn* handle = connection_->handle();
  if (TakeNotifications()) return true;
  std::array<pollfd, 2> descriptors = {
      pollfd{.fd = PQsocket(handle), .events = POLLIN, .revents = 0},
      pollfd{.fd = wake_fd, .events = POLLIN, .revents = 0},
  };
  const int ready =
      ::poll(descriptors.data(), descriptors.size(), static_cast<int>(at_most.count()));
  if (ready > 0 && descriptors[0].revents != 0 &&
      (PQconsumeInput(handle) == 0 || PQstatus(handle) != CONNECTION_OK)) {
    return ConnectionError(handle, "wait for notifications");
  }
  return TakeNotifications();
}

}  // namespace pulse::store::postgres
