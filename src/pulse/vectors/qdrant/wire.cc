#include "pulse/vectors/qdrant/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"

namespace pulse::vectors::qdrant {
namespace {

using model::AppendJsonString;
using nlohmann::json;

Error Malformed(std::string_view what) {
  return Error{ErrorKind::kUnavailable, "qdrant answered without " + std::string(what)};
}

void AppendFloat(std::string& out, float value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void AppendVector(std::string& out, std::span<const float> values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    AppendFloat(out, values[i]);
  }
  out += ']';
}

void AppendField(std::string& out, std::string_view name, std::string_view text) {
  out += ',';
  AppendJsonString(out, name);
  out += ':';
  AppendJsonString(out, text);
}

/// The tenant as the payload has it: a keyword, because only those can be marked `is_tenant`.
std::string TenantKeyword(TenantId tenant) { return std::to_string(tenant.value()); }

struct Narrowing {
  std::string_view entity_type{};
  std::optional<std::span<const std::string>> point_ids{};
  std::optional<IntegrationId> integration{};
};

/// "filter":{…}, the only one there is: whatever else is asked for, the tenant is in it.
std::string Filter(TenantId tenant, const Narrowing& narrowing = {}) {
  const auto match = [](std::string& out, std::string_view key, std::string_view value) {
    out += "{\"key\":";
    AppendJsonString(out, key);
    out += ",\"match\":{\"value\":";
    AppendJsonString(out, value);
    out += "}}";
  };
  std::string filter = R"("filter":{"must":[)";
  match(filter, kTenantField, TenantKeyword(tenant));
  if (!narrowing.entity_type.empty()) {
    filter += ',';
    match(filter, kEntityTypeField, narrowing.entity_type);
  }
  if (narrowing.integration) {
    filter += R"(,{"key":"integration_id","match":{"value":)";
    filter += std::to_string(narrowing.integration->value()) + "}}";
  }
  if (narrowing.point_ids) {
    filter += R"(,{"has_id":[)";
    for (std::size_t i = 0; i < narrowing.point_ids->size(); ++i) {
      if (i > 0) filter += ',';
      AppendJsonString(filter, (*narrowing.point_ids)[i]);
    }
    filter += "]}";
  }
  return filter += "]}";
}

json Parse(std::string_view body) { return json::parse(body, nullptr, /*allow_exceptions=*/false); }

/// The value at a path of names; null where there is none.
const json& At(const json& from, std::initializer_list<const char*> path) {
  static const json kNothing;
  const json* place = &from;
  for (const char* name : path) {
    if (!place->is_object()) return kNothing;
    const auto found = place->find(name);
    if (found == place->end()) return kNothing;
    place = &*found;
  }
  return *place;
}

const json& At(json&& from, std::initializer_list<const char*> path) = delete;

std::string TextAt(const json& from, const char* name) {
  const json& value = At(from, {name});
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t IntegerAt(const json& from, const char* name) {
  const json& value = At(from, {name});
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

}  // namespace

std::string CollectionName(std::string_view prefix, std::string_view model, int dimensions) {
  constexpr std::size_t kMostModelBytes = 80;  // Of the 255 a name may have.
  std::string name;
  for (const char c : model.substr(0, kMostModelBytes)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    name += plain ? c : '_';
  }
  if (name != model) name.append("-").append(ContentFingerprint(model).substr(0, 8));
  return std::string(prefix) + "_" + name + "_" + std::to_string(dimensions);
}

std::string EncodeCollection(int dimensions) {
  // No graph over all tenants, one per tenant instead (qdrant.tech, "Multitenancy"). Strict: a
  // filter by a field without an index would read everything, so the server shall refuse it.
  return json{
      {"vectors", {{"size", dimensions}, {"distance", "Cosine"}}},
      {"hnsw_config", {{"m", 0}, {"payload_m", 16}}},
      {"strict_mode_config",
       {{"enabled", true},
        {"unindexed_filtering_retrieve", false},
        {"unindexed_filtering_update", false}}},
  }
      .dump();
}

std::string EncodeIndex(std::string_view field) {
  json schema = {{"type", field == kIntegrationField ? "integer" : "keyword"}};
  if (field == kTenantField) schema["is_tenant"] = true;
  return json{{"field_name", field}, {"field_schema", std::move(schema)}}.dump();
}

std::string EncodeUpsert(TenantId tenant, std::span<const Point> points) {
  std::string out = R"({"points":[)";
  const std::string keyword = TenantKeyword(tenant);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point& point = points[i];
    out += i > 0 ? R"(,{"id":)" : R"({"id":)";
    AppendJsonString(out, point.id);
    out += R"(,"vector":)";
    AppendVector(out, point.values);
    out += R"(,"payload":{"tenant_id":)";
    AppendJsonString(out, keyword);
    out.append(R"(,"integration_id":)").append(std::to_string(point.integration.value()));
    out.append(R"(,"text_hash":)").append(std::to_string(point.text_hash));
    AppendField(out, kEntityTypeField, point.entity_type);
    AppendField(out, "external_id", point.external_id);
    AppendField(out, "reference", point.reference);
    AppendField(out, "title", point.title);
    out += "}}";
  }
  return out += "]}";
}

std::string EncodeQuery(TenantId tenant, std::span<const float> query, const SearchFilter& filter) {
  std::string out = R"({"query":)";
  AppendVector(out, query);
  out.append(",").append(Filter(tenant, {.entity_type = filter.entity_type, .point_ids = {}}));
  out.append(R"(,"limit":)").append(std::to_string(filter.limit));
  out += R"(,"with_vector":false,"with_payload":["tenant_id","integration_id","entity_type",)"
         R"("external_id","reference","title"]})";
  return out;
}

std::string EncodeHashes(TenantId tenant, std::span<const std::string> point_ids) {
  return "{" + Filter(tenant, {.entity_type = {}, .point_ids = point_ids}) + R"(,"limit":)" +
         std::to_string(point_ids.size()) + R"(,"with_vector":false,"with_payload":["text_hash"]})";
}

std::string EncodeErase(TenantId tenant, std::span<const std::string> point_ids) {
  return "{" + Filter(tenant, {.entity_type = {}, .point_ids = point_ids}) + "}";
}

std::string EncodeEraseIntegration(TenantId tenant, IntegrationId integration) {
  return "{" + Filter(tenant, {.integration = integration}) + "}";
}

std::string EncodeEraseTenant(TenantId tenant) { return "{" + Filter(tenant) + "}"; }

std::string EncodeCount(TenantId tenant) { return "{" + Filter(tenant) + R"(,"exact":true})"; }

std::string EncodeScroll(TenantId tenant, std::string_view from, int limit) {
  std::string out = "{" + Filter(tenant) + R"(,"limit":)" + std::to_string(limit);
  if (!from.empty()) {
    out += R"(,"offset":)";
    AppendJsonString(out, from);
  }
  return out += R"(,"with_vector":false,"with_payload":false})";
}

Result<Collection> DecodeCollection(std::string_view body) {
  const json answer = Parse(body);
  const json& vectors = At(answer, {"result", "config", "params", "vectors"});
  if (!vectors.is_object()) return Malformed("a collection's vectors");
  Collection collection;
  collection.dimensions = static_cast<int>(IntegerAt(vectors, "size"));
  collection.distance = TextAt(vectors, "distance");
  for (const auto& [field, index] : At(answer, {"result", "payload_schema"}).items()) {
    collection.indexed.insert(field);
  }
  return collection;
}

Result<> DecodeUpdate(std::string_view body) {
  const json answer = Parse(body);
  const std::string status = TextAt(At(answer, {"result"}), "status");
  if (status == "completed") return {};
  if (status.empty()) return Malformed("an update's status");
  return Error{ErrorKind::kTimeout, "qdrant took the change and did not finish it: " + status};
}

Result<std::vector<Hit>> DecodeHits(TenantId tenant, std::string_view body) {
  const json answer = Parse(body);
  const json& points = At(answer, {"result", "points"});
  if (!points.is_array()) return Malformed("a list of points");
  std::vector<Hit> hits;
  hits.reserve(points.size());
  for (const json& point : points) {
    const json& score = At(point, {"score"});
    const json& payload = At(point, {"payload"});
    if (!score.is_number()) return Malformed("a score");
    if (TextAt(payload, "tenant_id") != TenantKeyword(tenant)) {
      return Error{ErrorKind::kInternal, "qdrant answered with another tenant's point"};
    }
    hits.push_back({
        .score = score.get<double>(),
        .integration = IntegrationId(IntegerAt(payload, "integration_id")),
        .entity_type = TextAt(payload, "entity_type"),
        .external_id = TextAt(payload, "external_id"),
        .reference = TextAt(payload, "reference"),
        .title = TextAt(payload, "title"),
    });
  }
  return hits;
}

Result<std::vector<std::int64_t>> DecodeHashes(
    std::span<const std::string> point_ids, std::string_view body
) {
  const json answer = Parse(body);
  const json& points = At(answer, {"result", "points"});
  if (!points.is_array()) return Malformed("a list of points");
  std::unordered_map<std::string, std::int64_t> found;
  for (const json& point : points) {
    found[TextAt(point, "id")] = IntegerAt(At(point, {"payload"}), "text_hash");
  }
  std::vector<std::int64_t> hashes;
  hashes.reserve(point_ids.size());
  for (const std::string& id : point_ids) {
    const auto one = found.find(id);
    hashes.push_back(one == found.end() ? 0 : one->second);
  }
  return hashes;
}

Result<std::vector<std::string>> DecodeIds(std::string_view body) {
  const json answer = Parse(body);
  const json& points = At(answer, {"result", "points"});
  if (!points.is_array()) return Malformed("a list of points");
  std::vector<std::string> ids;
  ids.reserve(points.size());
  for (const json& point : points) {
    ids.push_back(TextAt(point, "id"));
    if (ids.back().empty()) return Malformed("a point's id as we write it");
  }
  return ids;
}

Result<std::int64_t> DecodeCount(std::string_view body) {
  const json answer = Parse(body);
  const json& count = At(answer, {"result", "count"});
  if (!count.is_number_integer()) return Malformed("a count");
  return count.get<std::int64_t>();
}

Result<std::string> DecodeVersion(std::string_view body) {
  std::string version = TextAt(Parse(body), "version");
  if (version.empty()) return Malformed("its version: this is another program");
  return version;
}

std::string DecodeError(std::string_view body) {
  constexpr std::size_t kMost = 200;
  const json answer = Parse(body);
  std::string why = TextAt(At(answer, {"status"}), "error");
  std::ranges::replace_if(why, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (why.size() > kMost) why = model::ValidUtf8(why.substr(0, kMost), /*cut=*/true) + "…";
  return why;
}

}  // namespace pulse::vectors::qdrant
