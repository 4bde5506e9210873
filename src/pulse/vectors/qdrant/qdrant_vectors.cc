#include "pulse/vectors/qdrant/qdrant_vectors.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "pulse/vectors/check.h"
#include "pulse/vectors/qdrant/rest.h"
#include "pulse/vectors/qdrant/wire.h"

namespace pulse::vectors::qdrant {
namespace {

/// Qdrant advises 64 to 256 points a request; its body limit is 32 MiB, and beyond 8 MiB a request
/// only holds up the others.
constexpr std::size_t kMostPoints = 256;
constexpr std::size_t kMostBytes = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kBytesPerNumber = 13;  // "-0.012345678,"
constexpr std::size_t kBytesPerPayload = 2048;
/// 40 bytes each.
constexpr std::size_t kMostIds = 1000;

/// The parts of `all`, each at most `most` long.
template <class T>
std::vector<std::span<const T>> Batches(std::span<const T> all, std::size_t most) {
  std::vector<std::span<const T>> batches;
  for (std::size_t first = 0; first < all.size(); first += most) {
    batches.push_back(all.subspan(first, std::min(most, all.size() - first)));
  }
  return batches;
}

Result<> CheckPointId(std::string_view id) {
  if (IsPointId(id)) return {};
  return Error{ErrorKind::kInvalid, "point id " + std::string(id) + " is no uuid"};
}

class QdrantVectors final : public Vectors {
 public:
  QdrantVectors(const QdrantOptions& options, pulse::http::Client& client)
      : dimensions_(static_cast<std::size_t>(options.dimensions)),
        collection_(CollectionName(options.collection_prefix, options.model, options.dimensions)),
        rest_(options, client) {}

  Result<std::vector<std::int64_t>> TextHashes(
      TenantId tenant, std::span<const std::string> point_ids
  ) override;
  Result<> Upsert(TenantId tenant, std::span<const Point> points) override;
  Result<std::vector<Hit>> Search(
      TenantId tenant, std::span<const float> query, const SearchFilter& filter
  ) override;
  Result<> Erase(TenantId tenant, std::span<const std::string> point_ids) override;
  Result<> EraseIntegration(TenantId tenant, IntegrationId integration) override;
  Result<> EraseTenant(TenantId tenant) override;
  Result<std::int64_t> Count(TenantId tenant) override;
  Result<std::vector<std::string>> PointsAfter(TenantId tenant, std::string_view after, int limit)
      override;
  Result<std::string> Probe() override;

 private:
  std::string Path(std::string_view below = "") const {
    return "/collections/" + collection_ + std::string(below);
  }
  Result<std::string> Send(std::string_view method, std::string_view below, std::string body);
  Result<> EnsureCollection();
  Result<> CheckSpace(const Collection& found) const;
  Result<> CheckPoint(TenantId tenant, const Point& point) const;

  const std::size_t dimensions_;
  const std::string collection_;
  Rest rest_;
  std::atomic<bool> ensured_ = false;
};

/// A request to the collection, which is made first where there is none. Somebody may drop it at
/// any time: then it is made again, once.
Result<std::string> QdrantVectors::Send(
    std::string_view method, std::string_view below, std::string body
) {
  if (ensured_) {
    auto answer = rest_.Send(method, Path(below), body);
    if (answer || answer.error().kind() != ErrorKind::kNotFound) return answer;
    ensured_ = false;
  }
  PULSE_CHECK(EnsureCollection());
  return rest_.Send(method, Path(below), std::move(body));
}

/// Several processes may do this at once, and one may die half-way: each step is looked at, not
/// remembered.
Result<> QdrantVectors::EnsureCollection() {
  auto found = rest_.Send("GET", Path(), "");
  if (!found && found.error().kind() == ErrorKind::kNotFound) {
    const auto made = rest_.Send("PUT", Path(), EncodeCollection(static_cast<int>(dimensions_)));
    // Another process was quicker.
    if (!made && made.error().kind() != ErrorKind::kConflict) return made.error();
    found = rest_.Send("GET", Path(), "");
  }
  if (!found) return std::move(found).error();
  PULSE_TRY(const Collection collection, DecodeCollection(*found));
  PULSE_CHECK(CheckSpace(collection));
  for (const std::string_view field : kIndexedFields) {
    if (collection.indexed.contains(std::string(field))) continue;
    PULSE_TRY(
        const std::string indexed, rest_.Send("PUT", Path("/index?wait=true"), EncodeIndex(field))
    );
    PULSE_CHECK(DecodeUpdate(indexed));
  }
  ensured_ = true;
  return {};
}

Result<> QdrantVectors::CheckSpace(const Collection& found) const {
  if (found.dimensions == static_cast<int>(dimensions_) && found.distance == "Cosine") return {};
  return Error{
      ErrorKind::kInvalid,
      "qdrant's collection " + collection_ + " has " + std::to_string(found.dimensions) +
          " dimensions (" + found.distance + "), not " + std::to_string(dimensions_) +
          " (Cosine); fix: delete that collection, then rebuild it: pulse vector rebuild"
  };
}

Result<> QdrantVectors::CheckPoint(TenantId tenant, const Point& point) const {
  PULSE_CHECK(CheckVector("point " + point.id, point.values, dimensions_));
  // Ids are the collection's, not the tenant's: a point under another id could replace a foreign
  // one.
  if (point.id == PointId(tenant, point.integration, point.entity_type, point.external_id))
    return {};
  return Error{ErrorKind::kInvalid, "point id " + point.id + " is not that of its tenant's record"};
}

Result<std::vector<std::int64_t>> QdrantVectors::TextHashes(
    TenantId tenant, std::span<const std::string> point_ids
) {
  for (const std::string& id : point_ids) PULSE_CHECK(CheckPointId(id));
  std::vector<std::int64_t> hashes;
  hashes.reserve(point_ids.size());
  for (const auto batch : Batches(point_ids, kMostIds)) {
    PULSE_TRY(const std::string body, Send("POST", "/points/scroll", EncodeHashes(tenant, batch)));
    PULSE_TRY(const auto some, DecodeHashes(batch, body));
    hashes.insert(hashes.end(), some.begin(), some.end());
  }
  return hashes;
}

Result<> QdrantVectors::Upsert(TenantId tenant, std::span<const Point> points) {
  for (const Point& point : points) PULSE_CHECK(CheckPoint(tenant, point));
  const std::size_t fitting = kMostBytes / (dimensions_ * kBytesPerNumber + kBytesPerPayload);
  for (const auto batch : Batches(points, std::min(fitting, kMostPoints))) {
    PULSE_TRY(
        const std::string body, Send("PUT", "/points?wait=true", EncodeUpsert(tenant, batch))
    );
    PULSE_CHECK(DecodeUpdate(body));
  }
  return {};
}

Result<std::vector<Hit>> QdrantVectors::Search(
    TenantId tenant, std::span<const float> query, const SearchFilter& filter
) {
  PULSE_CHECK(CheckVector("query", query, dimensions_));
  PULSE_CHECK(CheckLimit(filter.limit, kMostHits));
  PULSE_TRY(
      const std::string body, Send("POST", "/points/query", EncodeQuery(tenant, query, filter))
  );
  return DecodeHits(tenant, body);
}

Result<> QdrantVectors::Erase(TenantId tenant, std::span<const std::string> point_ids) {
  for (const std::string& id : point_ids) PULSE_CHECK(CheckPointId(id));
  for (const auto batch : Batches(point_ids, kMostIds)) {
    PULSE_TRY(
        const std::string body, Send("POST", "/points/delete?wait=true", EncodeErase(tenant, batch))
    );
    PULSE_CHECK(DecodeUpdate(body));
  }
  return {};
}

Result<> QdrantVectors::EraseIntegration(TenantId tenant, IntegrationId integration) {
  PULSE_TRY(
      const std::string body,
      Send("POST", "/points/delete?wait=true", EncodeEraseIntegration(tenant, integration))
  );
  return DecodeUpdate(body);
}

Result<> QdrantVectors::EraseTenant(TenantId tenant) {
  PULSE_TRY(
      const std::string body, Send("POST", "/points/delete?wait=true", EncodeEraseTenant(tenant))
  );
  return DecodeUpdate(body);
}

Result<std::int64_t> QdrantVectors::Count(TenantId tenant) {
  PULSE_TRY(const std::string body, Send("POST", "/points/count", EncodeCount(tenant)));
  return DecodeCount(body);
}

Result<std::vector<std::string>> QdrantVectors::PointsAfter(
    TenantId tenant, std::string_view after, int limit
) {
  PULSE_CHECK(CheckLimit(limit, kMostListedPoints));
  if (!after.empty()) PULSE_CHECK(CheckPointId(after));
  // A scroll begins with the id it is given.
  const int asked = after.empty() ? limit : limit + 1;
  PULSE_TRY(
      const std::string body, Send("POST", "/points/scroll", EncodeScroll(tenant, after, asked))
  );
  PULSE_TRY(std::vector<std::string> ids, DecodeIds(body));
  if (!ids.empty() && ids.front() == after) ids.erase(ids.begin());
  if (std::ssize(ids) > limit) ids.resize(static_cast<std::size_t>(limit));
  return ids;
}

Result<std::string> QdrantVectors::Probe() {
  PULSE_TRY(const std::string root, rest_.SendOnce("GET", "/", ""));
  PULSE_TRY(const std::string version, DecodeVersion(root));
  std::string server = "Qdrant " + version + ", collection " + collection_;
  const auto found = rest_.SendOnce("GET", Path(), "");
  if (!found && found.error().kind() == ErrorKind::kNotFound) return server + " (not made yet)";
  if (!found) return found.error();
  PULSE_TRY(const Collection collection, DecodeCollection(*found));
  PULSE_CHECK(CheckSpace(collection));
  return server;
}

}  // namespace

Result<std::unique_ptr<Vectors>> OpenQdrantVectors(
    const QdrantOptions& options, pulse::http::Client& client
) {
  if (options.dimensions < 1 || options.dimensions > kMostDimensions) {
    return Error{
        ErrorKind::kInvalid,
        std::to_string(options.dimensions) + " dimensions are not within 1.." +
            std::to_string(kMostDimensions)
    };
  }
  if (options.model.empty()) return Error{ErrorKind::kInvalid, "the embedding model has no name"};
  return std::unique_ptr<Vectors>(std::make_unique<QdrantVectors>(options, client));
}

}  // namespace pulse::vectors::qdrant
