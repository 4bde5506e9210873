#include "pulse/vectors/qdrant/testing/stub_collection.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string_view>

namespace pulse::vectors::qdrant {
namespace {

Error Wrong(std::string why) {
  return Error{ErrorKind::kInvalid, "Wrong input: " + std::move(why)};
}

Result<> OnlyFields(
    const json& object, std::string_view what, std::initializer_list<std::string_view> known
) {
  if (!object.is_object()) return Wrong(std::string(what) + " is no object");
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end()) {
      return Wrong("unknown field `" + name + "` of " + std::string(what));
    }
  }
  return {};
}

json Field(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

/// The fields of `payload` that `wanted` (true, false or a list of names) asks for.
Result<json> Selected(const json& payload, const json& wanted) {
  if (wanted.is_boolean()) return wanted.get<bool>() ? payload : json();
  if (!wanted.is_array()) return Wrong("with_payload is neither a boolean nor a list");
  json some = json::object();
  for (const json& name : wanted) {
    const auto found = payload.find(name.get<std::string>());
    if (found != payload.end()) some[name.get<std::string>()] = *found;
  }
  return some;
}

Result<std::vector<float>> ReadVector(const json& values, int dimensions) {
  if (!values.is_array()) return Wrong("a vector is no list");
  std::vector<float> vector;
  double squares = 0;
  for (const json& value : values) {
    if (!value.is_number()) return Wrong("a vector holds something that is no number");
    vector.push_back(value.get<float>());
    squares += static_cast<double>(vector.back()) * vector.back();
  }
  if (std::ssize(vector) != dimensions) {
    return Wrong(
        "Vector dimension error: expected dim: " + std::to_string(dimensions) + ", got " +
        std::to_string(vector.size())
    );
  }
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(squares));
  return vector;
}

Result<std::int64_t> ReadLimit(const json& body) {
  const json limit = Field(body, "limit");
  if (!limit.is_number_integer() || limit.get<std::int64_t>() < 1) {
    return Wrong("limit: value must be at least 1");
  }
  return limit.get<std::int64_t>();
}

}  // namespace

bool IsUuid(const json& id) {
  if (!id.is_string() || id.get_ref<const std::string&>().size() != 36) return false;
  const auto& text = id.get_ref<const std::string&>();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !digit) return false;
  }
  return true;
}

Result<StubCollection> StubCollection::Make(const json& body) {
  PULSE_CHECK(OnlyFields(body, "the collection", {"vectors", "hnsw_config", "strict_mode_config"}));
  const json vectors = Field(body, "vectors");
  PULSE_CHECK(OnlyFields(vectors, "vectors", {"size", "distance"}));
  PULSE_CHECK(OnlyFields(Field(body, "hnsw_config"), "hnsw_config", {"m", "payload_m"}));
  PULSE_CHECK(OnlyFields(
      Field(body, "strict_mode_config"),
      "strict_mode_config",
      {"enabled", "unindexed_filtering_retrieve", "unindexed_filtering_update"}
  ));
  const json size = Field(vectors, "size");
  if (!size.is_number_integer() || size < 1 || size > 65536) return Wrong("vectors.size");
  if (Field(vectors, "distance") != "Cosine") return Wrong("vectors.distance is not Cosine");
  return StubCollection(size.get<int>());
}

json StubCollection::Info() const {
  json indexes = json::object();
  for (const auto& [field, schema] : indexes_) {
    indexes[field] = {
        {"data_type", schema["type"]}, {"params", schema}, {"points", points_.size()}
    };
  }
  return {
      {"status", "green"},
      {"optimizer_status", "ok"},
      {"indexed_vectors_count", 0},
      {"points_count", points_.size()},
      {"segments_count", 2},
      {"config",
       {{"params",
         {{"vectors", {{"size", dimensions_}, {"distance", "Cosine"}}},
          {"shard_number", 1},
          {"replication_factor", 1},
          {"write_consistency_factor", 1},
          {"on_disk_payload", true}}},
        {"hnsw_config",
         {{"m", 0},
          {"ef_construct", 100},
          {"full_scan_threshold", 10000},
          {"max_indexing_threads", 0},
          {"on_disk", false},
          {"payload_m", 16}}},
        {"optimizer_config",
         {{"deleted_threshold", 0.2},
          {"vacuum_min_vector_number", 1000},
          {"default_segment_number", 0},
          {"max_segment_size", nullptr},
          {"memmap_threshold", nullptr},
          {"indexing_threshold", 10000},
          {"flush_interval_sec", 5},
          {"max_optimization_threads", nullptr}}},
        {"wal_config", {{"wal_capacity_mb", 32}, {"wal_segments_ahead", 0}}},
        {"quantization_config", nullptr},
        {"strict_mode_config",
         {{"enabled", true},
          {"unindexed_filtering_retrieve", false},
          {"unindexed_filtering_update", false}}}}},
      {"payload_schema", std::move(indexes)},
  };
}

Result<json> StubCollection::Index(const json& body) {
  PULSE_CHECK(OnlyFields(body, "the index", {"field_name", "field_schema"}));
  const json schema = Field(body, "field_schema");
  PULSE_CHECK(OnlyFields(schema, "field_schema", {"type", "is_tenant"}));
  const json field = Field(body, "field_name");
  const json type = Field(schema, "type");
  const bool known = type == "keyword" || type == "integer";
  if (!field.is_string() || !known) return Wrong("no keyword or integer index");
  indexes_[field.get<std::string>()] = schema;
  return json{{"operation_id", ++operations_}, {"status", "completed"}};
}

json StubCollection::Apply(Change change, bool wait) {
  ++operations_;
  unfinished_.push_back(std::move(change));
  if (!wait) return {{"operation_id", operations_}, {"status", "acknowledged"}};
  for (const Change& one : std::exchange(unfinished_, {})) one(*this);
  return {{"operation_id", operations_}, {"status", "completed"}};
}

Result<std::pair<std::string, StubCollection::Stored>> StubCollection::ReadPoint(const json& point
) const {
  PULSE_CHECK(OnlyFields(point, "a point", {"id", "vector", "payload"}));
  if (!IsUuid(Field(point, "id"))) {
    return Wrong(
        "value " + Field(point, "id").dump() +
        " is not a valid point ID, valid values are either an unsigned integer or a UUID"
    );
  }
  const json payload = Field(point, "payload");
  if (!payload.is_object() || !Field(payload, "tenant_id").is_string()) {
    return Wrong("a payload names no tenant");
  }
  PULSE_TRY(std::vector<float> values, ReadVector(Field(point, "vector"), dimensions_));
  return std::pair(
      point["id"].get<std::string>(),
      Stored{.values = std::move(values), .payload = payload, .version = operations_ + 1}
  );
}

Result<json> StubCollection::Upsert(const json& body, bool wait) {
  PULSE_CHECK(OnlyFields(body, "the points", {"points"}));
  const json list = Field(body, "points");
  if (!list.is_array() || list.empty()) return Wrong("points: it is empty");
  std::vector<std::pair<std::string, Stored>> read;
  for (const json& point : list) {
    PULSE_TRY(read.emplace_back(), ReadPoint(point));
  }
  return Apply(
      [read = std::move(read)](StubCollection& self) {
        for (const auto& [id, point] : read) self.points_.insert_or_assign(id, point);
      },
      wait
  );
}

Result<> StubCollection::CheckFilter(const json& filter) const {
  PULSE_CHECK(OnlyFields(filter, "filter", {"must"}));
  bool tenant = false;
  for (const json& condition : Field(filter, "must")) {
    if (const json ids = Field(condition, "has_id"); !ids.is_null()) {
      PULSE_CHECK(OnlyFields(condition, "a condition", {"has_id"}));
      if (!ids.is_array() || !std::ranges::all_of(ids, IsUuid)) return Wrong("has_id");
      continue;
    }
    PULSE_CHECK(OnlyFields(condition, "a condition", {"key", "match"}));
    PULSE_CHECK(OnlyFields(Field(condition, "match"), "match", {"value"}));
    const std::string key = Field(condition, "key").get<std::string>();
    if (!indexes_.contains(key)) {
      return Error{
          ErrorKind::kInvalid,
          "Bad request: Index required but not found for \"" + key +
              "\" of one of the following types: [keyword]. Help: Create an index for this key or "
              "use a different filter."
      };
    }
    tenant = tenant || key == "tenant_id";
  }
  if (!tenant) return Wrong("a filter without a tenant");
  return {};
}

bool StubCollection::Matches(const json& filter, const std::string& id, const Stored& point) {
  return std::ranges::all_of(filter["must"], [&](const json& condition) {
    if (condition.contains("has_id")) {
      return std::ranges::find(condition["has_id"], json(id)) != condition["has_id"].end();
    }
    return Field(point.payload, condition["key"].get<std::string>().c_str()) ==
           condition["match"]["value"];
  });
}

Result<json> StubCollection::Delete(const json& body, bool wait) {
  PULSE_CHECK(OnlyFields(body, "the selector", {"filter"}));
  const json filter = Field(body, "filter");
  PULSE_CHECK(CheckFilter(filter));
  return Apply(
      [filter](StubCollection& self) {
        std::erase_if(self.points_, [&](const auto& point) {
          return Matches(filter, point.first, point.second);
        });
      },
      wait
  );
}

Result<json> StubCollection::Query(const json& body) const {
  PULSE_CHECK(
      OnlyFields(body, "the query", {"query", "filter", "limit", "with_vector", "with_payload"})
  );
  PULSE_TRY(const std::vector<float> query, ReadVector(Field(body, "query"), dimensions_));
  PULSE_TRY(const std::int64_t limit, ReadLimit(body));
  const json filter = Field(body, "filter");
  PULSE_CHECK(CheckFilter(filter));

  std::vector<std::pair<double, const Points::value_type*>> scored;
  for (const auto& point : points_) {
    if (!Matches(filter, point.first, point.second)) continue;
    double score = 0;
    for (std::size_t i = 0; i < query.size(); ++i) score += query[i] * point.second.values[i];
    scored.emplace_back(-score, &point);
  }
  std::ranges::sort(scored, {}, [](const auto& one) { return one.first; });
  if (std::ssize(scored) > limit) scored.resize(static_cast<std::size_t>(limit));
  json points = json::array();
  for (const auto& [score, point] : scored) {
    PULSE_TRY(json payload, Selected(point->second.payload, Field(body, "with_payload")));
    points.push_back({
        {"id", point->first},
        {"version", point->second.version},
        {"score", -score},
        {"payload", std::move(payload)},
    });
  }
  return json{{"points", std::move(points)}};
}

Result<json> StubCollection::Scroll(const json& body) const {
  PULSE_CHECK(
      OnlyFields(body, "the scroll", {"filter", "limit", "offset", "with_vector", "with_payload"})
  );
  PULSE_TRY(const std::int64_t limit, ReadLimit(body));
  const json filter = Field(body, "filter");
  PULSE_CHECK(CheckFilter(filter));
  const json offset = Field(body, "offset");
  if (!offset.is_null() && !IsUuid(offset)) return Wrong("offset is no point id");

  json points = json::array();
  json next;
  const auto begin =
      offset.is_null() ? points_.begin() : points_.lower_bound(offset.get<std::string>());
  for (auto point = begin; point != points_.end(); ++point) {
    if (!Matches(filter, point->first, point->second)) continue;
    if (std::ssize(points) == limit) {
      next = point->first;
      break;
    }
    PULSE_TRY(json payload, Selected(point->second.payload, Field(body, "with_payload")));
    points.push_back({{"id", point->first}, {"payload", std::move(payload)}});
  }
  return json{{"points", std::move(points)}, {"next_page_offset", std::move(next)}};
}

Result<json> StubCollection::CountPoints(const json& body) const {
  PULSE_CHECK(OnlyFields(body, "the count", {"filter", "exact"}));
  const json filter = Field(body, "filter");
  PULSE_CHECK(CheckFilter(filter));
  const auto count = std::ranges::count_if(points_, [&](const auto& point) {
    return Matches(filter, point.first, point.second);
  });
  return json{{"count", count}};
}

}  // namespace pulse::vectors::qdrant
