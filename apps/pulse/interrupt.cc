#include "interrupt.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>

#include "exit_code.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace pulse::app {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

// A frozen database keeps a commit waiting for ever, and an orchestrator kills after 30 s: out
// before that, with a word why.
constexpr std::chrono::seconds kGrace{28};

void Say(std::string_view line) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
}

/// Ends the process as a crash would, which loses nothing: what it held is taken over when its
/// lease has run out. A progress view may have hidden the cursor; there is no time to ask it.
void LeaveNow(ExitCode code) {
  if (isatty(STDERR_FILENO) == 1) {
    Say("\x1b[?25h\n");
  }
  if (code == ExitCode::kTimeout) {
    Say("pulse: what was under way did not end within 28 s of the signal; it is given up and will "
        "be "
        "done again\n");
  }
  std::_Exit(static_cast<int>(code));
}

/// poll's timeout: -1 is for ever.
int MillisecondsUntil(const std::optional<std::chrono::steady_clock::time_point>& time) {
  if (!time) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*time - std::chrono::steady_clock::now());
  return std::max(0, static_cast<int>(left.count()));
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  quit_ = eventfd(0, EFD_CLOEXEC);
  watcher_ = std::jthread([this] { Watch(); });
}

Interrupt::~Interrupt() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(quit_, &one, sizeof one);
  watcher_.join();
  close(signals_);
  close(quit_);
}

void Interrupt::Watch() {
  pollfd waits[] = {
      {.fd = signals_, .events = POLLIN, .revents = 0},
      {.fd = quit_, .events = POLLIN, .revents = 0},
  };
  std::optional<std::chrono::steady_clock::time_point> leave_at;
  while (true) {
    const int ready = poll(waits, std::size(waits), MillisecondsUntil(leave_at));
    if (ready < 0) continue;  // EINTR
    if (ready == 0) LeaveNow(ExitCode::kTimeout);
    if (waits[1].revents != 0) return;
    if (waits[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) LeaveNow(ExitCode::kInterrupted);
    leave_at = std::chrono::steady_clock::now() + kGrace;
    stop_.request_stop();
  }
}

void WaitFor(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, std::move(stop), [] { return false; });
}

}  // namespace pulse::app
