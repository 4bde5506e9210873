#pragma once

/// \file
/// What each setting's address names, opened. The only code of the program that names backends.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pulse/base/clock.h"
#include "pulse/cache/cache.h"
#include "pulse/config/settings.h"
#include "pulse/embed/embedder.h"
#include "pulse/http/client.h"
#include "pulse/queue/queue.h"
#include "pulse/store/migrator.h"
#include "pulse/store/store.h"
#include "pulse/telemetry/log.h"
#include "pulse/telemetry/metrics.h"
#include "pulse/vectors/vectors.h"

namespace pulse::app {

/// The file behind DATABASE_URL; empty for a database server. Errors: kInvalid (a scheme this
/// program does not know).
Result<std::string> DatabaseFile(const config::Settings& settings);

/// Where the database is, for people: without a password.
std::string DatabasePlace(const config::Settings& settings);

/// Makes the folder of an embedded database when there is none, for this user only.
Result<std::unique_ptr<store::Migrator>> NewMigrator(const config::Settings& settings);

/// Damage and counts that do not add up, one line each. Reads everything: minutes on a large one.
Result<std::vector<std::string>> CheckDatabase(const config::Settings& settings);

struct DatabaseFact {
  std::string check;
  bool good = true;
  std::string found;
  std::string fix;
};
/// What is true of a database server that matters to its security and durability: roles and
/// rights, row-level security, fsync and friends. Empty for an embedded database.
std::vector<DatabaseFact> ExamineDatabase(const config::Settings& settings);

struct OpenedStore {
  std::unique_ptr<store::Store> store;
  /// What was asked of the database server so far; zeroes for an embedded database.
  std::function<telemetry::Metrics::StoreTraffic()> traffic;
};
/// Opens a migrated database; an embedded one that is empty is migrated first. `clock` outlives the
/// store; a server shows `process` beside our connections. Errors: as OpenSqliteStore and
/// OpenPostgresStore.
Result<OpenedStore> OpenStore(
    const config::Settings& settings, const Clock& clock, const std::string& process
);

/// Connects when it is first used; connections that come and go are logged. `logger` outlives the
/// queue; a broker shows `process` beside our connections.
Result<std::unique_ptr<queue::Queue>> NewQueue(
    const config::Settings& settings, telemetry::Logger& logger, const std::string& process
);
Result<std::unique_ptr<cache::Cache>> NewCache(const config::Settings& settings);
/// `operator_client` may reach private addresses and outlives what is returned.
Result<std::unique_ptr<embed::Embedder>> NewEmbedder(
    const config::Settings& settings, http::Client& operator_client
);
/// Deletes the built-in vector store with the points of all tenants; nothing when Qdrant keeps
/// them. No process may have it open.
Result<> ForgetLocalVectors(const config::Settings& settings);
Result<std::unique_ptr<vectors::Vectors>> OpenVectors(
    const config::Settings& settings, const embed::Embedder& embedder, http::Client& operator_client
);

}  // namespace pulse::app
