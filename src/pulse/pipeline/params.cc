#include "pulse/pipeline/params.h"

#include <nlohmann/json.hpp>

namespace pulse::pipeline {
namespace {

using Json = nlohmann::json;

template <class IdType>
Result<std::vector<IdType>> IdsAt(const Json& json, const char* key) {
  const auto at = json.is_object() ? json.find(key) : json.end();
  if (at == json.end() || !at->is_array()) {
    return Error{ErrorKind::kInternal, std::string("step params have no array ") + key};
  }
  std::vector<IdType> ids;
  for (const Json& id : *at) {
    if (!id.is_number_integer())
      return Error{ErrorKind::kInternal, std::string(key) + " holds no id"};
    ids.push_back(IdType{id.get<std::int64_t>()});
  }
  return ids;
}

Json Parse(std::string_view text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

}  // namespace

Result<std::vector<RawId>> RawIdsOf(std::string_view params) {
  return IdsAt<RawId>(Parse(params), "raw_ids");
}

std::string RawIdsParams(const std::vector<RawId>& ids) {
  Json array = Json::array();
  for (const RawId id : ids) array.push_back(id.value());
  return Json{{"raw_ids", array}}.dump();
}

Result<RowsParams> RowsOf(std::string_view params) {
  const Json json = Parse(params);
  RowsParams result;
  PULSE_TRY(result.rows, IdsAt<RowId>(json, "rows"));
  const auto table = json.find("table");
  if (table == json.end() || !table->is_string()) {
    return Error{ErrorKind::kInternal, "step params name no table"};
  }
  result.table = table->get<std::string>();
  return result;
}

std::string EntityTypeOf(std::string_view params) {
  const Json json = Parse(params);
  const auto at = json.is_object() ? json.find("entity_type") : json.end();
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace pulse::pipeline
