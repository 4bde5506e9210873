#pragma once

/// \file
/// Vectors: points with a tenant, found by nearness. A derived store: it can be deleted and
/// rebuilt. Backends: local/ (a file beside the database, exact search), qdrant/. Both pass
/// testing/vectors_conformance.h. Thread-safe. Every call names the tenant; no call can see or
/// change another tenant's points.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"

namespace pulse::vectors {

/// UUIDv5 of (tenant, integration, entity type, external id): the same record is the same point.
std::string PointId(
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    std::string_view external_id
);

struct Point {
  std::string id;              ///< PointId(...)
  std::vector<float> values;   ///< Unit length; as many as the embedder's dimensions.
  std::int64_t text_hash = 0;  ///< Of the embedded text: unchanged text is not embedded again.
  IntegrationId integration;
  std::string entity_type;
  std::string external_id;
  std::string reference;  ///< PAY-42, owner/repo#7.
  std::string title;
};

struct Hit {
  double score = 0;  ///< Cosine similarity, -1..1, best first.
  IntegrationId integration;
  std::string entity_type;
  std::string external_id;
  std::string reference;
  std::string title;
};

struct SearchFilter {
  std::string entity_type{};  ///< Empty: any.
  int limit = 10;             ///< 1..1000
};

class Vectors {
 public:
  virtual ~Vectors() = default;

  /// The stored text hash of each point, 0 where there is none; in the order asked.
  virtual Result<std::vector<std::int64_t>> TextHashes(
      TenantId tenant, std::span<const std::string> point_ids
  ) = 0;
  /// Durable and searchable when it returns. Replaces points with the same id.
  virtual Result<> Upsert(TenantId tenant, std::span<const Point> points) = 0;
  virtual Result<std::vector<Hit>> Search(
      TenantId tenant, std::span<const float> query, const SearchFilter& filter
  ) = 0;
  virtual Result<> Erase(TenantId tenant, std::span<const std::string> point_ids) = 0;
  /// All points of one integration, with or without a row.
  virtual Result<> EraseIntegration(TenantId tenant, IntegrationId integration) = 0;
  virtual Result<> EraseTenant(TenantId tenant) = 0;
  virtual Result<std::int64_t> Count(TenantId tenant) = 0;

  /// Ids of the tenant's points after `after` ("" for the first), ascending, at most `limit`
  /// (1..10000): for finding points whose row is gone. Points written meanwhile may be missed.
  virtual Result<std::vector<std::string>> PointsAfter(
      TenantId tenant, std::string_view after, int limit
  ) = 0;
  /// One round trip; what to tell people ("Qdrant 1.19.0, collection pulse_hashed_384"). Errors:
  /// kUnavailable, kInvalid (the collection has other dimensions: the message has the fix).
  virtual Result<std::string> Probe() = 0;
};

}  // namespace pulse::vectors
