#pragma once

/// \file
/// RawPages and DeadLetters: what was received, and what was set aside. Errors as in ledger.h and
/// kNotFound for ids that are not this tenant's.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/unit.h"

namespace pulse::store {

struct RawPage {
  RawId id;
  IntegrationId integration;
  std::string entity_type;
  std::string request;
  std::string body;  ///< Uncompressed.
  EpochMs fetched_at = 0;
};

struct RawPageInfo {
  RawId id;
  IntegrationId integration;
  std::string entity_type;
  std::string processing_status;
  std::string error_details;
  int record_count = 0;
  EpochMs created_at = 0;
};

class RawPages {
 public:
  virtual ~RawPages() = default;
  /// Takes a page; an error ends the visit.
  using Visitor = std::function<Result<>(const RawPage& page)>;
  /// Calls `visit` with each of the given pages, in the given order, one body in memory at a time.
  /// kNotFound when one is not there, perhaps after visits to those before it.
  virtual Result<> Visit(TenantId tenant, const std::vector<RawId>& ids, const Visitor& visit) = 0;
  /// All of them at once. Large: ask for a few at a time.
  Result<std::vector<RawPage>> Read(TenantId tenant, const std::vector<RawId>& ids) {
    std::vector<RawPage> pages;
    PULSE_CHECK(Visit(tenant, ids, [&](const RawPage& page) -> Result<> {
      pages.push_back(page);
      return {};
    }));
    return pages;
  }
  /// The newest page of every request of an integration (or of one entity type), oldest first:
  /// what a replay transforms.
  virtual Result<std::vector<RawPageInfo>> Newest(
      TenantId tenant, IntegrationId integration, std::string_view entity_type
  ) = 0;
  /// A page that never was: why a job could not be started. integration_id null, no body.
  virtual Result<RawId> RecordRefusal(
      TenantId tenant, std::string_view entity_type, std::string_view error_details
  ) = 0;
  /// Deletes up to `limit` settled pages created before `before`, the oldest first, with their
  /// bodies, and refusals. Kept at any age: the newest page of every request (what a replay
  /// transforms), pages under way, and pages with open dead letters. Returns how many went; fewer
  /// than `limit` means that none is left.
  virtual Result<int> DeleteOlderThan(TenantId tenant, EpochMs before, int limit) = 0;
};

struct DeadLetter {
  DeadLetterId id;
  NewDeadLetter letter;
  IntegrationId integration;
  JobId job;
  std::string state;  ///< open | replayed | discarded
  EpochMs created_at = 0;
};

struct DeadLetterGroup {
  std::string fingerprint;
  std::string entity_type;
  std::string message;  ///< Of the first one.
  std::int64_t count = 0;
  EpochMs first_at = 0;
  EpochMs last_at = 0;
};

struct DeadLetterFilter {
  std::optional<DeadLetterId> id = {};
  std::optional<IntegrationId> integration = {};
  std::string fingerprint = {};
  std::string state = "open";  ///< Empty: any.
  int limit = 100;
};

class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  virtual Result<std::vector<DeadLetter>> List(TenantId tenant, const DeadLetterFilter& filter) = 0;
  virtual Result<std::vector<DeadLetterGroup>> Groups(TenantId tenant) = 0;
  virtual Result<DeadLetter> Get(TenantId tenant, DeadLetterId id) = 0;
  virtual Result<int> Discard(
      TenantId tenant, const DeadLetterFilter& filter, std::string_view reason
  ) = 0;
};

}  // namespace pulse::store
