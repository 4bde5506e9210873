#pragma once

/// \file
/// Coverage: what an integration still lacks. Holes lie between two proven windows; open gaps are
/// those of jobs that no later job made up for.

#include <span>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/store/jobs.h"

namespace pulse::control {

/// The stretches between the windows of one (entity type, scope). `windows` as SyncWindows::List
/// gives them. Before the first and after the last there is no hole: nobody asked for that yet.
std::vector<store::Window> HolesIn(std::span<const store::Window> windows);

struct TimeRange {
  EpochMs from = 0;
  EpochMs to = 0;
};
/// Ranges that cover all of the holes, disjoint and in order: one backfill each.
std::vector<TimeRange> RangesOf(std::span<const store::Window> holes);

/// Whether what `later` read includes what `earlier` was asked for: then a flawless later job
/// closes the gaps of the earlier one.
bool MakesUpFor(const model::Job& later, const model::Job& earlier);

/// A job that did not get everything, and that no later one made up for.
struct OpenJob {
  model::Job job;
  std::vector<model::Gap> gaps;
  std::int64_t failed_steps = 0;
};
/// The newest first; looks at the integration's last 50 jobs. Jobs under way count as open only
/// when they end. Errors: as Jobs.
Result<std::vector<OpenJob>> OpenJobs(
    store::Jobs& jobs, TenantId tenant, IntegrationId integration
);

}  // namespace pulse::control
