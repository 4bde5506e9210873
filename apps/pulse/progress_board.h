#pragma once

/// \file
/// ProgressBoard: draws the jobs of one command on stderr while they run.

#include <condition_variable>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "progress_view.h"

namespace pulse::app {

enum class BoardKind : unsigned char {
  kSilent,
  kLines,     ///< One plain line per change: logs, pipes.
  kTerminal,  ///< Bars redrawn in place, ten times a second at most, as wide as the terminal.
};

/// Thread-safe: each job is updated from its own thread. The destructor draws once more and leaves
/// the terminal as it was.
class ProgressBoard {
 public:
  ProgressBoard(std::ostream& out, BoardKind kind, bool color);
  ~ProgressBoard();
  ProgressBoard(const ProgressBoard&) = delete;
  ProgressBoard& operator=(const ProgressBoard&) = delete;

  /// Returns the slot to update.
  std::size_t Add(std::string label, std::string source);
  void Update(std::size_t slot, const store::JobProgress& progress);

 private:
  struct Slot {
    JobView view;
    bool started = false;
    RateMeter meter;
  };

  void Tick(std::stop_token stop);
  void Draw();   // under mutex_
  void Erase();  // under mutex_

  std::ostream& out_;
  const BoardKind kind_;
  const bool color_;
  std::mutex mutex_;
  std::condition_variable_any ticked_;
  std::vector<Slot> slots_;
  std::size_t drawn_lines_ = 0;
  std::jthread ticker_;
};

}  // namespace pulse::app
