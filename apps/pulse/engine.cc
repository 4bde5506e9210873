#include "engine.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "backends.h"
#include "engine_observer.h"
#include "pipeline_host.h"
#include "values.h"
#include <fmt/format.h>
#include <unistd.h>

#include "pulse/base/clock.h"
#include "pulse/base/recent.h"
#include "pulse/base/signal.h"
#include "pulse/control/orders.h"
#include "pulse/control/runner.h"
#include "pulse/resilience/pause.h"
#include "pulse/secrets/vault.h"
#include "pulse/source/github/github.h"
#include "pulse/source/jira/jira.h"
#include "pulse/source/transport/http_transport.h"

namespace pulse::app {
namespace {

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
// Another process tells that something changed, not what: an end is seen at most so much later than
// it was, as a part of what the job took.
constexpr int kPartOfTime = 8;
// Between losing an owner and looking for the next one: longer than taking a lock and listening.
constexpr std::chrono::milliseconds kHandOverPause{20};

/// "pulse etl worker-1:4711": what to look for where a server lists its clients.
std::string ProcessName(std::string_view command) {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  return fmt::format("pulse {} {}:{}", command, host.data(), getpid());
}

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
  std::function<telemetry::Metrics::StoreTraffic()> traffic;  // Outlives the store it counts for.
  std::unique_ptr<store::Store> store;
  std::unique_ptr<secrets::Vault> vault;
  /// Sealed as they are stored, for a second: every call to a source asks for its credential.
  Recent<std::pair<TenantId, IntegrationId>, store::SealedSecret> sealed_secrets;
  source::Connectors connectors = NewConnectors();
  std::unique_ptr<http::Client> client;           ///< For addresses tenants give.
  std::unique_ptr<http::Client> operator_client;  ///< For addresses the operator gives.
  std::unique_ptr<cache::Cache> cache;
  std::unique_ptr<source::LimitsRegistry> limits;
  std::unique_ptr<source::LimitsRegistry> loopback_limits;
  std::unique_ptr<embed::Embedder> embedder;
  std::unique_ptr<vectors::Vectors> vectors;
  std::unique_ptr<queue::Queue> queue;
  std::unique_ptr<control::Orders> orders;
  std::unique_ptr<pipeline::Environment> environment;
  std::unique_ptr<EngineObserver> observer;

  std::unique_ptr<PipelineHost> host;  // Last: it uses all of the above.

  Result<> Open(const std::string& process);
  Result<std::unique_ptr<source::HttpTransport>> Connect(
      const model::Integration& integration, std::stop_token stop
  );
  Result<std::string> Credential(const model::Integration& integration);
  void NoteSent(const source::SentCall& call);
};

Result<> Engine::Parts::Open(const std::string& process) {
  PULSE_TRY(OpenedStore opened, OpenStore(settings, clock, process));
  traffic = std::move(opened.traffic);
  store = std::move(opened.store);
  observer = std::make_unique<EngineObserver>(logger, metrics);
  PULSE_TRY(vault, secrets::Vault::Open(settings.home));
  http::ClientOptions outgoing{
      .allow_private_addresses = settings.allow_private_sources,
      .ca_file = settings.ca_file,
      .user_agent = "pulse/" PULSE_VERSION,
  };
  client = http::NewClient(outgoing);
  outgoing.allow_private_addresses = true;
  operator_client = http::NewClient(outgoing);
  PULSE_TRY(cache, NewCache(settings));
  limits = std::make_unique<source::LimitsRegistry>(*cache, clock);
  loopback_limits = std::make_unique<source::LimitsRegistry>(*cache, clock, LoopbackPolicy());
  PULSE_TRY(embedder, NewEmbedder(settings, *operator_client));
  if (settings.vectors) {
    PULSE_TRY(vectors, OpenVectors(settings, *embedder, *operator_client));
  }
  PULSE_TRY(queue, NewQueue(settings, logger, process));
  orders = std::make_unique<control::Orders>(*store, connectors, logger);
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
      .accept_order = [this](
                          const queue::ForeignMessage& order, const pipeline::Begins& begins
                      ) { return orders->Accept(order, begins); },
      .fused = settings.fused,
      .vectorize_batch = settings.vectorize_batch,
      .transform_batch = settings.claim_batch,
  });
  PULSE_TRY(std::string database_file, DatabaseFile(settings));
  PULSE_TRY(const std::vector<model::Stage> stages, ParseStages(settings.stages));
  control::RunnerOptions runner{
      .extract_workers = settings.concurrency,
      .vectorize_workers = settings.vectors ? 1 : 0,
  };
  runner.heartbeat.sole_owner = !database_file.empty();
  runner.KeepOnly(stages);
  host = std::make_unique<PipelineHost>(
      *environment,
      *queue,
      *observer,
      PipelineHost::Options{
          .database_file = std::move(database_file),
          .runner = std::move(runner),
      }
  );
  return {};
}

Result<std::string> Engine::Parts::Credential(const model::Integration& integration) {
  const store::SecretOwner owner{integration.tenant, integration.id};
  std::optional<store::SealedSecret> sealed =
      sealed_secrets.Find({owner.tenant, owner.integration});
  if (!sealed) {
    PULSE_TRY(sealed, store->catalog().GetSecret(owner));
    sealed_secrets.Keep({owner.tenant, owner.integration}, *sealed);
  }
  PULSE_TRY(const secrets::Plaintext secret, vault->Open(owner, *sealed));
  return std::string(secret.Reveal());
}

/// What a source refused may be mended by now: the next call reads it anew.
void Engine::Parts::NoteSent(const source::SentCall& call) {
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  if (call.status == kUnauthorized || call.status == kForbidden) {
    sealed_secrets.Forget({call.integration.tenant, call.integration.id});
  }
  observer->OnSent(call);
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
          .on_sent = [this](const source::SentCall& call) { NoteSent(call); },
      },
      *connector->second,
      *client,
      IsLoopback(integration.base_url) ? *loopback_limits : *limits,
      clock
  );
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Open(
    const config::Settings& settings, telemetry::Logger& logger, std::string_view command
) {
  auto parts = std::make_unique<Parts>(settings, logger);
  PULSE_CHECK(parts->Open(ProcessName(command)));
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

store::Store& Engine::store() { return *parts_->store; }
secrets::Vault& Engine::vault() { return *parts_->vault; }
const source::Connectors& Engine::connectors() { return parts_->connectors; }
vectors::Vectors* Engine::vectors() { return parts_->vectors.get(); }
embed::Embedder& Engine::embedder() { return *parts_->embedder; }
queue::Queue& Engine::queue() { return *parts_->queue; }
cache::Cache& Engine::cache() { return *parts_->cache; }
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
    PULSE_TRY(const bool joined, parts_->host->Join(PipelineHost::Need::kSomebody));
    const bool alone = joined && parts_->host->exclusive();
    auto followed =
        alone ? FollowOwn(tenant, job, progress, stop) : FollowShared(tenant, job, progress, stop);
    if (joined) parts_->host->Leave();
    // Those who worked are gone: somebody has to go on, perhaps we.
    // An owner may also hold the lock already and not listen yet, or not any more: a moment.
    if (!alone && !followed && followed.error().kind() == ErrorKind::kUnavailable) {
      PULSE_CHECK(resilience::Pause(kHandOverPause, stop));
      continue;
    }
    return followed;
  }
}

Result<model::Receipt> Engine::FollowOwn(
    TenantId tenant, JobId job, const Report& progress, const std::stop_token& stop
) {
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

Result<model::Receipt> Engine::FollowShared(
    TenantId tenant, JobId job, const Report& progress, const std::stop_token& stop
) {
  PULSE_TRY(const auto line, parts_->host->CallPipeline());
  PULSE_CHECK(line->Ring());
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    PULSE_TRY(auto receipt, LookAt(store(), tenant, job, progress));
    if (receipt) return *std::move(receipt);
    const auto so_far = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began
    );
    PULSE_CHECK(resilience::Pause(std::min(kProgressInterval, so_far / kPartOfTime), stop));
    PULSE_CHECK(line->Wait(stop));
  }
}

void Engine::Announce() {
  if (const auto line = parts_->host->CallPipeline()) static_cast<void>((*line)->Ring());
}

void Engine::RefreshGauges() {
  parts_->metrics.SetStoreTraffic(parts_->traffic());
  const std::optional<control::Vitals> vitals = parts_->host->vitals();
  if (!vitals) return;
  telemetry::Metrics& metrics = parts_->metrics;
  metrics.SetLease(vitals->leads, vitals->lease_age);
  if (!vitals->leads) return metrics.ForgetLeadersGauges();
  const auto ready = store().dispatch().ReadyByStage();
  const auto workers = store().dispatch().LiveWorkers();
  // What cannot be read is not shown: an old number would look like a fact.
  if (!ready || !workers) return metrics.ForgetLeadersGauges();
  for (const auto& [stage, steps] : *ready) metrics.SetQueueSize(stage, steps);
  metrics.SetWorkers(*workers);
}

Result<> Engine::Run(std::stop_token stop) {
  PULSE_TRY(const bool owner, parts_->host->Join(PipelineHost::Need::kOurselves));
  if (!owner) {
    return Error{
        ErrorKind::kConflict,
        "another process works on " + DatabasePlace(parts_->settings) +
            "; stop it, or use another PULSE_HOME"
    };
  }
  const Signal never;
  never.WaitBeyond(0, std::nullopt, stop);
  parts_->host->Leave();
  return {};
}

}  // namespace pulse::app
