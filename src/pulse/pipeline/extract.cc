#include "pulse/base/failpoint.h"
#include "pulse/pipeline/params.h"
#include "pulse/pipeline/stage.h"

namespace pulse::pipeline {

store::Unit UnitFor(const std::vector<model::Step>& steps) {
  store::Unit unit;
  unit.tenant = steps.front().tenant;
  unit.integration = steps.front().integration;
  unit.job = steps.front().job;
  for (const model::Step& step : steps) unit.done.push_back({step.id, step.epoch});
  return unit;
}

namespace {

/// The root step of a job that asks the source nothing: stored pages are transformed again.
constexpr std::string_view kReplay = "replay";

class ExtractStage final : public Stage {
 public:
  explicit ExtractStage(Environment& environment) : env_(environment) {}

  int max_batch() const override { return 1; }

  Result<std::unique_ptr<Work>> Run(const Claimed& claimed, const std::stop_token& stop) override {
    const model::Step& step = claimed.steps.front();
    auto work = std::make_unique<Work>();
    work->unit = UnitFor(claimed.steps);
    if (step.entity_type == kReplay) {
      PULSE_CHECK(Replay(step, work->unit));
    } else {
      PULSE_CHECK(Fetch(step, stop, work->unit));
    }
    return work;
  }

 private:
  Result<> Fetch(const model::Step& step, const std::stop_token& stop, store::Unit& unit) {
    PULSE_TRY(const model::Integration integration, IntegrationOf(step));
    if (integration.state == model::IntegrationState::kNeedsAttention) {
      return Error{
          ErrorKind::kUnauthorized, "integration needs attention: " + integration.state_reason
      };
    }
    const auto connector = env_.connectors.find(integration.provider);
    if (connector == env_.connectors.end()) {
      return Error{ErrorKind::kInvalid, "no connector for provider " + integration.provider};
    }
    PULSE_TRY(const Environment::Wire wire, env_.connect(integration, stop));
    PULSE_TRY(
        source::Fetched fetched,
        connector->second->Fetch(RequestFor(step, integration), *wire.transport)
    );
    PULSE_FAILPOINT("k4_response_complete");
    for (store::NewRawPage& page : fetched.pages) {
      page.transform_version = connector->second->transform_version();
    }
    unit.raw_pages = std::move(fetched.pages);
    unit.children = std::move(fetched.next);
    unit.census = std::move(fetched.census);
    unit.windows = std::move(fetched.windows);
    unit.gaps = std::move(fetched.gaps);
    unit.census_ids = std::move(fetched.census_ids);
    unit.vanished = std::move(fetched.vanished);
    unit.vectorize_batch = env_.rows_per_vectorize_step();
    unit.api_calls = wire.api_calls();
    return {};
  }

  Result<model::Integration> IntegrationOf(const model::Step& step) {
    const std::pair key{step.tenant, step.integration};
    if (auto known = env_.recent->Find(key)) return *std::move(known);
    PULSE_TRY(
        model::Integration integration,
        env_.store.catalog().GetIntegration(step.tenant, step.integration)
    );
    if (integration.state == model::IntegrationState::kActive) {
      env_.recent->Keep(key, integration);
    }
    return integration;
  }

  source::FetchRequest RequestFor(const model::Step& step, const model::Integration& integration) {
    return {
        .integration = integration,
        .options = step.options,
        .entity_type = step.entity_type,
        .params = step.params,
        .attempt = step.attempts,
        .now = env_.clock.Now(),
        .watermark =
            [this, tenant = step.tenant, id = step.integration](
                std::string_view entity_type, std::string_view scope
            ) { return env_.store.sync_windows().Watermark(tenant, id, entity_type, scope); },
        .missing = [this, tenant = step.tenant, id = step.job](
                       std::string_view entity_type, int limit
                   ) { return env_.store.ledger().ReadMissing(tenant, id, entity_type, limit); },
        .absent =
            [this, tenant = step.tenant, id = step.integration](
                std::string_view entity_type, const std::vector<std::string>& external_ids
            ) { return env_.store.ledger().ReadAbsent(tenant, id, entity_type, external_ids); },
    };
  }

  /// Pages by name, or the newest of every request. One transform step per page: the ledger then
  /// hands several of a kind to a worker at once.
  Result<> Replay(const model::Step& step, store::Unit& unit) {
    if (const auto named = RawIdsOf(step.params)) {
      PULSE_TRY(const auto pages, env_.store.raw_pages().Read(step.tenant, *named));
      for (const store::RawPage& page : pages) AddReplayOf(page.id, page.entity_type, unit);
      return {};
    }
    PULSE_TRY(
        const auto pages,
        env_.store.raw_pages().Newest(step.tenant, step.integration, EntityTypeOf(step.params))
    );
    for (const store::RawPageInfo& page : pages) AddReplayOf(page.id, page.entity_type, unit);
    return {};
  }

  static void AddReplayOf(RawId id, const std::string& entity_type, store::Unit& unit) {
    unit.children.push_back({
        .stage = model::Stage::kTransform,
        .entity_type = entity_type,
        .params = RawIdsParams({id}),
    });
  }

  Environment& env_;
};

}  // namespace

std::unique_ptr<Stage> NewExtractStage(Environment& environment) {
  return std::make_unique<ExtractStage>(environment);
}

}  // namespace pulse::pipeline
