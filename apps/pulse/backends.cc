#include "backends.h"

#include <filesystem>

#include "pulse/cache/memory/memory_cache.h"
#include "pulse/cache/redis/redis_cache.h"
#include "pulse/embed/hashed/hashed_embedder.h"
#include "pulse/embed/http/http_embedder.h"
#include "pulse/queue/amqp/amqp_queue.h"
#include "pulse/queue/ledger/ledger_queue.h"
#include "pulse/store/postgres/check.h"
#include "pulse/store/postgres/migrator.h"
#include "pulse/store/postgres/postgres_store.h"
#include "pulse/store/postgres/security.h"
#include "pulse/store/sqlite/check.h"
#include "pulse/store/sqlite/migrations.h"
#include "pulse/store/sqlite/sqlite_store.h"
#include "pulse/vectors/local/local_vectors.h"
#include "pulse/vectors/qdrant/qdrant_vectors.h"

namespace pulse::app {
namespace {

constexpr std::string_view kSqlite = "sqlite:///";

std::string LocalVectorsFile(const config::Settings& settings) {
  return settings.home + "/vectors.db";
}

bool IsPostgres(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

/// Makes the folder of a database that does not exist yet, for this user only.
Result<> MakeFolderOf(const std::string& database) {
  const std::filesystem::path folder = std::filesystem::path(database).parent_path();
  std::error_code failed;
  if (folder.empty() || std::filesystem::exists(folder, failed)) return {};
  if (std::filesystem::create_directories(folder, failed)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  }
  if (!failed) return {};
  return Error{
      ErrorKind::kInvalid,
      "cannot make " + folder.string() + ": " + failed.message() +
          "; set PULSE_HOME to a folder you may write"
  };
}

}  // namespace

Result<std::string> DatabaseFile(const config::Settings& settings) {
  const std::string& url = settings.database_url;
  if (IsPostgres(url)) return std::string();
  if (url.starts_with(kSqlite)) return url.substr(kSqlite.size());  // Absolute: four slashes.
  return Error{
      ErrorKind::kInvalid,
      "DATABASE_URL has no scheme this program knows; use postgresql://…, sqlite:///PATH, or leave "
      "it out"
  };
}

std::string DatabasePlace(const config::Settings& settings) {
  if (auto file = DatabaseFile(settings); file && !file->empty()) return *std::move(file);
  std::string url = settings.database_url;
  const std::size_t begin = url.find("://") + 3;
  const std::size_t end = url.rfind('@', url.find_first_of("/?", begin));
  if (end == std::string::npos || end < begin) return url;
  const std::size_t colon = url.find(':', begin);
  if (colon < end) url.erase(colon, end - colon);
  return url;
}

Result<std::unique_ptr<store::Migrator>> NewMigrator(const config::Settings& settings) {
  PULSE_TRY(const std::string file, DatabaseFile(settings));
  if (file.empty()) return store::postgres::NewPostgresMigrator({.url = settings.database_url});
  PULSE_CHECK(MakeFolderOf(file));
  return store::sqlite::NewSqliteMigrator(file);
}

Result<std::vector<std::string>> CheckDatabase(const config::Settings& settings) {
  PULSE_TRY(const std::string file, DatabaseFile(settings));
  if (file.empty()) return store::postgres::CheckPostgres(settings.database_url);
  return store::sqlite::CheckSqlite(file);
}

std::vector<DatabaseFact> ExamineDatabase(const config::Settings& settings) {
  const auto file = DatabaseFile(settings);
  if (!file || !file->empty()) return {};
  const auto facts = store::postgres::ExamineSecurity(settings.database_url);
  if (!facts) return {{"database-security", false, facts.error().message(), "see `pulse doctor`"}};
  std::vector<DatabaseFact> all;
  all.reserve(facts->size());
  for (const auto& fact : *facts) all.push_back({fact.check, fact.good, fact.found, fact.fix});
  return all;
}

Result<OpenedStore> OpenStore(
    const config::Settings& settings, const Clock& clock, const std::string& process
) {
  PULSE_TRY(const std::string file, DatabaseFile(settings));
  if (file.empty()) {
    const auto traffic = std::make_shared<store::postgres::Traffic>();
    // A worker thread uses one connection at a time; six for the leader, the followers and people.
    PULSE_TRY(
        auto opened,
        store::postgres::OpenPostgresStore({
            .url = settings.database_url,
            .clock = &clock,
            .pool_size = settings.concurrency + 6,
            .application_name = process,
            .traffic = traffic.get(),
        })
    );
    return OpenedStore{
        .store = std::move(opened),
        .traffic =
            [traffic] {
              return telemetry::Metrics::StoreTraffic{
                  .round_trips = traffic->round_trips,
                  .statements = traffic->statements,
                  .commits = traffic->commits,
              };
            },
    };
  }
  PULSE_TRY(const auto migrator, NewMigrator(settings));
  PULSE_TRY(const store::SchemaState schema, migrator->Status());
  if (schema.version == 0) PULSE_CHECK(migrator->Up());
  PULSE_TRY(auto opened, store::sqlite::OpenSqliteStore({.path = file, .clock = &clock}));
  return OpenedStore{.store = std::move(opened), .traffic = [] {
                       return telemetry::Metrics::StoreTraffic{};
                     }};
}

Result<std::unique_ptr<queue::Queue>> NewQueue(
    const config::Settings& settings, telemetry::Logger& logger, const std::string& process
) {
  if (settings.queue_url == "ledger") return queue::ledger::NewLedgerQueue();
  return queue::amqp::NewAmqpQueue({
      .url = settings.queue_url,
      .ca_file = settings.ca_file,
      .connection_name = process,
      .logger = &logger,
  });
}

Result<std::unique_ptr<cache::Cache>> NewCache(const config::Settings& settings) {
  if (settings.redis_url.empty()) return cache::memory::NewMemoryCache();
  return cache::redis::NewRedisCache({.url = settings.redis_url});
}

Result<std::unique_ptr<embed::Embedder>> NewEmbedder(
    const config::Settings& settings, http::Client& operator_client
) {
  if (settings.embeddings_url.empty()) return embed::hashed::NewHashedEmbedder();
  return embed::http::NewHttpEmbedder(
      {.base_url = settings.embeddings_url,
       .model = settings.embeddings_model,
       .api_key = settings.embeddings_api_key},
      operator_client
  );
}

Result<> ForgetLocalVectors(const config::Settings& settings) {
  if (!settings.qdrant_url.empty()) return {};
  return vectors::local::RemoveLocalVectors(LocalVectorsFile(settings));
}

Result<std::unique_ptr<vectors::Vectors>> OpenVectors(
    const config::Settings& settings, const embed::Embedder& embedder, http::Client& operator_client
) {
  if (settings.qdrant_url.empty()) {
    return vectors::local::OpenLocalVectors(
        LocalVectorsFile(settings), embedder.dimensions(), embedder.model()
    );
  }
  return vectors::qdrant::OpenQdrantVectors(
      {.url = settings.qdrant_url,
       .api_key = settings.qdrant_api_key,
       .dimensions = embedder.dimensions(),
       .model = std::string(embedder.model())},
      operator_client
  );
}

}  // namespace pulse::app
