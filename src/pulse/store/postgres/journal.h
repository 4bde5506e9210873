#pragma once

/// \file
/// Journal: what a migrator wrote down about a database.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/time.h"
#include "pulse/store/postgres/connection.h"

namespace pulse::store::postgres {

struct AppliedMigration {
  std::string name;
  std::int64_t checksum = 0;
  std::optional<EpochMs> applied_at;         ///< Empty: some statements are missing.
  int oldest_code = 0;                       ///< See store/compatibility.h.
  std::map<int, std::int64_t> statements{};  ///< Ordinal → checksum of those done.
};

/// By number; 0 is the domain tables.
using Applied = std::map<int, AppliedMigration>;

/// Makes the two tables where they are missing. As pulse_migrate.
Result<> CreateJournal(Connection& connection);
Result<> DropJournal(Connection& connection);
/// Empty when there are no such tables.
Result<Applied> ReadJournal(Connection& connection);

/// The migration is begun, or done. Inside the caller's transaction, if it has one.
Result<> RecordBegun(
    Connection& connection,
    int number,
    std::string_view name,
    std::int64_t checksum,
    int oldest_code
);
Result<> RecordStatement(Connection& connection, int number, int ordinal, std::int64_t checksum);
Result<> RecordDone(Connection& connection, int number);
Result<> Forget(Connection& connection, int number);

}  // namespace pulse::store::postgres
