#pragma once

/// \file
/// The rows a job leaves behind: the job itself, its counters, and its end. All functions run in
/// the caller's transaction.

#include <optional>
#include <string_view>

#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/unit.h"

namespace pulse::store::sqlite {

/// Errors: kNotFound (no such job, or another tenant's).
Result<model::Job> ReadJob(Connection& db, TenantId tenant, JobId job);

/// The job in the current row of a statement that selects the columns of jobs.sql's `get`.
model::Job JobOf(const Statement& row);

/// Adds to the job's counters of one entity type; makes the row when it is the first time.
Result<> AddCounts(
    Connection& db,
    const model::Job& job,
    std::string_view entity_type,
    const model::EntityCounts& delta
);

Result<> AddGap(
    Connection& db, const model::Job& job, std::optional<StepId> step, const model::Gap& gap
);

/// Sets a record, page or step aside. Returns whether the receipt counts it: once per record and
/// job.
Result<bool> AddDeadLetter(
    Connection& db, const model::Job& job, StepId step, const NewDeadLetter& letter, EpochMs now
);

/// Counts children in and closed steps out.
Result<> AddOpenSteps(Connection& db, const model::Job& job, std::int64_t delta);

Result<model::Receipt> ReadReceipt(Connection& db, const model::Job& job, EpochMs now);

/// Ends the job when its last step is closed: decides its status, resolves pull-request links,
/// moves the watermarks if everything of the pass is loaded, and forgets what only a running job
/// needs. Returns the job as it ended, or nothing while steps are open.
Result<std::optional<model::Job>> FinishIfDone(
    Connection& db, TenantId tenant, JobId job, EpochMs now
);

}  // namespace pulse::store::sqlite
