#include "engine_observer.h"

namespace pulse::app {
namespace {

std::string_view OutcomeOf(int status) {
  if (status == 0) return "no_answer";
  if (status == 429) return "429";
  if (status < 300) return "2xx";
  if (status < 400) return "3xx";
  return status < 500 ? "4xx" : "5xx";
}

}  // namespace

void EngineObserver::OnStepsDone(const pipeline::StepsDone& event) {
  metrics_.StepsDone(event.first.stage, event.steps, event.took);
  // By the records' own types: a job's first step is of type jira_sync and loads fields.
  for (const auto& [entity_type, records] : event.committed.loaded) {
    metrics_.RecordsLoaded(event.first.tenant, entity_type, records);
  }
  if (event.dead_letters > 0) {
    metrics_.Quarantined(event.first.entity_type, static_cast<std::int64_t>(event.dead_letters));
  }
  if (!logger_.Wants(telemetry::Level::kDebug)) return;
  logger_.Log(
      telemetry::Level::kDebug,
      "Steps done",
      {{"tenant_id", event.first.tenant},
       {"job_id", event.first.job},
       {"step_id", event.first.id},
       {"stage", model::Name(event.first.stage)},
       {"entity_type", event.first.entity_type},
       {"steps", event.steps},
       {"inserted", event.committed.inserted},
       {"updated", event.committed.updated},
       {"unchanged", event.committed.unchanged},
       {"microseconds", event.took.count()}}
  );
}

void EngineObserver::OnStepRetried(const model::Step& step, const Error& why, EpochMs run_after) {
  metrics_.Retried(why.kind());
  logger_.Log(
      telemetry::Level::kInfo,
      "Step will be tried again",
      {{"tenant_id", step.tenant},
       {"job_id", step.job},
       {"step_id", step.id},
       {"stage", model::Name(step.stage)},
       {"entity_type", step.entity_type},
       {"attempts", step.attempts},
       {"kind", telemetry::Name(why.kind())},
       {"error", why.message()},
       {"run_after", FormatInstant(run_after)}}
  );
}

void EngineObserver::OnStepFailed(const model::Step& step, const Error& why) {
  metrics_.Quarantined(step.entity_type, 1);
  logger_.Log(
      telemetry::Level::kWarn,
      "Step set aside",
      {{"tenant_id", step.tenant},
       {"job_id", step.job},
       {"step_id", step.id},
       {"stage", model::Name(step.stage)},
       {"entity_type", step.entity_type},
       {"attempts", step.attempts},
       {"kind", telemetry::Name(why.kind())},
       {"error", why.message()}}
  );
}

void EngineObserver::OnJobFinished(const model::Job& ended) {
  const EpochMs began = ended.started_at.value_or(ended.created_at);
  const std::chrono::milliseconds took{ended.finished_at.value_or(began) - began};
  metrics_.JobFinished(ended.tenant, ended.job_type, ended.status, took);
  logger_.Log(
      telemetry::Level::kInfo,
      "Job finished",
      {{"tenant_id", ended.tenant},
       {"job_id", ended.id},
       {"job_type", ended.job_type},
       {"status", model::Name(ended.status)},
       {"milliseconds", took.count()}}
  );
  job_finished_.Notify();
}

void EngineObserver::OnLedgerChanged() {
  changed_.Notify();
  const std::lock_guard lock(mutex_);
  if (ownership_ != nullptr) ownership_->Announce();
}

void EngineObserver::OnSent(const source::SentCall& call) {
  metrics_.ApiCalled(call.integration.provider, OutcomeOf(call.status));
  if (!logger_.Wants(telemetry::Level::kDebug)) return;
  logger_.Log(
      telemetry::Level::kDebug,
      "Source called",
      {{"tenant_id", call.integration.tenant},
       {"integration_id", call.integration.id},
       {"endpoint", call.endpoint},
       {"status", call.status},
       {"milliseconds", call.elapsed.count()}}
  );
}

void EngineObserver::Rung() {
  const std::lock_guard lock(mutex_);
  if (runner_ != nullptr) runner_->Wake();
}

void EngineObserver::Attach(control::Runner* runner, control::Ownership* ownership) {
  const std::lock_guard lock(mutex_);
  runner_ = runner;
  ownership_ = ownership;
}

}  // namespace pulse::app
