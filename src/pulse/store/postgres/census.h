#pragma once

/// \file
/// What a source listed against what the tables hold.

#include <string_view>
#include <vector>

#include "pulse/store/ledger.h"
#include "pulse/store/postgres/engine.h"

namespace pulse::store::postgres {

/// The table whose records are of this entity type. Errors: kInvalid.
Result<const TableSql*> TableOf(const DomainSql& sql, std::string_view entity_type);

/// See Ledger::ReadMissing.
Result<Missing> FindMissing(
    Engine& engine, TenantId tenant, JobId job, std::string_view entity_type, int limit
);

/// Which of `external_ids` have no living row, in the order asked.
Result<std::vector<std::string>> FindAbsent(
    Engine& engine,
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    const std::vector<std::string>& external_ids
);

}  // namespace pulse::store::postgres
