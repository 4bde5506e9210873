#include "pulse/control/coverage.h"

#include <algorithm>

namespace pulse::control {
namespace {

constexpr int kJobsLookedAt = 50;

bool SameStretch(const store::Window& one, const store::Window& other) {
  return one.entity_type == other.entity_type && one.scope == other.scope;
}

/// An empty list means every entity type.
bool Includes(const std::vector<std::string>& later, const std::vector<std::string>& earlier) {
  if (later.empty()) return true;
  return !earlier.empty() && std::ranges::includes(later, earlier);
}

bool ReadsTheTimeOf(const model::JobOptions& later, const model::JobOptions& earlier) {
  if (later.full) return true;
  if (earlier.full) return !later.since && !later.until;  // It began where all was proven.
  if (earlier.until) {
    return later.until && later.since.value_or(0) <= earlier.since.value_or(0) &&
           *later.until >= *earlier.until;
  }
  if (later.until) return false;
  return !later.since || (earlier.since && *later.since <= *earlier.since);
}

}  // namespace

std::vector<store::Window> HolesIn(std::span<const store::Window> windows) {
  std::vector<store::Window> holes;
  for (std::size_t i = 1; i < windows.size(); ++i) {
    const store::Window& before = windows[i - 1];
    const store::Window& after = windows[i];
    if (!SameStretch(before, after) || before.to >= after.from) continue;
    holes.push_back({before.entity_type, before.scope, before.to, after.from});
  }
  return holes;
}

std::vector<TimeRange> RangesOf(std::span<const store::Window> holes) {
  std::vector<TimeRange> ranges;
  for (const store::Window& hole : holes) ranges.push_back({hole.from, hole.to});
  std::ranges::sort(ranges, {}, &TimeRange::from);
  std::vector<TimeRange> merged;
  for (const TimeRange& range : ranges) {
    if (!merged.empty() && range.from <= merged.back().to) {
      merged.back().to = std::max(merged.back().to, range.to);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

bool MakesUpFor(const model::Job& later, const model::Job& earlier) {
  const model::JobOptions& a = later.options;
  const model::JobOptions& b = earlier.options;
  if (a.replay != b.replay) return false;
  if (a.replay || !a.query.empty() || !b.query.empty()) return a.ToJson() == b.ToJson();
  if ((b.census || b.full) && !(a.census || a.full)) return false;
  return Includes(a.entities, b.entities) && ReadsTheTimeOf(a, b);
}

Result<std::vector<OpenJob>> OpenJobs(
    store::Jobs& jobs, TenantId tenant, IntegrationId integration
) {
  PULSE_TRY(const auto recent, jobs.List(tenant, integration, kJobsLookedAt));
  std::vector<OpenJob> open;
  std::vector<model::Job> flawless;
  for (const model::Job& job : recent) {
    if (!model::IsFinal(job.status) || job.status == model::JobStatus::kCancelled) continue;
    PULSE_TRY(const store::JobProgress progress, jobs.Progress(tenant, job.id));
    std::int64_t failed = 0;
    for (const store::StageProgress& stage : progress.stages) failed += stage.failed;
    if (failed == 0 && progress.receipt.gaps.empty()) {
      flawless.push_back(job);
      continue;
    }
    const bool made_up = std::ranges::any_of(flawless, [&](const model::Job& later) {
      return MakesUpFor(later, job);
    });
    if (!made_up) open.push_back({job, progress.receipt.gaps, failed});
  }
  return open;
}

}  // namespace pulse::control
