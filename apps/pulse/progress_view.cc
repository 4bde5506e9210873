#include "progress_view.h"

#include <algorithm>
#include <cmath>

#include "text_table.h"
#include <fmt/format.h>

#include "pulse/base/time.h"

namespace pulse::app {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

std::string Colored(std::string text, std::string_view code, bool color) {
  if (!color || text.empty()) return text;
  return "\x1b[" + std::string(code) + "m" + text + std::string(kReset);
}

std::string_view ColorOf(model::JobStatus status) {
  switch (status) {
    case model::JobStatus::kFinished:
      return "32";
    case model::JobStatus::kPartial:
    case model::JobStatus::kCancelled:
      return "33";
    case model::JobStatus::kFailed:
      return "31";
    case model::JobStatus::kQueued:
    case model::JobStatus::kRunning:
      break;
  }
  return "36";
}

std::int64_t KnownSteps(const store::StageProgress& stage) {
  return stage.ready + stage.running + stage.done + stage.failed;
}

/// "13:41:07" of an instant, UTC.
std::string ClockTime(EpochMs instant) { return FormatInstant(instant).substr(11, 8); }

std::string WaitingText(const JobView& view, EpochMs now) {
  const EpochMs until = *view.progress.waiting_until;
  const auto seconds = std::max<std::int64_t>(0, (until - now + 999) / 1000);
  std::string text = fmt::format(
      "waiting on {} until {}Z ({} s)", view.source, ClockTime(until), WithThousands(seconds)
  );
  if (!view.progress.waiting_reason.empty()) text += ": " + view.progress.waiting_reason;
  return text;
}

double SecondsOf(const store::JobProgress& progress, EpochMs now) {
  const model::Job& job = progress.job;
  const EpochMs start = job.started_at.value_or(job.created_at);
  return static_cast<double>(std::max<EpochMs>(0, job.finished_at.value_or(now) - start)) / 1000;
}

std::string RecordsText(const RecordCount& count) {
  std::string text = WithThousands(count.done);
  if (count.total > 0) text += "/" + WithThousands(count.total);
  return text + " records";
}

/// Rate and time to go, or how long it took.
std::string PaceText(const JobView& view, const RecordCount& count, EpochMs now) {
  if (model::IsFinal(view.progress.job.status)) {
    return "in " + HumanSeconds(SecondsOf(view.progress, now));
  }
  if (view.records_per_second < 0.05) return "";
  std::string text = view.records_per_second < 10
                         ? fmt::format("{:.1f}/s", view.records_per_second)
                         : WithThousands(std::llround(view.records_per_second)) + "/s";
  if (count.total > count.done) {
    const double left = static_cast<double>(count.total - count.done) / view.records_per_second;
    text += "  ETA " + HumanSeconds(left);
  }
  return text;
}

std::string StageLine(const store::StageProgress& stage, const ProgressStyle& style) {
  const std::int64_t known = KnownSteps(stage);
  // Name, brackets and counts take about 50 cells; the bar gets what is left.
  const std::size_t cells = std::clamp<std::size_t>(style.width > 56 ? style.width - 56 : 0, 8, 24);
  std::string line = fmt::format(
      "  {:<10} {}  {}/{} steps",
      model::Name(stage.stage),
      Bar(stage.done, known, cells),
      WithThousands(stage.done),
      WithThousands(known)
  );
  if (stage.failed > 0) line += fmt::format("  {} failed", WithThousands(stage.failed));
  return FitWidth(line, style.width);
}

/// The furthest stage with something running: what the job is at, in a word.
std::string_view BusiestStage(const store::JobProgress& progress) {
  std::string_view name;
  std::int64_t most = 0;
  for (const store::StageProgress& stage : progress.stages) {
    if (stage.running >= most && stage.running > 0) {
      most = stage.running;
      name = model::Name(stage.stage);
    }
  }
  return name;
}

std::string Heading(const JobView& view, const ProgressStyle& style) {
  const RecordCount count = CountRecords(view.progress.receipt);
  std::string line = fmt::format(
      "job {}  {}  {}  {}",
      view.progress.job.id.value(),
      view.label,
      model::Name(view.progress.job.status),
      RecordsText(count)
  );
  const std::string pace = PaceText(view, count, style.now);
  if (!pace.empty()) line += "  " + pace;
  return Colored(FitWidth(line, style.width), ColorOf(view.progress.job.status), style.color);
}

std::string OneLine(const JobView& view, const ProgressStyle& style) {
  const RecordCount count = CountRecords(view.progress.receipt);
  const bool over = model::IsFinal(view.progress.job.status);
  std::string line = fmt::format(
      "{:<20} {}  {}  {}",
      view.label,
      over ? Bar(1, 1, 20) : Bar(count.done, count.total, 20),
      RecordsText(count),
      PaceText(view, count, style.now)
  );
  if (over) {
    line += "  " + std::string(model::Name(view.progress.job.status));
  } else if (view.progress.waiting_until) {
    line += "  " + WaitingText(view, style.now);
  } else {
    line += "  " + std::string(BusiestStage(view.progress));
  }
  return Colored(FitWidth(line, style.width), ColorOf(view.progress.job.status), style.color);
}

std::string FinalLine(const JobView& view, EpochMs now) {
  const RecordCount count = CountRecords(view.progress.receipt);
  std::string line = fmt::format(
      "{} in {}: {}",
      model::Name(view.progress.job.status),
      HumanSeconds(SecondsOf(view.progress, now)),
      RecordsText(count)
  );
  if (!view.progress.job.error.empty()) line += "; " + view.progress.job.error;
  return line;
}

}  // namespace

RecordCount CountRecords(const model::Receipt& receipt) {
  RecordCount counted;   // entities whose total the source told
  std::int64_t all = 0;  // everything that came
  for (const auto& [name, counts] : receipt.entities) {
    const std::int64_t done =
        counts.inserted + counts.updated + counts.unchanged + counts.quarantined;
    all += done;
    if (counts.source) {
      counted.done += done;
      counted.total += *counts.source;
    }
  }
  return counted.total > 0 ? counted : RecordCount{.done = all, .total = 0};
}

std::string Bar(std::int64_t done, std::int64_t of, std::size_t cells) {
  const double part =
      of <= 0 ? 0 : std::clamp(static_cast<double>(done) / static_cast<double>(of), 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(cells));
  const bool head = full > 0 && full < cells;
  return "[" + std::string(head ? full - 1 : full, '=') + (head ? ">" : "") +
         std::string(cells - full, '-') + "]";
}

std::vector<std::string> RenderJob(const JobView& view, const ProgressStyle& style) {
  if (style.detail == Detail::kOneLine) return {OneLine(view, style)};
  std::vector<std::string> lines = {Heading(view, style)};
  for (const store::StageProgress& stage : view.progress.stages) {
    if (KnownSteps(stage) > 0) lines.push_back(StageLine(stage, style));
  }
  if (view.progress.waiting_until && !model::IsFinal(view.progress.job.status)) {
    lines.push_back(
        Colored(FitWidth("  " + WaitingText(view, style.now), style.width), "33", style.color)
    );
  }
  return lines;
}

std::vector<std::string> ChangeLines(const JobView* before, const JobView& view, EpochMs now) {
  const store::JobProgress& progress = view.progress;
  const std::string who = fmt::format("job {} {}: ", progress.job.id.value(), view.label);
  std::vector<std::string> lines;
  const bool status_changed =
      before == nullptr || before->progress.job.status != progress.job.status;
  if (model::IsFinal(progress.job.status)) {
    if (status_changed) lines.push_back(who + FinalLine(view, now));
    return lines;
  }
  if (status_changed) lines.push_back(who + std::string(model::Name(progress.job.status)));

  for (const store::StageProgress& stage : progress.stages) {
    const auto same = [&](const store::StageProgress& other) { return other.stage == stage.stage; };
    std::int64_t known_before = 0;
    std::int64_t failed_before = 0;
    if (before != nullptr) {
      const auto at = std::ranges::find_if(before->progress.stages, same);
      if (at != before->progress.stages.end()) {
        known_before = KnownSteps(*at);
        failed_before = at->failed;
      }
    }
    const std::string_view name = model::Name(stage.stage);
    if (known_before == 0 && KnownSteps(stage) > 0)
      lines.push_back(fmt::format("{}{} begins", who, name));
    if (stage.failed > failed_before) {
      lines.push_back(fmt::format("{}{} steps of {} failed", who, stage.failed, name));
    }
  }

  const bool waited = before != nullptr && before->progress.waiting_until.has_value();
  if (progress.waiting_until.has_value()) {
    if (!waited || *progress.waiting_until != *before->progress.waiting_until) {
      lines.push_back(who + WaitingText(view, now));
    }
  } else if (waited) {
    lines.push_back(who + "goes on");
  }
  return lines;
}

void RateMeter::Add(std::chrono::steady_clock::time_point at, std::int64_t count) {
  // Five seconds: shorter jumps with every page, longer shows the past.
  constexpr std::chrono::seconds kWindow{5};
  samples_.push_back({at, count});
  while (samples_.size() > 2 && at - samples_.front().at > kWindow) samples_.pop_front();
}

double RateMeter::PerSecond() const {
  if (samples_.size() < 2) return 0;
  const std::chrono::duration<double> elapsed = samples_.back().at - samples_.front().at;
  if (elapsed.count() <= 0) return 0;
  const auto records = static_cast<double>(samples_.back().count - samples_.front().count);
  return std::max(0.0, records / elapsed.count());
}

}  // namespace pulse::app
