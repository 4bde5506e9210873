#pragma once

/// \file
/// Metrics: what Prometheus scrapes. The names and labels are a contract
/// (tests/golden/metrics.txt).
///
/// `tenant_id` is the opaque id; after `tenant_label_cap` tenants further ones share "other". The
/// other labels come from closed sets or are capped at 200 values each in the same way, so the
/// number of series is bounded whatever arrives.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/model/job.h"

namespace pulse::telemetry {

struct MetricsOptions {
  int tenant_label_cap = 100;
  std::string version{};
  /// Tests move it; the default is steady_clock::now.
  std::function<std::chrono::steady_clock::time_point()> now{};
};

/// Thread-safe; each call costs about a microsecond.
class Metrics {
 public:
  explicit Metrics(MetricsOptions options);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// etl_jobs_total{tenant_id,job_type,status}, etl_job_duration_seconds{tenant_id,job_type}.
  /// `status` is final.
  void JobFinished(
      TenantId tenant,
      std::string_view job_type,
      model::JobStatus status,
      std::chrono::duration<double> took
  );

  /// etl_queue_size{queue_name}: ready steps of the stage, under its queue's name. All processes
  /// see the same ledger, so only the leader shows it.
  void SetQueueSize(model::Stage stage, std::int64_t ready_steps);
  /// pulse_workers: processes whose lease is live. The leader's, too.
  void SetWorkers(int processes);
  /// Shows neither any more: another process leads.
  void ForgetLeadersGauges();

  /// pulse_leader (1 or 0) and pulse_lease_age_seconds (since it was last renewed).
  void SetLease(bool leads, std::chrono::duration<double> age);

  /// etl_store_round_trips_total, etl_store_statements_total, etl_store_commits_total: what this
  /// process asked of its database server so far.
  struct StoreTraffic {
    std::int64_t round_trips = 0;
    std::int64_t statements = 0;
    std::int64_t commits = 0;
  };
  void SetStoreTraffic(const StoreTraffic& so_far);

  /// etl_records_total{entity_type}, and from it etl_processing_rate{tenant_id,entity_type}:
  /// records per second over the last minute.
  void RecordsLoaded(TenantId tenant, std::string_view entity_type, std::int64_t records);

  /// pulse_steps_total{stage}, pulse_step_duration_seconds{stage}: `steps` that shared one commit.
  void StepsDone(model::Stage stage, std::size_t steps, std::chrono::duration<double> took);

  /// pulse_retries_total{kind}
  void Retried(ErrorKind kind);

  /// pulse_quarantined_total{entity_type}: records put into dead_letters.
  void Quarantined(std::string_view entity_type, std::int64_t records);

  /// pulse_api_calls_total{provider,outcome}; `outcome` is a status class ("2xx", "429", "5xx") or
  /// an error kind ("timeout").
  void ApiCalled(std::string_view provider, std::string_view outcome);

  /// Text exposition format 0.0.4, sorted, so that two scrapes can be compared.
  std::string Render() const;

  /// For the Content-Type of Render().
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "invalid", "rate_limited", … as the label `kind` and in logs.
std::string_view Name(ErrorKind kind) noexcept;

}  // namespace pulse::telemetry
