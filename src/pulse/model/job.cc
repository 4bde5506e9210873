#include "pulse/model/job.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pulse::model {
namespace {

constexpr std::array<std::string_view, 6> kJobStatusNames = {
    "queued", "running", "finished", "partial", "failed", "cancelled"
};
constexpr std::array<std::string_view, 5> kStepStateNames = {
    "ready", "running", "done", "failed", "cancelled"
};
constexpr std::array<std::string_view, 4> kStageNames = {
    "extract", "transform", "load", "vectorize"
};
constexpr std::array<std::string_view, 4> kQueueNames = {
    "etl.extract", "etl.transform", "etl.load", "etl.vectorize"
};

template <class Enum, std::size_t N>
std::optional<Enum> Named(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

std::string_view Name(JobStatus status) {
  return kJobStatusNames[static_cast<std::size_t>(status)];
}
std::string_view Name(StepState state) { return kStepStateNames[static_cast<std::size_t>(state)]; }
std::string_view Name(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }
std::string_view QueueName(Stage stage) { return kQueueNames[static_cast<std::size_t>(stage)]; }

std::optional<JobStatus> JobStatusNamed(std::string_view name) {
  return Named<JobStatus>(kJobStatusNames, name);
}
std::optional<StepState> StepStateNamed(std::string_view name) {
  return Named<StepState>(kStepStateNames, name);
}
std::optional<Stage> StageNamed(std::string_view name) { return Named<Stage>(kStageNames, name); }

std::string JobOptions::ToJson() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (accept_vanished) json["accept_vanished"] = true;
  if (census) json["census"] = true;
  if (!entities.empty()) json["entities"] = entities;
  if (full) json["full"] = true;
  if (!query.empty()) json["query"] = query;
  if (replay) json["replay"] = true;
  if (since) json["since"] = *since;
  if (until) json["until"] = *until;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::optional<JobOptions> JobOptions::FromJson(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  JobOptions options;
  if (const auto at = json.find("entities"); at != json.end() && at->is_array()) {
    for (const auto& entity : *at) {
      if (entity.is_string()) options.entities.push_back(entity.get<std::string>());
    }
    std::sort(options.entities.begin(), options.entities.end());
  }
  if (const auto at = json.find("full"); at != json.end() && at->is_boolean())
    options.full = at->get<bool>();
  if (const auto at = json.find("query"); at != json.end() && at->is_string())
    options.query = at->get<std::string>();
  if (const auto at = json.find("replay"); at != json.end() && at->is_boolean())
    options.replay = at->get<bool>();
  if (const auto at = json.find("since"); at != json.end() && at->is_number_integer()) {
    options.since = at->get<EpochMs>();
  }
  if (const auto at = json.find("until"); at != json.end() && at->is_number_integer()) {
    options.until = at->get<EpochMs>();
  }
  if (const auto at = json.find("census"); at != json.end() && at->is_boolean())
    options.census = at->get<bool>();
  if (const auto at = json.find("accept_vanished"); at != json.end() && at->is_boolean())
    options.accept_vanished = at->get<bool>();
  return options;
}

}  // namespace pulse::model
