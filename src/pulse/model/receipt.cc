#include "pulse/model/receipt.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace pulse::model {

std::string Receipt::ToJson() const {
  using Json = nlohmann::ordered_json;
  Json by_entity = Json::object();
  for (const auto& [name, counts] : entities) {
    by_entity[name] = {
        {"source", counts.source ? Json(*counts.source) : Json(nullptr)},
        {"records", counts.records},
        {"inserted", counts.inserted},
        {"updated", counts.updated},
        {"unchanged", counts.unchanged},
        {"deleted", counts.deleted},
        {"quarantined", counts.quarantined},
        {"vectors", counts.vectors},
    };
  }
  Json holes = Json::array();
  for (const Gap& gap : gaps) {
    holes.push_back({{"entity_type", gap.entity_type}, {"scope", gap.scope}, {"reason", gap.reason}}
    );
  }
  const Json json = {
      {"job_id", job.value()},
      {"status", Name(status)},
      {"seconds", std::round(seconds * 1000) / 1000},
      {"entities", by_entity},
      {"api_calls", api_calls},
      {"gaps", holes},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pulse::model
