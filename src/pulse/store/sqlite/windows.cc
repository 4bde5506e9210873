#include "pulse/store/sqlite/windows.h"

#include <algorithm>

#include "pulse/store/sqlite/sql/windows.h"

namespace pulse::store::sqlite {
namespace {

Result<std::vector<Window>> ReadWindows(Statement row) {
  std::vector<Window> windows;
  PULSE_TRY(bool more, row.Next());
  while (more) {
    windows.push_back({std::string(row.Text(0)), std::string(row.Text(1)), row.Int(2), row.Int(3)});
    PULSE_TRY(more, row.Next());
  }
  return windows;
}

Result<> Prove(Connection& db, const model::Job& job, Window window) {
  const auto& [entity_type, scope, from, to] = window;
  {
    PULSE_TRY(
        Statement hull,
        db.Select(sql::windows::touching, job.tenant, job.integration, entity_type, scope, from, to)
    );
    PULSE_TRY(const bool found, hull.Next());
    if (found && !hull.IsNull(0)) {
      window.from = std::min(from, hull.Int(0));
      window.to = std::max(to, hull.Int(1));
    }
  }
  PULSE_CHECK(db.Do(
      sql::windows::forget_between,
      job.tenant,
      job.integration,
      entity_type,
      scope,
      window.from,
      window.to
  ));
  return db.Do(
      sql::windows::insert, job.tenant, job.integration, entity_type, scope, window.from, window.to
  );
}

}  // namespace

Result<> ProveWindows(Connection& db, const model::Job& job) {
  PULSE_TRY(Statement rows, db.Select(sql::windows::proposed, job.tenant, job.id));
  PULSE_TRY(const auto proposed, ReadWindows(std::move(rows)));
  for (const Window& window : proposed) PULSE_CHECK(Prove(db, job, window));
  return {};
}

Result<std::optional<EpochMs>> SqliteSyncWindows::Watermark(
    TenantId tenant, IntegrationId integration, std::string_view entity_type, std::string_view scope
) {
  return database_.Read([&](Connection& db) -> Result<std::optional<EpochMs>> {
    PULSE_TRY(
        Statement row, db.Select(sql::windows::watermark, tenant, integration, entity_type, scope)
    );
    PULSE_TRY(const bool found, row.Next());
    return found ? row.OptionalInt(0) : std::nullopt;
  });
}

Result<std::vector<Window>> SqliteSyncWindows::List(TenantId tenant, IntegrationId integration) {
  return database_.Read([&](Connection& db) -> Result<std::vector<Window>> {
    PULSE_TRY(Statement rows, db.Select(sql::windows::list, tenant, integration));
    return ReadWindows(std::move(rows));
  });
}

}  // namespace pulse::store::sqlite
