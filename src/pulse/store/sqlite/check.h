#pragma once

/// \file
/// Looking a database over: damage in the file, rows that point nowhere, counts that do not add up.

#include <string>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::store::sqlite {

/// Reads everything once; takes about a second per gigabyte. One line per problem, at most a
/// hundred; none: nothing was found. Errors: kUnavailable (no such file, no permission).
Result<std::vector<std::string>> CheckSqlite(const std::string& path);

}  // namespace pulse::store::sqlite
