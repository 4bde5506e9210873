#pragma once

/// \file
/// The rows a job leaves behind: the job itself, its counters, and its end. All functions work in
/// the caller's transaction; those called Queue… cost no round trip of their own.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/store/postgres/engine.h"
#include "pulse/store/unit.h"

namespace pulse::store::postgres {

/// The job in a row of a statement that selects the columns of jobs.sql's `get`.
model::Job JobOf(const Row& row);

/// Errors: kNotFound (no such job, or another tenant's).
Result<model::Job> ReadJob(Transaction& tx, TenantId tenant, JobId job);
Result<model::Job> JobOf(const Rows& rows, JobId job);

Result<model::Receipt> ReadReceipt(Transaction& tx, const model::Job& job, EpochMs now);

/// Adds to the job's counters.
void QueueCounts(
    Transaction& tx, const model::Job& job, const std::map<std::string, model::EntityCounts>& counts
);
void QueueApiCalls(
    Transaction& tx, const model::Job& job, const std::map<std::string, std::int64_t>& calls
);

/// A gap with the step that closes it when it is tried again, if any.
struct StepGap {
  std::optional<StepId> step;
  model::Gap gap;
};
void QueueGaps(Transaction& tx, const model::Job& job, std::span<const StepGap> gaps);

struct StepLetter {
  StepId step;
  NewDeadLetter letter;
};
void QueueDeadLetters(
    Transaction& tx, const model::Job& job, std::span<const StepLetter> letters, EpochMs now
);

/// Counts children in and closed steps out, sends everything and, when that leaves no step open,
/// ends the job: decides its status, adds its windows to the proven ones if everything of the pass
/// is loaded, forgets what only a running job needs. Commits. Returns the final status, or nothing
/// while steps are open.
Result<std::optional<model::Job>> CountAndCommit(
    Transaction& tx, model::Job job, std::int64_t delta, EpochMs now
);

}  // namespace pulse::store::postgres
