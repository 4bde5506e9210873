#pragma once

/// \file
/// SqliteLedger: the worker's side of the ledger. See store/ledger.h.

#include "pulse/store/ledger.h"
#include "pulse/store/sqlite/database.h"
#include "pulse/store/sqlite/domain_sql.h"

namespace pulse::store::sqlite {

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(Database& database, const DomainSql& sql) : database_(database), sql_(sql) {}

  Result<std::vector<model::Step>> Claim(
      TenantId tenant, StepId step, WorkerId worker, int max_batch
  ) override;
  Result<Committed> Commit(const Unit& unit) override;
  Result<int> Retry(
      TenantId tenant,
      const std::vector<model::StepRef>& steps,
      EpochMs run_after,
      bool attempted,
      std::string_view error
  ) override;
  Result<Committed> Fail(
      TenantId tenant, const std::vector<model::Step>& steps, const Error& error, bool fatal
  ) override;
  Result<Preview> PreviewMerge(const Unit& unit, int limit) override;
  Result<Missing> ReadMissing(TenantId tenant, JobId job, std::string_view entity_type, int limit)
      override;
  Result<std::vector<std::string>> ReadAbsent(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      const std::vector<std::string>& external_ids
  ) override;
  Result<std::vector<StagedRows>> ReadStaged(TenantId tenant, StepId load_step) override;

 private:
  Database& database_;
  const DomainSql& sql_;
};

}  // namespace pulse::store::sqlite
