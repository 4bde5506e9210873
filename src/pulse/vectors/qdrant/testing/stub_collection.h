#pragma once

/// \file
/// One collection of the stub: points, indexes, and the rules by which Qdrant refuses requests.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pulse/base/error.h"

namespace pulse::vectors::qdrant {

using nlohmann::json;

/// Bodies go in, the `result` of the answer comes out. Errors: kInvalid (Qdrant's 400), and what
/// Qdrant would let pass and we never send: an unknown field, a filter without a tenant. Not
/// thread-safe.
class StubCollection {
 public:
  /// Of PUT /collections/{name}.
  static Result<StubCollection> Make(const json& body);

  json Info() const;
  Result<json> Index(const json& body);
  /// Without `wait` a change is acknowledged, and done with the next one that waits.
  Result<json> Upsert(const json& body, bool wait);
  Result<json> Delete(const json& body, bool wait);
  Result<json> Query(const json& body) const;
  Result<json> Scroll(const json& body) const;
  Result<json> CountPoints(const json& body) const;

  std::size_t size() const { return points_.size(); }

 private:
  struct Stored {
    std::vector<float> values;  ///< Of unit length: cosine distance normalizes.
    json payload;
    std::uint64_t version = 0;
  };
  using Points = std::map<std::string, Stored>;  ///< By id, in Qdrant's order of uuids.

  explicit StubCollection(int dimensions) : dimensions_(dimensions) {}

  Result<> CheckFilter(const json& filter) const;
  static bool Matches(const json& filter, const std::string& id, const Stored& point);
  Result<std::pair<std::string, Stored>> ReadPoint(const json& point) const;
  using Change = std::function<void(StubCollection&)>;
  json Apply(Change change, bool wait);

  int dimensions_;
  std::map<std::string, json> indexes_;  ///< Field to its schema.
  Points points_;
  std::vector<Change> unfinished_;
  std::uint64_t operations_ = 0;
};

/// True for a lower-case uuid; Qdrant takes others too, which we never write.
bool IsUuid(const json& id);

}  // namespace pulse::vectors::qdrant
