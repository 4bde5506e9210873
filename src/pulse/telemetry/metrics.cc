#include "pulse/telemetry/metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "pulse/base/sync.h"
#include "pulse/telemetry/rate_window.h"

namespace pulse::telemetry {
namespace {

constexpr std::size_t kLabelCap = 200;
constexpr std::string_view kOther = "other";

// From a small sync on a laptop to a first full one of a large site.
const prometheus::Histogram::BucketBoundaries& JobBuckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets{
      0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600
  };
  return kBuckets;
}

const prometheus::Histogram::BucketBoundaries& StepBuckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };
  return kBuckets;
}

/// The first `cap` values keep their name.
class LabelCap {
 public:
  explicit LabelCap(std::size_t cap) : cap_(cap) {}

  std::string Admit(std::string_view value) {
    if (seen_.contains(value)) return std::string{value};
    if (seen_.size() >= cap_) return std::string{kOther};
    seen_.emplace(value);
    return std::string{value};
  }

 private:
  std::size_t cap_;
  std::set<std::string, std::less<>> seen_;
};

struct Labels {
  LabelCap tenants;
  LabelCap job_types{kLabelCap};
  LabelCap entity_types{kLabelCap};
  LabelCap providers{kLabelCap};
  LabelCap outcomes{kLabelCap};
  /// By tenant and entity type, as labelled.
  std::map<std::pair<std::string, std::string>, RateWindow> rates{};
};

template <class Builder>
auto& Register(
    Builder builder, prometheus::Registry& registry, const char* name, const char* help
) {
  return builder.Name(name).Help(help).Register(registry);
}

std::string Text(std::string_view view) { return std::string{view}; }

}  // namespace

struct Metrics::State {
  explicit State(MetricsOptions given);

  std::string Admit(LabelCap Labels::* set, std::string_view value) {
    return labels.With([&](Labels& all) { return (all.*set).Admit(value); });
  }
  std::string Admit(TenantId tenant) {
    return Admit(&Labels::tenants, std::to_string(tenant.value()));
  }

  MetricsOptions options;
  Guarded<Labels> labels;
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& jobs;
  prometheus::Family<prometheus::Histogram>& job_seconds;
  prometheus::Family<prometheus::Gauge>& queue_size;
  prometheus::Family<prometheus::Gauge>& workers;
  prometheus::Family<prometheus::Gauge>& leader;
  prometheus::Family<prometheus::Gauge>& lease_age;
  prometheus::Family<prometheus::Counter>& round_trips;
  prometheus::Family<prometheus::Counter>& statements;
  prometheus::Family<prometheus::Counter>& commits;
  prometheus::Family<prometheus::Counter>& records;
  prometheus::Family<prometheus::Gauge>& rate;
  prometheus::Family<prometheus::Counter>& steps;
  prometheus::Family<prometheus::Histogram>& step_seconds;
  prometheus::Family<prometheus::Counter>& retries;
  prometheus::Family<prometheus::Counter>& quarantined;
  prometheus::Family<prometheus::Counter>& api_calls;
};

Metrics::State::State(MetricsOptions given)
    : options(std::move(given)),
      labels(Labels{
          .tenants = LabelCap{static_cast<std::size_t>(std::max(0, options.tenant_label_cap))}
      }),
      jobs(Register(
          prometheus::BuildCounter(),
          registry,
          "etl_jobs_total",
          "Jobs that ended, by final status."
      )),
      job_seconds(Register(
          prometheus::BuildHistogram(),
          registry,
          "etl_job_duration_seconds",
          "Seconds from a job's start to its end."
      )),
      queue_size(Register(
          prometheus::BuildGauge(),
          registry,
          "etl_queue_size",
          "Steps ready to run, by the queue of their stage."
      )),
      workers(Register(
          prometheus::BuildGauge(), registry, "pulse_workers", "Processes whose lease is live."
      )),
      leader(Register(
          prometheus::BuildGauge(), registry, "pulse_leader", "Whether this process leads."
      )),
      lease_age(Register(
          prometheus::BuildGauge(),
          registry,
          "pulse_lease_age_seconds",
          "Seconds since this process's lease was renewed."
      )),
      round_trips(Register(
          prometheus::BuildCounter(),
          registry,
          "etl_store_round_trips_total",
          "Times this process waited for its database server."
      )),
      statements(Register(
          prometheus::BuildCounter(),
          registry,
          "etl_store_statements_total",
          "Statements sent to the database server."
      )),
      commits(Register(
          prometheus::BuildCounter(),
          registry,
          "etl_store_commits_total",
          "Transactions committed at the database server."
      )),
      records(Register(
          prometheus::BuildCounter(),
          registry,
          "etl_records_total",
          "Primary records loaded, unchanged ones included."
      )),
      rate(Register(
          prometheus::BuildGauge(),
          registry,
          "etl_processing_rate",
          "Records loaded per second over the last minute."
      )),
      steps(Register(prometheus::BuildCounter(), registry, "pulse_steps_total", "Steps done.")),
      step_seconds(Register(
          prometheus::BuildHistogram(),
          registry,
          "pulse_step_duration_seconds",
          "Seconds from claim to commit of steps done together."
      )),
      retries(Register(
          prometheus::BuildCounter(),
          registry,
          "pulse_retries_total",
          "Steps put back, by the kind of error."
      )),
      quarantined(Register(
          prometheus::BuildCounter(),
          registry,
          "pulse_quarantined_total",
          "Records put into quarantine."
      )),
      api_calls(Register(
          prometheus::BuildCounter(),
          registry,
          "pulse_api_calls_total",
          "Calls to the sources, by outcome."
      )) {
  if (!options.now) options.now = [] { return std::chrono::steady_clock::now(); };
  // A panel over a queue that never had work shows 0, not "no data".
  for (const model::Stage stage : model::kStages) {
    queue_size.Add({{"queue_name", Text(model::QueueName(stage))}});
    steps.Add({{"stage", Text(model::Name(stage))}});
    step_seconds.Add({{"stage", Text(model::Name(stage))}}, StepBuckets());
  }
  Register(
      prometheus::BuildGauge(), registry, "pulse_build_info", "Always 1; the label says what runs."
  )
      .Add({{"version", options.version}})
      .Set(1);
}

Metrics::Metrics(MetricsOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Metrics::~Metrics() = default;

void Metrics::JobFinished(
    TenantId tenant,
    std::string_view job_type,
    model::JobStatus status,
    std::chrono::duration<double> took
) {
  const std::string tenant_id = state_->Admit(tenant);
  const std::string type = state_->Admit(&Labels::job_types, job_type);
  state_->jobs
      .Add({{"tenant_id", tenant_id}, {"job_type", type}, {"status", Text(model::Name(status))}})
      .Increment();
  state_->job_seconds.Add({{"tenant_id", tenant_id}, {"job_type", type}}, JobBuckets())
      .Observe(took.count());
}

void Metrics::SetQueueSize(model::Stage stage, std::int64_t ready_steps) {
  state_->queue_size.Add({{"queue_name", Text(model::QueueName(stage))}}
  ).Set(static_cast<double>(ready_steps));
}

void Metrics::SetWorkers(int processes) {
  state_->workers.Add({}).Set(static_cast<double>(processes));
}

void Metrics::ForgetLeadersGauges() {
  for (const model::Stage stage : model::kStages) {
    auto& gauge = state_->queue_size.Add({{"queue_name", Text(model::QueueName(stage))}});
    state_->queue_size.Remove(&gauge);
  }
  state_->workers.Remove(&state_->workers.Add({}));
}

void Metrics::SetLease(bool leads, std::chrono::duration<double> age) {
  state_->leader.Add({}).Set(leads ? 1 : 0);
  state_->lease_age.Add({}).Set(age.count());
}

void Metrics::SetStoreTraffic(const StoreTraffic& so_far) {
  const auto raise = [](prometheus::Family<prometheus::Counter>& family, std::int64_t total) {
    prometheus::Counter& counter = family.Add({});
    counter.Increment(static_cast<double>(total) - counter.Value());
  };
  raise(state_->round_trips, so_far.round_trips);
  raise(state_->statements, so_far.statements);
  raise(state_->commits, so_far.commits);
}

void Metrics::RecordsLoaded(TenantId tenant, std::string_view entity_type, std::int64_t records) {
  const std::string tenant_id = state_->Admit(tenant);
  const std::string type = state_->Admit(&Labels::entity_types, entity_type);
  state_->records.Add({{"entity_type", type}}).Increment(static_cast<double>(records));
  const auto now = state_->options.now();
  state_->labels.With([&](Labels& all) { all.rates[{tenant_id, type}].Add(now, records); });
}

void Metrics::StepsDone(model::Stage stage, std::size_t steps, std::chrono::duration<double> took) {
  const prometheus::Labels labels{{"stage", Text(model::Name(stage))}};
  state_->steps.Add(labels).Increment(static_cast<double>(steps));
  state_->step_seconds.Add(labels, StepBuckets()).Observe(took.count());
}

void Metrics::Retried(ErrorKind kind) {
  state_->retries.Add({{"kind", Text(Name(kind))}}).Increment();
}

void Metrics::Quarantined(std::string_view entity_type, std::int64_t records) {
  const std::string type = state_->Admit(&Labels::entity_types, entity_type);
  state_->quarantined.Add({{"entity_type", type}}).Increment(static_cast<double>(records));
}

void Metrics::ApiCalled(std::string_view provider, std::string_view outcome) {
  const std::string by = state_->Admit(&Labels::providers, provider);
  const std::string how = state_->Admit(&Labels::outcomes, outcome);
  state_->api_calls.Add({{"provider", by}, {"outcome", how}}).Increment();
}

std::string Metrics::Render() const {
  const auto now = state_->options.now();
  state_->labels.With([&](const Labels& all) {
    for (const auto& [key, window] : all.rates) {
      state_->rate.Add({{"tenant_id", key.first}, {"entity_type", key.second}}
      ).Set(window.PerSecond(now));
    }
  });
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  for (auto& family : families) {
    std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::string_view Name(ErrorKind kind) noexcept {
  constexpr std::array<std::string_view, 9> kNames{
      "invalid",
      "not_found",
      "conflict",
      "unauthorized",
      "rate_limited",
      "unavailable",
      "timeout",
      "cancelled",
      "internal"
  };
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace pulse::telemetry
