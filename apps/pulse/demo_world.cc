#include "demo_world.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "planted_fault.h"
#include "receipt_text.h"
#include "values.h"

#include "pulse/secrets/vault.h"
#include "pulse/simulate/faults.h"

namespace pulse::app {
namespace {

struct DemoTenant {
  std::string_view name;
  std::uint64_t seed;
};
/// Different seeds: the same ids and keys with other contents, so that a leak would show.
constexpr DemoTenant kTenants[] = {{"acme", 1}, {"globex", 2}};

/// The simulators take any credential; it is sealed and sent like a real one.
constexpr std::string_view kToken = "demo-token";

simulate::SimulateOptions WorldOf(const DemoTenant& tenant, const DemoSize& size) {
  simulate::SimulateOptions options;
  options.seed = tenant.seed;
  options.issues = size.issues;
  options.prs = size.prs;
  // Transport faults are 2 % of calls together; a broken record stays broken in every run.
  options.faults = {{"429", 0.5}, {"502", 0.5}, {"reset", 0.5}, {"cut", 0.5}, {"bad-record", 0.2}};
  return options;
}

/// Where the tenant's simulator listened last time; 0 when there was none.
std::uint16_t LastPort(const std::vector<model::Integration>& integrations) {
  for (const model::Integration& integration : integrations) {
    const std::size_t colon = integration.base_url.rfind(':');
    const auto port =
        ParseCount("port", std::string_view(integration.base_url).substr(colon + 1), 1, 65535);
    if (port) return static_cast<std::uint16_t>(*port);
  }
  return 0;
}

Result<std::unique_ptr<simulate::Simulator>> StartAt(
    std::uint16_t port, simulate::SimulateOptions options
) {
  options.port = port;
  auto simulator = simulate::StartSimulator(options);
  if (simulator || port == 0) return simulator;
  options.port = 0;  // somebody else has it by now
  return simulate::StartSimulator(std::move(options));
}

Result<model::Tenant> FindOrCreate(store::Catalog& catalog, std::string_view name) {
  auto tenant = catalog.FindTenant(name);
  if (tenant || tenant.error().kind() != ErrorKind::kNotFound) return tenant;
  return catalog.CreateTenant(name);
}

Result<model::Integration> PutIntegration(
    Engine& engine,
    const model::Tenant& tenant,
    const std::vector<model::Integration>& existing,
    const std::string& provider,
    const std::string& url
) {
  model::Integration wanted;
  wanted.tenant = tenant.id;
  wanted.name = provider + "-main";
  wanted.provider = provider;
  if (provider == "jira") wanted.account = "bot@" + tenant.name + ".example";
  for (const model::Integration& integration : existing) {
    if (integration.name == wanted.name) wanted = integration;
  }
  if (wanted.id && wanted.base_url == url) return wanted;
  wanted.base_url = url;
  PULSE_TRY(model::Integration kept, engine.store().catalog().PutIntegration(wanted));
  const store::SecretOwner owner{tenant.id, kept.id};
  PULSE_TRY(const store::SealedSecret sealed, engine.vault().Seal(owner, kToken));
  PULSE_CHECK(engine.store().catalog().PutSecret(owner, sealed));
  return kept;
}

Result<> PrepareTenant(
    Engine& engine, const DemoTenant& demo, const DemoSize& size, DemoWorld& world
) {
  store::Catalog& catalog = engine.store().catalog();
  PULSE_TRY(const model::Tenant tenant, FindOrCreate(catalog, demo.name));
  PULSE_TRY(const auto existing, catalog.ListIntegrations(tenant.id));
  PULSE_TRY(auto simulator, StartAt(LastPort(existing), WorldOf(demo, size)));
  const std::string url = "http://127.0.0.1:" + std::to_string(simulator->port());
  world.simulators.push_back(std::move(simulator));
  for (const char* provider : {"jira", "github"}) {
    PULSE_TRY(
        model::Integration integration, PutIntegration(engine, tenant, existing, provider, url)
    );
    world.integrations.push_back({tenant, std::move(integration)});
  }
  return {};
}

using IsPlanted = std::function<bool(const store::NewDeadLetter&)>;

/// Tells the records the simulator broke from all others: the fault is a function of seed and id.
Result<IsPlanted> BrokenOnPurpose(const DemoIntegration& part) {
  const auto tenant = std::ranges::find(kTenants, part.tenant.name, &DemoTenant::name);
  const simulate::SimulateOptions world = WorldOf(*tenant, {});
  PULSE_TRY(
      std::shared_ptr<simulate::FaultPlan> plan, simulate::FaultPlan::Make(world.seed, world.faults)
  );
  return IsPlanted([plan, github = part.integration.provider == "github"](const auto& letter) {
    return IsPlantedFault(*plan, github, letter);
  });
}

}  // namespace

Result<DemoSize> ReadDemoSize(const Invocation& call) {
  DemoSize size;
  PULSE_TRY(size.issues, ParseCount("--issues", call.Value("issues", "1500"), 1, 1'000'000));
  PULSE_TRY(size.prs, ParseCount("--prs", call.Value("prs", "400"), 1, 1'000'000));
  return size;
}

config::Settings DemoSettings(const config::Settings& settings) {
  config::Settings demo = settings;
  demo.home = settings.home + "/demo";
  demo.database_url = "sqlite:///" + demo.home + "/pulse.db";
  demo.queue_url = "ledger";
  demo.redis_url.clear();
  demo.qdrant_url.clear();
  demo.embeddings_url.clear();
  demo.allow_private_sources = true;
  demo.vectors = true;
  // Without one of its stages the demo would wait for somebody else to do the rest.
  const auto stages = std::ranges::find(config::Rows(), "stages", &config::Row::name);
  demo.stages = stages->default_text;
  demo.ca_file.clear();  // nothing here speaks TLS
  return demo;
}

Result<DemoWorld> PrepareDemo(Engine& engine, const DemoSize& size) {
  DemoWorld world;
  for (const DemoTenant& tenant : kTenants) {
    PULSE_CHECK(PrepareTenant(engine, tenant, size, world));
  }
  return world;
}

Result<DemoVerdict> JudgeDemo(
    Engine& engine, const DemoIntegration& part, const model::Receipt& receipt
) {
  DemoVerdict verdict;
  store::DeadLetterFilter filter;
  filter.integration = part.integration.id;
  filter.limit = 100000;
  PULSE_TRY(const auto letters, engine.store().dead_letters().List(part.tenant.id, filter));
  PULSE_TRY(const auto broken, BrokenOnPurpose(part));
  std::int64_t others = 0;
  std::string example;
  for (const store::DeadLetter& letter : letters) {
    if (broken(letter.letter)) {
      ++verdict.planted;
    } else {
      ++others;
      example = letter.letter.message;
    }
  }
  const bool ended_well =
      receipt.status == model::JobStatus::kFinished || receipt.status == model::JobStatus::kPartial;
  if (!ended_well) {
    verdict.problem = "the job is " + std::string(model::Name(receipt.status));
  } else if (others > 0) {
    verdict.problem = std::to_string(others) + " dead letters were not planted, e.g. " + example;
  } else if (!AddsUp(receipt)) {
    verdict.problem = "the receipt does not add up: " + ReceiptLine(receipt);
  }
  return verdict;
}

}  // namespace pulse::app
