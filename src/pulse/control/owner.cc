#include "pulse/control/owner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace pulse::control {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error SystemError(const std::string& doing) {
  std::array<char, 128> buffer{};
  return Error{
      ErrorKind::kUnavailable, doing + ": " + strerror_r(errno, buffer.data(), buffer.size())
  };
}

Result<sockaddr_un> AddressOf(const std::string& database_path) {
  const std::string path = database_path + ".sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > 100) {
    return Error{
        ErrorKind::kInvalid,
        "socket path " + path + " is over 100 bytes; choose a shorter PULSE_HOME"
    };
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void Post(int event_fd) {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the other side has plenty to wake up for.
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
}

void Drain(int fd) {
  std::array<char, 256> buffer;
  [[maybe_unused]] const ssize_t got = ::read(fd, buffer.data(), buffer.size());
}

class SocketOwnership final : public Ownership {
 public:
  SocketOwnership(
      Descriptor lock, Descriptor listener, std::string socket_path, std::function<void()> on_ring
  )
      : lock_(std::move(lock)),
        listener_(std::move(listener)),
        changed_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        socket_path_(std::move(socket_path)),
        on_ring_(std::move(on_ring)),
        thread_([this] { Serve(); }) {}

  ~SocketOwnership() override {
    Post(stop_.get());
    thread_.join();
    ::unlink(socket_path_.c_str());
  }

  void Announce() override { Post(changed_.get()); }

 private:
  static constexpr std::chrono::milliseconds kQuiet{100};

  void Serve() {
    bool pending = false;
    auto next_send = std::chrono::steady_clock::now();
    for (;;) {
      std::vector<pollfd> watched = {
          {stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}, {changed_.get(), POLLIN, 0}
      };
      for (const Descriptor& follower : followers_) watched.push_back({follower.get(), POLLIN, 0});
      ::poll(watched.data(), watched.size(), pending ? MillisecondsUntil(next_send) : -1);
      if (watched[0].revents != 0) return;
      if (watched[2].revents != 0) {
        Drain(changed_.get());
        pending = true;
      }
      ReadFollowers(watched);
      if (watched[1].revents != 0) Accept();
      if (pending && std::chrono::steady_clock::now() >= next_send) {
        Tell();
        pending = false;
        next_send = std::chrono::steady_clock::now() + kQuiet;
      }
    }
  }

  static int MillisecondsUntil(std::chrono::steady_clock::time_point when) {
    const auto left = when - std::chrono::steady_clock::now();
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return static_cast<int>(std::max<std::int64_t>(ms, 0));
  }

  void Accept() {
    Descriptor follower(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (follower.valid()) followers_.push_back(std::move(follower));
  }

  void ReadFollowers(const std::vector<pollfd>& watched) {
    std::vector<Descriptor> kept;
    for (std::size_t i = 0; i < followers_.size(); ++i) {
      if (watched[3 + i].revents == 0) {
        kept.push_back(std::move(followers_[i]));
        continue;
      }
      std::array<char, 256> buffer;
      const ssize_t got = ::read(followers_[i].get(), buffer.data(), buffer.size());
      if (got <= 0) continue;  // Gone.
      on_ring_();
      kept.push_back(std::move(followers_[i]));
    }
    followers_ = std::move(kept);
  }

  void Tell() {
    for (const Descriptor& follower : followers_) {
      // A follower that does not read has a byte waiting already: that is all it needs.
      [[maybe_unused]] const ssize_t sent =
          ::send(follower.get(), "!", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }

  Descriptor lock_;
  Descriptor listener_;
  Descriptor changed_;
  Descriptor stop_;
  std::string socket_path_;
  std::function<void()> on_ring_;
  std::vector<Descriptor> followers_;  // Touched by thread_ only.
  std::thread thread_;                 // Last: started when everything above exists.
};

class SocketLine final : public Line {
 public:
  explicit SocketLine(Descriptor socket)
      : socket_(std::move(socket)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  Result<> Ring() override {
    if (::send(socket_.get(), "?", 1, MSG_NOSIGNAL) == 1) return {};
    return SystemError("ring the owner of the database");
  }

  Result<> Wait(const std::stop_token& stop) override {
    const std::stop_callback wake(stop, [this] { Post(stop_.get()); });
    std::array<pollfd, 2> watched = {{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
    }
    if (stop.stop_requested()) return Error{ErrorKind::kCancelled, "stop requested"};
    std::array<char, 256> buffer;
    if (::read(socket_.get(), buffer.data(), buffer.size()) > 0) return {};
    return Error{ErrorKind::kUnavailable, "the process that owned the database is gone"};
  }

 private:
  Descriptor socket_;
  Descriptor stop_;
};

Result<Descriptor> Listen(const std::string& database_path) {
  PULSE_TRY(const sockaddr_un address, AddressOf(database_path));
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.valid()) return SystemError("open a socket");
  ::unlink(address.sun_path);  // Left by an owner that died; we hold the lock.
  const mode_t previous = ::umask(0177);
  const int bound = ::bind(listener.get(), Generic(address), sizeof address);
  ::umask(previous);
  if (bound != 0 || ::listen(listener.get(), 64) != 0) {
    return SystemError(std::string("listen on ") + address.sun_path);
  }
  return listener;
}

}  // namespace

Result<std::unique_ptr<Ownership>> TryOwn(
    const std::string& database_path, std::function<void()> on_ring
) {
  const std::string lock_path = database_path + ".lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return SystemError("open " + lock_path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::unique_ptr<Ownership>();
    return SystemError("lock " + lock_path);
  }
  PULSE_TRY(Descriptor listener, Listen(database_path));
  return std::make_unique<SocketOwnership>(
      std::move(lock), std::move(listener), database_path + ".sock", std::move(on_ring)
  );
}

Result<std::unique_ptr<Line>> CallOwner(const std::string& database_path) {
  PULSE_TRY(const sockaddr_un address, AddressOf(database_path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return SystemError("open a socket");
  if (::connect(socket.get(), Generic(address), sizeof address) != 0) {
    return SystemError(std::string("connect to ") + address.sun_path);
  }
  return std::make_unique<SocketLine>(std::move(socket));
}

}  // namespace pulse::control
