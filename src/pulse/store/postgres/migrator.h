#pragma once

/// \file
/// PostgresMigrator. See store/migrator.h.
///
/// What is done is written down: schema_migrations (one row per migration; number 0 stands for the
/// domain tables, its checksum is their description's) and schema_statements (one row per
/// statement). Statements of a migration run in one transaction with their journal; those marked
/// `-- concurrently` run by themselves and are journalled after they are proven (an index must be
/// valid; one that a failed build left behind is dropped and built again). So a migrator may die
/// anywhere and the next one ends at the same schema. Only one works at a time: a session advisory
/// lock that the others poll, since a session that waits inside the lock would stop CREATE INDEX
/// CONCURRENTLY of the first.
///
/// DDL waits at most `lock_timeout` for a table, because everybody who comes after waits behind it,
/// and then tries again later.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "pulse/store/migrator.h"
#include "pulse/store/postgres/connection.h"
#include "pulse/store/query.h"

namespace pulse::store::postgres {

struct MigratorOptions {
  std::string url;
  std::chrono::milliseconds lock_timeout{1'000};
  /// How long to go on trying for a table that others use.
  std::chrono::milliseconds table_wait{60'000};
  /// How long to wait for another migrator.
  std::chrono::milliseconds migrator_wait{120'000};
  /// For tests of the migrator itself: other scripts than this program's.
  std::vector<Migration> scripts{};
};

/// Errors of its calls: store/migrator.h's.
std::unique_ptr<Migrator> NewPostgresMigrator(MigratorOptions options);

/// The schema version this program makes.
int LatestSchemaVersion();

/// Whether this program can work on the schema, asked by a connection that acts as pulse_app.
/// Returns its version, which may be a newer program's. Errors: kInvalid (too old, contracted
/// beyond us, or the domain tables lack something; says what to do).
Result<int> CheckSchema(Connection& connection);

}  // namespace pulse::store::postgres
