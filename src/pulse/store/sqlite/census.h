#pragma once

/// \file
/// What a source listed against what the tables hold. Functions that write run in the caller's
/// transaction.

#include <string_view>
#include <vector>

#include "pulse/model/job.h"
#include "pulse/store/ledger.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/domain_sql.h"

namespace pulse::store::sqlite {

Result<> AddCensusIds(Connection& db, const model::Job& job, const CensusIds& ids);

/// Which of the job's census is still wanted after its end.
enum class Keep : unsigned char { kNothing, kThisJobs };
/// Forgets the census of a job that ends, and those that earlier jobs of its integration left.
Result<> ForgetCensus(Connection& db, const model::Job& job, Keep keep);

/// Marks the record's row deleted. Returns its id; nothing when there is no such row, it is marked
/// already, or it was written since the job began. Errors: kInvalid (no such entity type).
Result<std::optional<std::int64_t>> MarkVanished(
    Connection& db,
    const DomainSql& sql,
    const model::Job& job,
    const Vanished& vanished,
    EpochMs now
);

Result<Missing> ReadMissing(
    Connection& db,
    const DomainSql& sql,
    const model::Job& job,
    std::string_view entity_type,
    int limit
);

Result<std::vector<std::string>> ReadAbsent(
    Connection& db,
    const DomainSql& sql,
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    const std::vector<std::string>& external_ids
);

}  // namespace pulse::store::sqlite
