#pragma once

/// \file
/// Looking for counts that do not add up and indexes that were never finished.

#include <string>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::store::postgres {

/// One line per problem, at most 100 of a kind; empty: none found. Reads the whole ledger, changes
/// nothing. Errors: as Connection::Open.
Result<std::vector<std::string>> CheckPostgres(const std::string& url);

}  // namespace pulse::store::postgres
