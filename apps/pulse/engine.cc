#include "engine.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

#include "engine_observer.h"

#include "pulse/base/clock.h"
#include "pulse/base/signal.h"
#include "pulse/cache/memory/memory_cache.h"
#include "pulse/control/owner.h"
#include "pulse/control/runner.h"
#include "pulse/embed/hashed/hashed_embedder.h"
#include "pulse/embed/http/http_embedder.h"
#include "pulse/queue/ledger/ledger_queue.h"
#include "pulse/resilience/pause.h"
#include "pulse/secrets/vault.h"
#include "pulse/source/github/github.h"
#include "pulse/source/jira/jira.h"
#include "pulse/source/transport/http_transport.h"
#include "pulse/store/sqlite/check.h"
#include "pulse/store/sqlite/migrations.h"
#include "pulse/store/sqlite/sqlite_store.h"
#include "pulse/vectors/local/local_vectors.h"

namespace pulse::app {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:///";

/// The file behind DATABASE_URL. Errors: kInvalid (a scheme this build does not have).
Result<std::string> DatabaseFile(const config::Settings& settings) {
  if (!settings.database_url.starts_with(kSqliteScheme)) {
    return Error{
        ErrorKind::kInvalid,
        "DATABASE_URL has no scheme this program knows; use sqlite:///PATH or leave it out"
    };
  }
  return settings.database_url.substr(kSqliteScheme.size());  // Absolute with four slashes.
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

/// A source on this machine's loopback is a simulator: no other team shares it, so only its own
/// answers slow us down.
bool IsLoopback(std::string_view base_url) {
  const auto host = base_url.find("://");
  const std::string_view rest = base_url.substr(host == std::string_view::npos ? 0 : host + 3);
  return rest.starts_with("127.") || rest.starts_with("localhost") || rest.starts_with("[::1]");
}

source::LimitsPolicy LoopbackPolicy() {
  source::LimitsPolicy policy;
  policy.calls_per_second = 1e6;
  policy.burst = 1e6;
  return policy;
}

// People see at most ten updates a second; more would only cost reads.
constexpr std::chrono::milliseconds kProgressInterval{100};
// Between losing an owner and looking for the next one: longer than taking a lock and listening.
constexpr std::chrono::milliseconds kHandOverPause{20};

}  // namespace

source::Connectors NewConnectors() {
  source::Connectors connectors;
  connectors.emplace("jira", source::jira::NewJiraConnector());
  connectors.emplace("github", source::github::NewGithubConnector());
  return connectors;
}

struct Engine::Parts {
  Parts(config::Settings from, telemetry::Logger& to)
      : settings(std::move(from)),
        logger(to),
        metrics({.tenant_label_cap = settings.tenant_label_cap, .version = PULSE_VERSION}) {}

  config::Settings settings;
  telemetry::Logger& logger;
  telemetry::Metrics metrics;
  SystemClock clock;
  std::string database_path;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<secrets::Vault> vault;
  source::Connectors connectors = NewConnectors();
  std::unique_ptr<http::Client> client;           ///< For addresses tenants give.
  std::unique_ptr<http::Client> operator_client;  ///< For addresses the operator gives.
  std::unique_ptr<cache::Cache> cache;
  std::unique_ptr<source::LimitsRegistry> limits;
  std::unique_ptr<source::LimitsRegistry> loopback_limits;
  std::unique_ptr<embed::Embedder> embedder;
  std::unique_ptr<vectors::Vectors> vectors;
  std::unique_ptr<queue::Queue> queue;
  std::unique_ptr<pipeline::Environment> environment;
  std::unique_ptr<EngineObserver> observer;

  /// The pipeline while this process owns it; users count followed jobs and Run.
  struct Owned {
    std::unique_ptr<control::Runner> runner;
    std::unique_ptr<control::Ownership> ownership;
    int users = 0;
  };
  std::mutex owned_mutex;  // Guards owned; held while the runner starts or stops, never per job.
  Owned owned;

  Result<> Open();
  Result<std::unique_ptr<source::HttpTransport>> Connect(
      const model::Integration& integration, std::stop_token stop
  );
  Result<std::string> Credential(const model::Integration& integration);
  /// True when this process runs the pipeline from here on (until Leave), false when another does.
  Result<bool> Join();
  void Leave();
  Result<> Start(std::unique_ptr<control::Ownership> ownership);
};

Result<> Engine::Parts::Open() {
  PULSE_TRY(database_path, DatabaseFile(settings));
  PULSE_TRY(const auto schema, store::sqlite::SqliteSchemaState(database_path));
  if (schema.version == 0) {
    PULSE_TRY([[maybe_unused]] const auto migrated, MigrateDatabase(settings));
  }
  PULSE_TRY(store, store::sqlite::OpenSqliteStore({.path = database_path, .clock = &clock}));
  observer = std::make_unique<EngineObserver>(logger, metrics, *store);
  PULSE_TRY(vault, secrets::Vault::Open(settings.home));
  http::ClientOptions outgoing{
      .allow_private_addresses = settings.allow_private_sources,
      .ca_file = settings.ca_file,
      .user_agent = "pulse/" PULSE_VERSION,
  };
  client = http::NewClient(outgoing);
  outgoing.allow_private_addresses = true;
  operator_client = http::NewClient(outgoing);
  cache = cache::memory::NewMemoryCache();
  limits = std::make_unique<source::LimitsRegistry>(*cache, clock);
  loopback_limits = std::make_unique<source::LimitsRegistry>(*cache, clock, LoopbackPolicy());
  if (settings.embeddings_url.empty()) {
    embedder = embed::hashed::NewHashedEmbedder();
  } else {
    PULSE_TRY(
        embedder,
        embed::http::NewHttpEmbedder(
            {.base_url = settings.embeddings_url,
             .model = settings.embeddings_model,
             .api_key = settings.embeddings_api_key},
            *operator_client
        )
    );
  }
  if (settings.vectors) {
    PULSE_TRY(
        vectors,
        vectors::local::OpenLocalVectors(
            settings.home + "/vectors.db", embedder->dimensions(), embedder->model()
        )
    );
  }
  queue = queue::ledger::NewLedgerQueue();
  environment = std::make_unique<pipeline::Environment>(pipeline::Environment{
      .store = *store,
      .connectors = connectors,
      .connect = [this](const model::Integration& integration, std::stop_token stop)
          -> Result<pipeline::Environment::Wire> {
        PULSE_TRY(auto transport, Connect(integration, std::move(stop)));
        const source::HttpTransport* sent = transport.get();
        return pipeline::Environment::Wire{.transport = std::move(transport), .api_calls = [sent] {
                                             return sent->api_calls();
                                           }};
      },
      .vectors = vectors.get(),
      .embedder = *embedder,
      .clock = clock,
      .fused = settings.fused,
      .vectorize_batch = settings.vectorize_batch,
      .transform_batch = settings.claim_batch,
  });
  return {};
}

Result<std::string> Engine::Parts::Credential(const model::Integration& integration) {
  const store::SecretOwner owner{integration.tenant, integration.id};
  PULSE_TRY(const store::SealedSecret sealed, store->catalog().GetSecret(owner));
  PULSE_TRY(const secrets::Plaintext secret, vault->Open(owner, sealed));
  return std::string(secret.Reveal());
}

Result<std::unique_ptr<source::HttpTransport>> Engine::Parts::Connect(
    const model::Integration& integration, std::stop_token stop
) {
  const auto connector = connectors.find(integration.provider);
  if (connector == connectors.end()) {
    return Error{ErrorKind::kInvalid, "no connector for provider " + integration.provider};
  }
  return std::make_unique<source::HttpTransport>(
      source::HttpTransportOptions{
          .integration = integration,
          .credential = [this, integration] { return Credential(integration); },
          .stop = std::move(stop),
          .timeout = settings.http_timeout,
          .on_sent = [this](const source::SentCall& call) { observer->OnSent(call); },
      },
      *connector->second,
      *client,
      IsLoopback(integration.base_url) ? *loopback_limits : *limits,
      clock
  );
}

Result<bool> Engine::Parts::Join() {
  const std::lock_guard lock(owned_mutex);
  if (owned.users == 0) {
    PULSE_TRY(auto ownership, control::TryOwn(database_path, [this] { observer->Rung(); }));
    if (ownership == nullptr) return false;
    PULSE_CHECK(Start(std::move(ownership)));
  }
  ++owned.users;
  owned.runner->Wake();
  return true;
}

Result<> Engine::Parts::Start(std::unique_ptr<control::Ownership> ownership) {
  auto runner = std::make_unique<control::Runner>(
      *environment,
      *queue,
      *observer,
      control::RunnerOptions{
          .extract_workers = settings.concurrency,
          .load_workers = settings.fused ? 0 : 1,
          .vectorize_workers = settings.vectors ? 1 : 0,
      }
  );
  observer->Attach(runner.get(), ownership.get());
  if (auto started = runner->Start(); !started) {
    observer->Attach(nullptr, nullptr);
    return std::move(started).error();
  }
  owned.runner = std::move(runner);
  owned.ownership = std::move(ownership);
  return {};
}

void Engine::Parts::Leave() {
  const std::lock_guard lock(owned_mutex);
  if (--owned.users > 0) return;
  owned.runner->Stop();
  observer->Attach(nullptr, nullptr);
  owned.runner.reset();
  owned.ownership.reset();  // Last: a follower takes over a ledger nobody works on any more.
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Open(
    const config::Settings& settings, telemetry::Logger& logger
) {
  auto parts = std::make_unique<Parts>(settings, logger);
  PULSE_CHECK(parts->Open());
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

store::Store& Engine::store() { return *parts_->store; }
secrets::Vault& Engine::vault() { return *parts_->vault; }
const source::Connectors& Engine::connectors() { return parts_->connectors; }
vectors::Vectors* Engine::vectors() { return parts_->vectors.get(); }
embed::Embedder& Engine::embedder() { return *parts_->embedder; }
telemetry::Metrics& Engine::metrics() { return parts_->metrics; }

std::unique_ptr<source::Transport> Engine::NewTransport(
    const model::Integration& integration, std::stop_token stop
) {
  auto transport = parts_->Connect(integration, std::move(stop));
  return transport ? std::move(*transport) : nullptr;
}

namespace {

using Report = std::function<void(const store::JobProgress&)>;

/// Reads the job and reports it; the receipt once it is final.
Result<std::optional<model::Receipt>> LookAt(
    store::Store& store, TenantId tenant, JobId job, const Report& report
) {
  PULSE_TRY(const store::JobProgress progress, store.jobs().Progress(tenant, job));
  report(progress);
  if (!model::IsFinal(progress.job.status)) return std::optional<model::Receipt>();
  return std::optional<model::Receipt>(progress.receipt);
}

}  // namespace

Result<model::Receipt> Engine::Follow(
    TenantId tenant, JobId job, const Report& progress, std::stop_token stop
) {
  for (;;) {
    PULSE_TRY(const bool owner, parts_->Join());
    auto followed =
        owner ? FollowOwn(tenant, job, progress, stop) : FollowOther(tenant, job, progress, stop);
    if (owner) parts_->Leave();
    // The other owner is gone: somebody has to go on, perhaps we.
    // It may also hold the lock already and not listen yet, or not any more: give it a moment.
    if (!owner && !followed && followed.error().kind() == ErrorKind::kUnavailable) {
      PULSE_CHECK(resilience::Pause(kHandOverPause, stop));
      continue;
    }
    return followed;
  }
}

Result<model::Receipt> Engine::FollowOwn(
    TenantId tenant, JobId job, const Report& progress, const std::stop_token& stop
) {
  const Signal never;
  for (;;) {
    const std::uint64_t seen = parts_->observer->changed().version();
    const std::uint64_t ended = parts_->observer->job_finished().version();
    const auto next_look = std::chrono::steady_clock::now() + kProgressInterval;
    PULSE_TRY(auto receipt, LookAt(store(), tenant, job, progress));
    if (receipt) return *std::move(receipt);
    parts_->observer->changed().WaitBeyond(seen, std::nullopt, stop);
    parts_->observer->job_finished().WaitBeyond(ended, next_look, stop);
    if (stop.stop_requested()) return Error{ErrorKind::kCancelled, "interrupted"};
  }
}

Result<model::Receipt> Engine::FollowOther(
    TenantId tenant, JobId job, const Report& progress, const std::stop_token& stop
) {
  PULSE_TRY(const auto line, control::CallOwner(parts_->database_path));
  PULSE_CHECK(line->Ring());
  for (;;) {
    PULSE_TRY(auto receipt, LookAt(store(), tenant, job, progress));
    if (receipt) return *std::move(receipt);
    PULSE_CHECK(line->Wait(stop));
  }
}

Result<> Engine::Run(std::stop_token stop) {
  PULSE_TRY(const bool owner, parts_->Join());
  if (!owner) {
    return Error{
        ErrorKind::kConflict,
        "another process works on " + parts_->database_path + "; stop it, or use another PULSE_HOME"
    };
  }
  const Signal never;
  never.WaitBeyond(0, std::nullopt, stop);
  parts_->Leave();
  return {};
}

Result<> ForgetLocalVectors(const config::Settings& settings) {
  if (!settings.qdrant_url.empty()) return {};
  return vectors::local::RemoveLocalVectors(settings.home + "/vectors.db");
}

Result<DatabaseState> InspectDatabase(const config::Settings& settings, Look look) {
  PULSE_TRY(const std::string path, DatabaseFile(settings));
  PULSE_TRY(const auto schema, store::sqlite::SqliteSchemaState(path));
  std::error_code ignored;  // No file: no bytes.
  const auto bytes = std::filesystem::file_size(path, ignored);
  DatabaseState state{
      .schema = schema.version,
      .latest_schema = schema.latest,
      .place = path,
      .bytes = ignored ? 0 : static_cast<std::int64_t>(bytes),
      .problems = {},
  };
  if (look == Look::kDeep && schema.version > 0) {
    PULSE_TRY(state.problems, store::sqlite::CheckSqlite(path));
  }
  return state;
}

Result<DatabaseState> MigrateDatabase(const config::Settings& settings) {
  PULSE_TRY(const std::string path, DatabaseFile(settings));
  PULSE_CHECK(MakeFolderOf(path));
  if (auto migrated = store::sqlite::MigrateSqlite(path); !migrated) {
    return std::move(migrated).error();
  }
  return InspectDatabase(settings, Look::kQuick);
}

}  // namespace pulse::app
