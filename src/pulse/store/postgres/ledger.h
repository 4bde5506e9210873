#pragma once

/// \file
/// PostgresLedger: the worker's side of the ledger. See store/ledger.h.

#include "pulse/store/ledger.h"
#include "pulse/store/postgres/engine.h"

namespace pulse::store::postgres {

class PostgresLedger final : public Ledger {
 public:
  explicit PostgresLedger(Engine& engine) : engine_(engine) {}

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
  /// After a commit whose outcome is not known: whether these steps were closed by it.
  Result<Committed> FindOut(const Unit& unit, Committed committed);

  Engine& engine_;
};

}  // namespace pulse::store::postgres
