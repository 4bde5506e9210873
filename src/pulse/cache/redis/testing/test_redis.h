#pragma once

/// \file
/// TestRedis: a real redis-server of this test's own, on a port of its own and without a disk.

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pulse::cache::redis {

/// Ready when the constructor returns; gone, with its process, when it is destroyed. Throws
/// std::runtime_error, naming what is missing, when no server can be started: a test that needs one
/// must fail and not pass. Not thread-safe.
class TestRedis {
 public:
  /// `arguments` go to the server as they are: {"--requirepass", "x"}.
  explicit TestRedis(std::vector<std::string> arguments = {}) : arguments_(std::move(arguments)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "testredisXXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    folder_ = pattern;
    // Another program may take a free port before the server does.
    for (int tries = 1; !TryStart(FreePort()); ++tries) {
      if (tries == 5) throw std::runtime_error("redis-server does not start: " + output_);
    }
  }
  ~TestRedis() {
    Kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestRedis(const TestRedis&) = delete;
  TestRedis& operator=(const TestRedis&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_) + "/0"; }

  void Freeze() const { kill(process_, SIGSTOP); }
  void Thaw() const { kill(process_, SIGCONT); }
  /// kill -9, waited for. Does nothing when it is dead already.
  void Kill() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  /// After Kill: an empty server on the same port.
  void StartAgain() {
    if (!TryStart(port_)) throw std::runtime_error("redis-server does not start: " + output_);
  }

 private:
  static std::uint16_t FreePort() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) throw std::runtime_error("no socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const bool bound = bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(probe);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
  }

  /// True when the server says that it accepts connections.
  bool TryStart(std::uint16_t port) {
    port_ = port;
    std::vector<std::string> words{
        "redis-server",
        "--port",
        std::to_string(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        folder_,
        "--save",
        "",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
        "--logfile",
        ""
    };
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // Not to outlive a test that crashes.
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      execvp(argv[0], argv.data());
      constexpr char kMissing[] = "cannot run redis-server: install redis-server";
      static_cast<void>(!write(STDOUT_FILENO, kMissing, sizeof(kMissing) - 1));
      _exit(127);
    }
    close(ends[1]);
    const bool ready = ReadUntilReady(ends[0]);
    // The pipe stays open: the server would die of its next line otherwise.
    output_pipe_ = std::unique_ptr<const int, CloseFile>(new int(ends[0]));
    if (!ready) Kill();
    return ready;
  }

  bool ReadUntilReady(int pipe) {
    output_.clear();
    std::array<char, 4096> buffer{};
    while (true) {
      pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
      constexpr int kPatienceMs = 20'000;
      if (poll(&waiting, 1, kPatienceMs) <= 0) return false;
      const ssize_t got = read(pipe, buffer.data(), buffer.size());
      if (got <= 0) return false;
      output_.append(buffer.data(), static_cast<std::size_t>(got));
      if (output_.find("Ready to accept connections") != std::string::npos) return true;
    }
  }

  struct CloseFile {
    void operator()(const int* file) const noexcept {
      close(*file);
      delete file;
    }
  };

  std::vector<std::string> arguments_;
  std::string folder_;
  std::string output_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
  std::unique_ptr<const int, CloseFile> output_pipe_;
};

}  // namespace pulse::cache::redis
