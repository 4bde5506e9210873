#pragma once

/// \file
/// TestBroker: a real RabbitMQ for tests, from Debian's package: its own node, name server (epmd),
/// ports, cookie and data directory, all gone with it. It takes about 5 s to start, so a test
/// executable has one (SharedBroker) and each test its own queue prefix.
///
/// Everything that fails throws std::runtime_error: a test cannot go on without its broker.
/// Used from the test's main thread: the servers die with the thread that started them.

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pulse/http/certificate.h"
#include "pulse/queue/amqp/amqp_queue.h"
#include "pulse/queue/amqp/session.h"
#include "pulse/resilience/pause.h"

namespace pulse::queue::amqp::testing {

/// A port nobody listened on a moment ago.
inline int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0) throw std::runtime_error("no socket");
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// A child process. It is killed and waited for when this goes, and dies with us.
class Child {
 public:
  Child() = default;
  Child(
      const std::vector<std::string>& command,
      const std::vector<std::string>& environment,
      const std::filesystem::path& log
  ) {
    const std::vector<char*> arguments = Pointers(command);
    const std::vector<char*> variables = Pointers(environment);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0) throw std::runtime_error("cannot open " + log.string());
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(in, 0);
      ::dup2(out, 1);
      ::dup2(out, 2);
      ::execve(arguments[0], arguments.data(), variables.data());
      ::_exit(127);
    }
    ::close(out);
    ::close(in);
  }
  ~Child() { Kill(); }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    if (this != &other) {
      Kill();
      pid_ = std::exchange(other.pid_, -1);
    }
    return *this;
  }

  bool started() const { return pid_ > 0; }
  void Kill() {
    if (pid_ <= 0) return;
    Send(SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  /// It stays there and does nothing, like a machine that was frozen.
  void Freeze() { Send(SIGSTOP); }
  void Thaw() { Send(SIGCONT); }
  /// Waits for it to end by itself. Returns its exit status.
  int Wait() {
    int status = -1;
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ <= 0;
  }

 private:
  void Send(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
  }
  static std::vector<char*> Pointers(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  pid_t pid_ = -1;
};

class TestBroker {
 public:
  /// Starts it and waits until it takes connections.
  TestBroker() {
    if (!std::filesystem::exists(kServer)) {
      throw std::runtime_error(std::string(kServer) + " is missing: install rabbitmq-server");
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "pulse-broker-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = pattern;
    WriteFiles();
    names_ = Child(
        {"/usr/bin/epmd", "-address", "127.0.0.1", "-port", std::to_string(names_port_)},
        environment_,
        directory_ / "epmd.log"
    );
    Start();
  }
  ~TestBroker() {
    node_.Kill();
    names_.Kill();
    Reap();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  TestBroker(const TestBroker&) = delete;
  TestBroker& operator=(const TestBroker&) = delete;

  std::string url() const { return "amqp://guest:guest@127.0.0.1:" + std::to_string(port_); }
  /// Over TLS; its certificate is its own authority, ca_file().
  std::string tls_url() const {
    return "amqps://guest:guest@127.0.0.1:" + std::to_string(tls_port_);
  }
  std::string ca_file() const { return (directory_ / "ca.pem").string(); }
  std::string management_url() const {
    return "http://127.0.0.1:" + std::to_string(management_port_);
  }

  /// Options with a queue prefix no other test has.
  AmqpOptions Options() {
    AmqpOptions options;
    options.url = url();
    options.queue_prefix = "t" + std::to_string(++prefixes_) + ".";
    return options;
  }

  void Kill() {
    node_.Kill();
    Reap();
  }
  void Freeze() { node_.Freeze(); }
  void Thaw() { node_.Thaw(); }
  /// Starts a killed broker again and waits until it takes connections.
  void Start() {
    node_ = Child({kServer}, environment_, directory_ / "rabbit.log");
    AmqpOptions options;
    options.url = url();
    const BrokerAddress address = *ParseBrokerUrl(options.url);
    for (int tries = 0; tries < 1200; ++tries) {
      if (Session::Connect(options, address)) return;
      if (node_.ended()) break;
      static_cast<void>(resilience::Pause(std::chrono::milliseconds(50), {}));
    }
    throw std::runtime_error("RabbitMQ did not start:\n" + Log());
  }
  /// Of a killed broker: everything it ever stored.
  void Wipe() { std::filesystem::remove_all(directory_ / "mnesia"); }

  /// rabbitmqctl; takes a second or two.
  std::string Control(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kControl);
    std::filesystem::remove(directory_ / "ctl.log");
    const int status = Child(arguments, environment_, directory_ / "ctl.log").Wait();
    if (status != 0) throw std::runtime_error("rabbitmqctl failed:\n" + Read("ctl.log"));
    return Read("ctl.log");
  }

 private:
  static constexpr const char* kServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";
  static constexpr const char* kControl = "/usr/lib/rabbitmq/bin/rabbitmqctl";

  void WriteFiles() {
    // The node's own children are reaped here, or a killed node's files stay in use for seconds.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const auto write = [&](const char* name, const std::string& text) {
      std::ofstream(directory_ / name) << text;
      std::filesystem::permissions(directory_ / name, std::filesystem::perms::owner_read);
      return (directory_ / name).string();
    };
    write(".erlang.cookie", "PULSETEST" + std::to_string(::getpid()));
    const std::string plugins = write("plugins", "[rabbitmq_management].\n");
    const auto certificate = http::SelfSigned({"127.0.0.1"});
    if (!certificate) throw std::runtime_error(certificate.error().message());
    const std::string ca = write("ca.pem", certificate->certificate);
    const std::string key = write("key.pem", certificate->key);
    const std::string conf = write(
        "rabbitmq.conf",
        "listeners.tcp.default = 127.0.0.1:" + std::to_string(port_) +
            "\nlisteners.ssl.default = 127.0.0.1:" + std::to_string(tls_port_) +
            "\nssl_options.certfile = " + ca + "\nssl_options.cacertfile = " + ca +
            "\nssl_options.keyfile = " + key + "\nssl_options.verify = verify_none" +
            "\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = " +
            std::to_string(management_port_) + "\n"
    );
    const std::string home = directory_.string();
    environment_ = {
        "PATH=/usr/bin:/bin",
        "LANG=C.UTF-8",
        "HOME=" + home,
        "ERL_EPMD_PORT=" + std::to_string(names_port_),
        "ERL_EPMD_ADDRESS=127.0.0.1",
        // Two schedulers: the tests share a small machine with it.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 2:2 +sbwt none",
        "RABBITMQ_NODENAME=pulse" + std::to_string(port_) + "@localhost",
        "RABBITMQ_DIST_PORT=" + std::to_string(FreePort()),
        "RABBITMQ_MNESIA_BASE=" + home + "/mnesia",
        "RABBITMQ_LOG_BASE=" + home,
        "RABBITMQ_LOGS=-",
        "RABBITMQ_ENABLED_PLUGINS_FILE=" + plugins,
        "RABBITMQ_CONFIG_FILE=" + conf,
        "RABBITMQ_CONF_ENV_FILE=/dev/null",
        "RABBITMQ_PID_FILE=" + home + "/pid",
        "RUNNING_UNDER_SYSTEMD=1",  // The script becomes the node instead of its parent.
    };
  }

  static void Reap() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  std::string Read(const char* name) const {
    std::ifstream file(directory_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string Log() const {
    const std::string log = Read("rabbit.log");
    return log.substr(log.size() > 4000 ? log.size() - 4000 : 0);
  }

  const int port_ = FreePort();
  const int tls_port_ = FreePort();
  const int management_port_ = FreePort();
  const int names_port_ = FreePort();
  std::filesystem::path directory_;
  std::vector<std::string> environment_;
  Child names_;
  Child node_;
  int prefixes_ = 0;
};

/// The one of this test executable, started by the first test that asks for it.
inline TestBroker& SharedBroker() {
  static TestBroker broker;
  return broker;
}

}  // namespace pulse::queue::amqp::testing
