#include "pulse/store/postgres/schedules.h"

#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/schedules.h"

namespace pulse::store::postgres {
namespace {

std::vector<Schedule> SchedulesOf(const Rows& rows) {
  std::vector<Schedule> schedules;
  for (const Row row : rows) {
    schedules.push_back({
        .tenant = row.As<TenantId>(0),
        .integration = row.As<IntegrationId>(1),
        .rule = std::string(row.Text(2)),
        .options = std::string(row.Text(3)),
        .paused = row.Bool(4),
        .catch_up = row.Bool(5),
        .next_at = row.Time(6),
        .last_at = row.OptionalTime(7).value_or(0),
    });
  }
  return schedules;
}

Error NoIntegration(IntegrationId integration) {
  return Error{ErrorKind::kNotFound, "no integration " + std::to_string(integration.value())};
}

}  // namespace

Result<> PostgresSchedules::Put(const Schedule& schedule) {
  return InTransaction(engine_, schedule.tenant, [&](Transaction& tx) -> Result<> {
    PULSE_TRY(
        const Rows found, tx.Run(sql::jobs::integration, schedule.tenant, schedule.integration)
    );
    if (found.empty()) return NoIntegration(schedule.integration);
    std::optional<Instant> last;
    if (schedule.last_at != 0) last = Instant{schedule.last_at};
    tx.Queue(
        sql::schedules::put,
        schedule.tenant,
        schedule.integration,
        schedule.rule,
        schedule.options,
        schedule.paused,
        schedule.catch_up,
        Instant{schedule.next_at},
        last
    );
    return tx.Commit();
  });
}

Result<> PostgresSchedules::Remove(TenantId tenant, IntegrationId integration) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::schedules::remove, tenant, integration);
  PULSE_CHECK(tx.Commit());
  if (tx[slot].affected() == 1) return {};
  return Error{
      ErrorKind::kNotFound,
      "integration " + std::to_string(integration.value()) + " has no schedule"
  };
}

Result<std::vector<Schedule>> PostgresSchedules::List(TenantId tenant) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::schedules::list, tenant);
  PULSE_CHECK(tx.Commit());
  return SchedulesOf(tx[slot]);
}

Result<std::vector<Schedule>> PostgresSchedules::Due(EpochMs now, int limit) {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::schedules::due, Instant{now}, limit);
  PULSE_CHECK(tx.Commit());
  return SchedulesOf(tx[slot]);
}

Result<std::optional<EpochMs>> PostgresSchedules::NextDue() {
  PULSE_TRY(Transaction tx, engine_.pool.BeginPlatform());
  const auto slot = tx.Queue(sql::schedules::next_due);
  PULSE_CHECK(tx.Commit());
  return tx[slot][0].OptionalTime(0);
}

Result<> PostgresSchedules::Advance(
    TenantId tenant, IntegrationId integration, EpochMs slot, EpochMs next_at
) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  tx.Queue(sql::schedules::advance, tenant, integration, Instant{slot}, Instant{next_at});
  return tx.Commit();
}

}  // namespace pulse::store::postgres
