#pragma once

/// \file
/// SigpipeBlocked: a peer that has gone is an error, not the end of the process.

#include <pthread.h>
#include <signal.h>

namespace pulse::http {

/// Blocks SIGPIPE for this thread: OpenSSL writes with write(2), and a peer that has gone must be
/// an error and not the end of the process. One that became pending meanwhile is taken back.
class SigpipeBlocked {
 public:
  SigpipeBlocked() noexcept {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeBlocked() {
    constexpr timespec kNow{};
    if (!was_pending_) sigtimedwait(&sigpipe_, nullptr, &kNow);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace pulse::http
