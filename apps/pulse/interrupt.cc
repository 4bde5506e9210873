#include "interrupt.h"

#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>

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

/// A progress view may have hidden the cursor; there is no time to ask it.
void LeaveNow() {
  if (isatty(STDERR_FILENO) == 1) {
    constexpr char kShowCursor[] = "\x1b[?25h\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, kShowCursor, sizeof kShowCursor - 1);
  }
  std::_Exit(static_cast<int>(ExitCode::kInterrupted));
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
  while (true) {
    if (poll(waits, std::size(waits), -1) < 0) continue;  // EINTR
    if (waits[1].revents != 0) return;
    if (waits[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) LeaveNow();
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
