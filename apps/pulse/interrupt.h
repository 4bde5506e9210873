#pragma once

/// \file
/// Interrupt: Ctrl-C and SIGTERM as a stop token.

#include <stop_token>
#include <thread>

namespace pulse::app {

/// The first signal requests a stop: the command ends in order and the next one goes on. The second
/// ends the process at once (exit 130), which loses nothing either; so does an end that is not
/// reached within 28 s, whatever it waits for (exit 7). Make it before any thread that
/// should not receive signals; one per process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  bool requested() const { return stop_.stop_requested(); }

 private:
  void Watch();

  std::stop_source stop_;
  int signals_ = -1;  // signalfd
  int quit_ = -1;     // eventfd: the destructor wakes the watcher
  std::jthread watcher_;
};

/// Blocks until a stop is requested.
void WaitFor(std::stop_token stop);

}  // namespace pulse::app
