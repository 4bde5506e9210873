#pragma once

/// \file
/// SqliteRawPages and SqliteDeadLetters. See store/raw_pages.h.

#include "pulse/store/raw_pages.h"
#include "pulse/store/sqlite/database.h"

namespace pulse::store::sqlite {

class SqliteRawPages final : public RawPages {
 public:
  explicit SqliteRawPages(Database& database) : database_(database) {}

  Result<> Visit(TenantId tenant, const std::vector<RawId>& ids, const Visitor& visit) override;
  Result<std::vector<RawPageInfo>> Newest(
      TenantId tenant, IntegrationId integration, std::string_view entity_type
  ) override;
  Result<RawId> RecordRefusal(
      TenantId tenant, std::string_view entity_type, std::string_view error_details
  ) override;
  Result<int> DeleteOlderThan(TenantId tenant, EpochMs before, int limit) override;

 private:
  Database& database_;
};

class SqliteDeadLetters final : public DeadLetters {
 public:
  explicit SqliteDeadLetters(Database& database) : database_(database) {}

  Result<std::vector<DeadLetter>> List(TenantId tenant, const DeadLetterFilter& filter) override;
  Result<std::vector<DeadLetterGroup>> Groups(TenantId tenant) override;
  Result<DeadLetter> Get(TenantId tenant, DeadLetterId id) override;
  Result<int> Discard(TenantId tenant, const DeadLetterFilter& filter, std::string_view reason)
      override;

 private:
  Database& database_;
};

}  // namespace pulse::store::sqlite
