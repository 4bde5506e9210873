#include "pulse/store/step_params.h"

#include <nlohmann/json.hpp>

namespace pulse::store {

using Json = nlohmann::json;

namespace {

// Texts may hold what a source sent; replacing bad UTF-8 keeps dump from throwing.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<std::string> ParamsWithRaw(std::string_view params, RawId raw) {
  Json json = Json::parse(params, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return Error{ErrorKind::kInvalid, "parameters of a transform step are not a JSON object"};
  }
  json["raw_ids"] = {raw.value()};
  return Dump(json);
}

std::string ParamsOfRaws(const std::vector<SettledRaw>& raws) {
  Json ids = Json::array();
  for (const SettledRaw& raw : raws) ids.push_back(raw.id.value());
  return Dump({{"raw_ids", ids}});
}

std::string ParamsOfRows(std::string_view table, std::span<const std::int64_t> rows) {
  return Dump({{"table", table}, {"rows", std::vector(rows.begin(), rows.end())}});
}

std::vector<RawId> RawsOf(std::string_view params) {
  std::vector<RawId> raws;
  const Json json = Json::parse(params, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return raws;
  const auto ids = json.find("raw_ids");
  if (ids == json.end() || !ids->is_array()) return raws;
  for (const Json& id : *ids) {
    if (id.is_number_integer()) raws.emplace_back(id.get<std::int64_t>());
  }
  return raws;
}

RawId FirstRaw(std::string_view params) {
  const std::vector<RawId> raws = RawsOf(params);
  return raws.empty() ? RawId{} : raws.front();
}

namespace {

Json JsonOfRaws(const std::vector<SettledRaw>& raws) {
  Json list = Json::array();
  for (const SettledRaw& raw : raws) {
    Json one = {
        {"id", raw.id.value()}, {"records", raw.record_count}, {"version", raw.transform_version}
    };
    if (raw.error_details) one["error"] = *raw.error_details;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

std::string RawsToJson(const std::vector<SettledRaw>& raws, std::size_t body_bytes) {
  return Dump({{"raws", JsonOfRaws(raws)}, {"body_bytes", body_bytes}});
}

std::string ParamsOfStaging(const std::vector<SettledRaw>& raws, std::size_t body_bytes) {
  Json ids = Json::array();
  for (const SettledRaw& raw : raws) ids.push_back(raw.id.value());
  return Dump({{"raw_ids", ids}, {"raws", JsonOfRaws(raws)}, {"body_bytes", body_bytes}});
}

Result<StagedRaws> RawsFromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("raws")) {
    return Error{ErrorKind::kInternal, "a staging row does not name its pages"};
  }
  StagedRaws staged{.raws = {}, .body_bytes = json.value("body_bytes", std::size_t{0})};
  for (const Json& one : json["raws"]) {
    SettledRaw raw{
        .id = RawId{one.value("id", std::int64_t{0})},
        .record_count = one.value("records", 0),
        .transform_version = one.value("version", 0),
        .error_details = std::nullopt,
    };
    if (one.contains("error")) raw.error_details = one["error"].get<std::string>();
    staged.raws.push_back(std::move(raw));
  }
  return staged;
}

}  // namespace pulse::store
