#include "json_output.h"

#include <nlohmann/json.hpp>

#include "pulse/base/time.h"

namespace pulse::app {

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json InstantJson(std::optional<EpochMs> instant) {
  return instant ? Json(FormatInstant(*instant)) : Json(nullptr);
}

Json ToJson(const model::Tenant& tenant) {
  return {
      {"id", tenant.id.value()},
      {"name", tenant.name},
      {"created_at", InstantJson(tenant.created_at)},
      {"raw_retention_days",
       tenant.raw_retention_days ? Json(*tenant.raw_retention_days) : Json(nullptr)},
  };
}

Json ToJson(const model::Integration& integration) {
  Json scope = Json::object();
  for (const auto& [key, value] : integration.scope) scope[key] = value;
  const bool active = integration.state == model::IntegrationState::kActive;
  return {
      {"id", integration.id.value()},
      {"name", integration.name},
      {"tenant_id", integration.tenant.value()},
      {"provider", integration.provider},
      {"base_url", integration.base_url},
      {"account", integration.account},
      {"scope", std::move(scope)},
      {"state", active ? "active" : "needs_attention"},
      {"state_reason", integration.state_reason},
      {"created_at", InstantJson(integration.created_at)},
  };
}

Json ToJson(const model::Job& job) {
  return {
      {"id", job.id.value()},
      {"tenant_id", job.tenant.value()},
      {"integration_id", job.integration.value()},
      {"job_type", job.job_type},
      {"status", model::Name(job.status)},
      {"options", Json::parse(job.options.ToJson(), nullptr, false)},
      {"open_steps", job.open_steps},
      {"cancel_requested", job.cancel_requested},
      {"error", job.error},
      {"created_at", InstantJson(job.created_at)},
      {"started_at", InstantJson(job.started_at)},
      {"finished_at", InstantJson(job.finished_at)},
  };
}

Json ToJson(const model::Receipt& receipt) { return Json::parse(receipt.ToJson()); }

Json ToJson(const store::JobProgress& progress) {
  Json json = ToJson(progress.job);
  Json stages = Json::object();
  for (const store::StageProgress& stage : progress.stages) {
    stages[std::string(model::Name(stage.stage))] = {
        {"ready", stage.ready},
        {"running", stage.running},
        {"done", stage.done},
        {"failed", stage.failed},
    };
  }
  json["stages"] = std::move(stages);
  json["waiting_until"] = InstantJson(progress.waiting_until);
  json["waiting_reason"] = progress.waiting_reason;
  json["receipt"] = ToJson(progress.receipt);
  return json;
}

Json ToJson(const store::DeadLetter& letter) {
  return {
      {"id", letter.id.value()},
      {"state", letter.state},
      {"integration_id", letter.integration.value()},
      {"job_id", letter.job.value()},
      {"entity_type", letter.letter.entity_type},
      {"stage", model::Name(letter.letter.stage)},
      {"raw_id", letter.letter.raw ? Json(letter.letter.raw.value()) : Json(nullptr)},
      {"raw_position", letter.letter.raw_position},
      {"external_id", letter.letter.external_id},
      {"fingerprint", letter.letter.fingerprint},
      {"message", letter.letter.message},
      {"sample", letter.letter.sample},
      {"created_at", InstantJson(letter.created_at)},
  };
}

Json ToJson(const store::DeadLetterGroup& group) {
  return {
      {"fingerprint", group.fingerprint},
      {"entity_type", group.entity_type},
      {"message", group.message},
      {"count", group.count},
      {"first_at", InstantJson(group.first_at)},
      {"last_at", InstantJson(group.last_at)},
  };
}

Json ToJson(const source::Account& account) {
  return {
      {"account", account.name},
      {"server", account.server},
      {"reach", account.reach},
      {"warnings", account.warnings},
  };
}

Json ToJson(const vectors::Hit& hit) {
  return {
      {"score", hit.score},
      {"reference", hit.reference},
      {"title", hit.title},
      {"entity_type", hit.entity_type},
      {"integration_id", hit.integration.value()},
      {"external_id", hit.external_id},
  };
}

}  // namespace pulse::app
