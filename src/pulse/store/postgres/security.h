#pragma once

/// \file
/// What is true of a PostgreSQL server and a database of ours on it that matters to security and
/// durability: the part of `pulse doctor --security` that only the server can answer.

#include <string>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::store::postgres {

struct SecurityFact {
  std::string check;  ///< "row-level-security"
  bool good = true;
  std::string found;  ///< One line with the measured value.
  std::string fix;    ///< SQL or a setting; empty when there is nothing to fix.
};

/// Reads the catalog and the settings, changes nothing. Errors: as Connection::Open.
Result<std::vector<SecurityFact>> ExamineSecurity(const std::string& url);

}  // namespace pulse::store::postgres
