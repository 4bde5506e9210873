#include "progress_board.h"

#include <algorithm>
#include <ostream>

#include "terminal.h"

#include "pulse/base/clock.h"

namespace pulse::app {
namespace {

constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kClearToEnd = "\x1b[J";
/// Smooth enough for counting seconds, cheap enough for ssh.
constexpr std::chrono::milliseconds kFrame{200};

}  // namespace

ProgressBoard::ProgressBoard(std::ostream& out, BoardKind kind, bool color)
    : out_(out), kind_(kind), color_(color) {
  if (kind_ != BoardKind::kTerminal) return;
  out_ << kHideCursor << std::flush;
  ticker_ = std::jthread([this](std::stop_token stop) { Tick(std::move(stop)); });
}

ProgressBoard::~ProgressBoard() {
  if (kind_ != BoardKind::kTerminal) return;
  ticker_.request_stop();
  ticker_.join();
  Draw();
  out_ << kShowCursor << std::flush;
}

std::size_t ProgressBoard::Add(std::string label, std::string source) {
  const std::lock_guard lock(mutex_);
  Slot slot;
  slot.view.label = std::move(label);
  slot.view.source = std::move(source);
  slots_.push_back(std::move(slot));
  return slots_.size() - 1;
}

void ProgressBoard::Update(std::size_t index, const store::JobProgress& progress) {
  if (kind_ == BoardKind::kSilent) return;
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[index];
  slot.meter.Add(std::chrono::steady_clock::now(), CountRecords(progress.receipt).done);
  JobView next = slot.view;
  next.progress = progress;
  next.records_per_second = slot.meter.PerSecond();
  if (kind_ == BoardKind::kLines) {
    const EpochMs now = SystemClock().Now();
    for (const std::string& line : ChangeLines(slot.started ? &slot.view : nullptr, next, now)) {
      out_ << line << '\n';
    }
    out_ << std::flush;
  }
  slot.view = std::move(next);
  slot.started = true;
}

void ProgressBoard::Tick(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    Draw();
    ticked_.wait_for(lock, stop, kFrame, [] { return false; });
  }
}

void ProgressBoard::Erase() {
  if (drawn_lines_ > 0) out_ << "\x1b[" << drawn_lines_ << 'A';
  out_ << '\r' << kClearToEnd;
}

void ProgressBoard::Draw() {
  const TerminalSize size = SizeOfTerminal();
  ProgressStyle style{.width = size.columns, .now = SystemClock().Now(), .color = color_};
  std::vector<std::string> lines;
  for (const Detail detail : {Detail::kStages, Detail::kOneLine}) {
    style.detail = detail;
    lines.clear();
    for (const Slot& slot : slots_) {
      if (slot.started) std::ranges::move(RenderJob(slot.view, style), std::back_inserter(lines));
    }
    // What scrolled out of the window could not be redrawn in place.
    if (lines.size() + 1 < size.rows) break;
  }
  if (lines.size() + 1 > size.rows && size.rows > 1) lines.resize(size.rows - 1);
  Erase();
  for (const std::string& line : lines) out_ << line << '\n';
  out_ << std::flush;
  drawn_lines_ = lines.size();
}

}  // namespace pulse::app
