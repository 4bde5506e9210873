#pragma once

/// \file
/// PostgresRawPages and PostgresDeadLetters. See store/raw_pages.h.

#include "pulse/store/postgres/engine.h"
#include "pulse/store/raw_pages.h"

namespace pulse::store::postgres {

class PostgresRawPages final : public RawPages {
 public:
  explicit PostgresRawPages(Engine& engine) : engine_(engine) {}

  Result<> Visit(TenantId tenant, const std::vector<RawId>& ids, const Visitor& visit) override;
  Result<std::vector<RawPageInfo>> Newest(
      TenantId tenant, IntegrationId integration, std::string_view entity_type
  ) override;
  Result<RawId> RecordRefusal(
      TenantId tenant, std::string_view entity_type, std::string_view error_details
  ) override;
  Result<int> DeleteOlderThan(TenantId tenant, EpochMs before, int limit) override;

 private:
  Engine& engine_;
};

class PostgresDeadLetters final : public DeadLetters {
 public:
  explicit PostgresDeadLetters(Engine& engine) : engine_(engine) {}

  Result<std::vector<DeadLetter>> List(TenantId tenant, const DeadLetterFilter& filter) override;
  Result<std::vector<DeadLetterGroup>> Groups(TenantId tenant) override;
  Result<DeadLetter> Get(TenantId tenant, DeadLetterId id) override;
  Result<int> Discard(TenantId tenant, const DeadLetterFilter& filter, std::string_view reason)
      override;

 private:
  Engine& engine_;
};

}  // namespace pulse::store::postgres
