#pragma once

/// \file
/// For tests: stands between a store and its server and can break the connection just before or
/// just after the server commits, so that the store does not hear whether it did.

#include <atomic>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace pulse::store::postgres {

class CommitGate {
 public:
  enum class Cut : unsigned char { kNothing, kBeforeCommit, kAfterCommit };

  /// `server`: the folder of the server's socket.
  explicit CommitGate(const std::string& server) : server_(SocketIn(server)) {
    std::string pattern = "/tmp/pulse-gate-XXXXXX";
    folder_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "";
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un at = AddressOf(SocketIn(folder_));
    const bool listens =
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
        ::listen(listener_, 16) == 0;
    if (!listens) throw std::runtime_error("cannot listen in " + folder_);
    acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
  }
  ~CommitGate() {
    acceptor_.request_stop();
    acceptor_.join();
    links_.clear();
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  CommitGate(const CommitGate&) = delete;
  CommitGate& operator=(const CommitGate&) = delete;

  const std::string& folder() const { return folder_; }
  /// The next COMMIT that comes by is the one.
  void Arm(Cut cut) { cut_ = cut; }
  bool is_armed() const { return cut_ != Cut::kNothing; }

 private:
  static std::string SocketIn(const std::string& folder) { return folder + "/.s.PGSQL.5432"; }
  static sockaddr_un AddressOf(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    return at;
  }
  static bool Readable(int fd, int wait_ms) {
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, wait_ms) > 0;
  }

  void Accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!Readable(listener_, 20)) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_un at = AddressOf(server_);
      const bool reached =
          ::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
      links_.emplace_back([this, client, server, reached](const std::stop_token& end) {
        while (reached && !end.stop_requested() && Carry(client, server)) {
        }
        ::close(client);
        ::close(server);
      });
    }
  }

  /// Moves what has come; false when the connection is over.
  bool Carry(int client, int server) {
    pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(fds, 2, 20) < 0) return false;
    if (fds[0].revents != 0) {
      char bytes[65536];
      const ssize_t size = ::read(client, bytes, sizeof bytes);
      if (size <= 0) return false;
      const bool commits =
          std::string_view(bytes, static_cast<std::size_t>(size)).find("tx.commit") !=
          std::string_view::npos;
      const Cut cut = commits ? cut_.exchange(Cut::kNothing) : Cut::kNothing;
      if (cut == Cut::kBeforeCommit || !Send(server, bytes, size)) return false;
      if (cut == Cut::kAfterCommit) {
        AwaitCommit(server);
        return false;
      }
    }
    if (fds[1].revents == 0) return true;
    char bytes[65536];
    const ssize_t size = ::read(server, bytes, sizeof bytes);
    return size > 0 && Send(client, bytes, size);
  }
  static void AwaitCommit(int server) {
    std::string answer;
    while (answer.find(std::string_view("COMMIT\0", 7)) == std::string::npos) {
      char bytes[65536];
      const ssize_t size = ::read(server, bytes, sizeof bytes);
      if (size <= 0) return;
      answer.append(bytes, static_cast<std::size_t>(size));
    }
  }
  static bool Send(int fd, const char* bytes, ssize_t size) {
    while (size > 0) {
      const ssize_t sent = ::send(fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes += sent;
      size -= sent;
    }
    return true;
  }

  const std::string server_;
  std::string folder_;
  int listener_ = -1;
  std::atomic<Cut> cut_ = Cut::kNothing;
  std::vector<std::jthread> links_;  ///< Grown by the acceptor only.
  std::jthread acceptor_;
};

}  // namespace pulse::store::postgres
