#pragma once

/// \file
/// How a running job looks: bars for a terminal, one plain line per change elsewhere. Pure.

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/store/jobs.h"

namespace pulse::app {

/// One job as it is shown.
struct JobView {
  std::string label;   ///< "acme/jira-main"
  std::string source;  ///< "jira": what a waiting job waits on.
  store::JobProgress progress;
  double records_per_second = 0;
};

/// Primary records dealt with so far, and how many the source says there are (0: not known yet).
struct RecordCount {
  std::int64_t done = 0;
  std::int64_t total = 0;
};
RecordCount CountRecords(const model::Receipt& receipt);

enum class Detail : unsigned char { kOneLine, kStages };

struct ProgressStyle {
  std::size_t width = 80;
  Detail detail = Detail::kStages;
  EpochMs now = 0;
  bool color = false;
};

/// `[=====---]`, `cells` wide without the brackets; `of` 0: nothing done.
std::string Bar(std::int64_t done, std::int64_t of, std::size_t cells);

/// The lines of one job, each at most `width` cells wide.
std::vector<std::string> RenderJob(const JobView& view, const ProgressStyle& style);

/// What changed since `before` (null: everything is new), one line each; empty when nothing that
/// people would call a change did.
std::vector<std::string> ChangeLines(const JobView* before, const JobView& view, EpochMs now);

/// Records per second over the last few seconds.
class RateMeter {
 public:
  void Add(std::chrono::steady_clock::time_point at, std::int64_t count);
  double PerSecond() const;

 private:
  struct Sample {
    std::chrono::steady_clock::time_point at;
    std::int64_t count;
  };
  std::deque<Sample> samples_;
};

}  // namespace pulse::app
