#pragma once

/// \file
/// Signal: "something changed, look again". Waiting threads sleep until then; nobody polls.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>

namespace pulse {

/// A counter one can wait on. Thread-safe. A notification between reading version() and waiting for
/// the next one is never missed.
class Signal {
 public:
  void Notify() {
    {
      const std::lock_guard lock(mutex_);
      ++version_;
    }
    changed_.notify_all();
  }

  std::uint64_t version() const {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  /// Returns once the version differs from `seen`, `deadline` passes or `stop` is requested.
  /// No deadline: waits for ever.
  void WaitBeyond(
      std::uint64_t seen,
      std::optional<std::chrono::steady_clock::time_point> deadline,
      const std::stop_token& stop
  ) const {
    std::unique_lock lock(mutex_);
    const auto changed = [&] { return version_ != seen; };
    if (deadline) {
      changed_.wait_until(lock, stop, *deadline, changed);
    } else {
      changed_.wait(lock, stop, changed);
    }
  }

 private:
  mutable std::mutex mutex_;  // Guards version_.
  mutable std::condition_variable_any changed_;
  std::uint64_t version_ = 0;
};

}  // namespace pulse
