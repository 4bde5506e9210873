#pragma once

/// \file
/// The JSON of Qdrant's REST interface, as far as it is used. Pure. Source: the schema that npm
/// @qdrant/js-client-rest 1.19.0 ships; tests/contract holds every request against it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/vectors/vectors.h"

namespace pulse::vectors::qdrant {

/// "pulse_hashed-ngram-256-v1_256". What a name may not hold becomes '_', and then a hash of the
/// model keeps two of them apart.
std::string CollectionName(std::string_view prefix, std::string_view model, int dimensions);

/// Payload fields that are filtered by and so need an index.
inline constexpr std::string_view kTenantField = "tenant_id";
inline constexpr std::string_view kEntityTypeField = "entity_type";
inline constexpr std::string_view kIntegrationField = "integration_id";
inline constexpr std::string_view kIndexedFields[] = {
    kTenantField, kEntityTypeField, kIntegrationField
};

std::string EncodeCollection(int dimensions);
std::string EncodeIndex(std::string_view field);
std::string EncodeUpsert(TenantId tenant, std::span<const Point> points);
std::string EncodeQuery(TenantId tenant, std::span<const float> query, const SearchFilter& filter);
std::string EncodeHashes(TenantId tenant, std::span<const std::string> point_ids);
std::string EncodeErase(TenantId tenant, std::span<const std::string> point_ids);
std::string EncodeEraseIntegration(TenantId tenant, IntegrationId integration);
std::string EncodeEraseTenant(TenantId tenant);
std::string EncodeCount(TenantId tenant);
/// One page of ids from `from` on ("": the first), that one included.
std::string EncodeScroll(TenantId tenant, std::string_view from, int limit);

// Errors of all that decode: kUnavailable (not such an answer: a proxy's, perhaps; worth another
// try).

struct Collection {
  int dimensions = 0;  ///< 0: it has several named vectors or none.
  std::string distance{};
  std::set<std::string> indexed{};
};
Result<Collection> DecodeCollection(std::string_view body);

/// Also kTimeout: the server took it and has not done it yet.
Result<> DecodeUpdate(std::string_view body);

/// Also kInternal: a point of another tenant came back.
Result<std::vector<Hit>> DecodeHits(TenantId tenant, std::string_view body);
/// In the order of `point_ids`; 0 where there was none.
Result<std::vector<std::int64_t>> DecodeHashes(
    std::span<const std::string> point_ids, std::string_view body
);
Result<std::vector<std::string>> DecodeIds(std::string_view body);
Result<std::int64_t> DecodeCount(std::string_view body);
Result<std::string> DecodeVersion(std::string_view body);

/// What the server says is wrong: {"status": {"error": "…"}}, one line, at most 200 bytes of it;
/// empty when it says nothing we can read.
std::string DecodeError(std::string_view body);

}  // namespace pulse::vectors::qdrant
