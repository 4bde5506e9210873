#include "pulse/store/postgres/cancel.h"

#include "pulse/store/postgres/receipts.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/steps.h"

namespace pulse::store::postgres {

// Steps are locked before jobs, everywhere. So: the steps that are ready now, then the job, and
// once more the steps that became ready before its row was locked. Whoever makes a step ready after
// that finds the cancellation in the job's row.
Result<std::optional<model::Job>> CancelReadySteps(Engine& engine, TenantId tenant, JobId id) {
  const EpochMs now = engine.clock.Now();
  return InTransaction(engine, tenant, [&](Transaction& tx) -> Result<std::optional<model::Job>> {
    const auto first = tx.Queue(sql::steps::cancel_ready, tenant, id, Instant{now});
    tx.Queue(sql::jobs::request_cancel, tenant, id);
    const auto second = tx.Queue(sql::steps::cancel_ready, tenant, id, Instant{now});
    PULSE_TRY(const model::Job job, ReadJob(tx, tenant, id));
    if (model::IsFinal(job.status)) {  // Too late, and that is no error.
      PULSE_CHECK(tx.Commit());
      return std::optional<model::Job>();
    }
    const std::int64_t cancelled = tx[first].affected() + tx[second].affected();
    return CountAndCommit(tx, job, -cancelled, now);
  });
}

}  // namespace pulse::store::postgres
