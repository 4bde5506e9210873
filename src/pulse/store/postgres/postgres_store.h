#pragma once

/// \file
/// The production store: PostgreSQL 15. Any number of processes use one database at the same time;
/// row-level security keeps tenants apart even where a statement forgot to (roles.h). Beneath a
/// session pooler (PgBouncer) it needs session mode: it prepares statements, listens and holds
/// session locks.

#include <chrono>
#include <memory>
#include <string>

#include "pulse/base/clock.h"
#include "pulse/store/postgres/connection.h"
#include "pulse/store/store.h"

namespace pulse::store::postgres {

struct PostgresOptions {
  std::string url;  ///< postgresql://user:password@host:port/database?sslmode=…
  /// The time of rows (created_at and so on); leases run by the database's clock. Must outlive the
  /// store. Null: the system's.
  const Clock* clock = nullptr;
  /// Connections for the pipeline and the catalog; each costs the server about 10 MB. One worker
  /// thread uses one at a time.
  int pool_size = 8;
  /// Connections of their own for Tables::Select, so that people's queries never hold up the work.
  int query_pool_size = 2;
  /// How long a call waits for a free connection before it is kUnavailable.
  std::chrono::milliseconds checkout_timeout{1'000};
  std::chrono::milliseconds statement_timeout{30'000};
  std::chrono::milliseconds lock_timeout{5'000};
  /// How long one Tables::Select may run before it is kTimeout.
  std::chrono::milliseconds select_limit{30'000};
  /// Shown in pg_stat_activity.
  std::string application_name = "pulse";
  /// Counts round trips, statements and commits; must outlive the store. Null: not counted.
  Traffic* traffic = nullptr;
};

/// Opens a migrated database. Errors: kUnavailable (not reachable), kUnauthorized (login refused),
/// kInvalid (another schema than this program's, rights are missing: the message says what was
/// looked at, what was found and what to do).
Result<std::unique_ptr<Store>> OpenPostgresStore(const PostgresOptions& options);

}  // namespace pulse::store::postgres
