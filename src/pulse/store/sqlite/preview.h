#pragma once

/// \file
/// What a merge would change, found by doing it: the same code as the real one, watched row by row,
/// and taken back.

#include "pulse/store/ledger.h"
#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/domain_sql.h"

namespace pulse::store::sqlite {

/// Merges unit.rows in the caller's transaction, which the caller rolls back, and reads the rows
/// that differ before and after. Changes in memory: two copies of each changed row, up to `limit`.
Result<Preview> Rehearse(
    Connection& db, const DomainSql& sql, const Unit& unit, int limit, EpochMs now
);

}  // namespace pulse::store::sqlite
