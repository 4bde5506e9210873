#include "pulse/store/sqlite/schedules.h"

#include "pulse/store/sqlite/sql/catalog.h"
#include "pulse/store/sqlite/sql/schedules.h"

namespace pulse::store::sqlite {
namespace {

Result<std::vector<Schedule>> ReadSchedules(Statement row) {
  std::vector<Schedule> schedules;
  PULSE_TRY(bool more, row.Next());
  while (more) {
    schedules.push_back({
        .tenant = row.As<TenantId>(0),
        .integration = row.As<IntegrationId>(1),
        .rule = std::string(row.Text(2)),
        .options = std::string(row.Text(3)),
        .paused = row.Int(4) != 0,
        .catch_up = row.Int(5) != 0,
        .next_at = row.Int(6),
        .last_at = row.Int(7),
    });
    PULSE_TRY(more, row.Next());
  }
  return schedules;
}

}  // namespace

Result<> SqliteSchedules::Put(const Schedule& schedule) {
  return database_.Write([&](Connection& db) -> Result<> {
    {
      PULSE_TRY(
          Statement row,
          db.Select(sql::catalog::get_integration, schedule.tenant, schedule.integration)
      );
      PULSE_TRY(const bool found, row.Next());
      if (!found) {
        return Error{
            ErrorKind::kNotFound, "no integration " + std::to_string(schedule.integration.value())
        };
      }
    }
    return db.Do(
        sql::schedules::put,
        schedule.tenant,
        schedule.integration,
        schedule.rule,
        schedule.options,
        schedule.paused,
        schedule.catch_up,
        schedule.next_at,
        schedule.last_at
    );
  });
}

Result<> SqliteSchedules::Remove(TenantId tenant, IntegrationId integration) {
  return database_.Write([&](Connection& db) -> Result<> {
    PULSE_TRY(const int removed, db.Run(sql::schedules::remove, tenant, integration));
    if (removed == 1) return {};
    return Error{
        ErrorKind::kNotFound,
        "integration " + std::to_string(integration.value()) + " has no schedule"
    };
  });
}

Result<std::vector<Schedule>> SqliteSchedules::List(TenantId tenant) {
  return database_.Read([&](Connection& db) -> Result<std::vector<Schedule>> {
    PULSE_TRY(Statement row, db.Select(sql::schedules::list, tenant));
    return ReadSchedules(std::move(row));
  });
}

Result<std::vector<Schedule>> SqliteSchedules::Due(EpochMs now, int limit) {
  return database_.Read([&](Connection& db) -> Result<std::vector<Schedule>> {
    PULSE_TRY(Statement row, db.Select(sql::schedules::due, now, limit));
    return ReadSchedules(std::move(row));
  });
}

Result<std::optional<EpochMs>> SqliteSchedules::NextDue() {
  return database_.Read([](Connection& db) -> Result<std::optional<EpochMs>> {
    PULSE_TRY(Statement row, db.Select(sql::schedules::next_due));
    PULSE_TRY(const bool found, row.Next());
    return found ? row.OptionalInt(0) : std::nullopt;
  });
}

Result<> SqliteSchedules::Advance(
    TenantId tenant, IntegrationId integration, EpochMs slot, EpochMs next_at
) {
  return database_.Write([&](Connection& db) {
    return db.Do(sql::schedules::advance, tenant, integration, slot, next_at);
  });
}

}  // namespace pulse::store::sqlite
