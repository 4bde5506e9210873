#pragma once

/// \file
/// TenantSelect: runs a SELECT that somebody typed, as one tenant.
///
/// What protects the others' rows: it runs as pulse_query, which has SELECT on the offered tables
/// and nothing else, under row-level security for the tenant of the transaction, which it cannot
/// change (set_config is not its to call, and SET is no SELECT); the transaction is READ ONLY and
/// always rolled back; the text goes by the extended protocol, which takes exactly one statement;
/// and a text that does not begin as a SELECT is not sent at all, since DO and SET ROLE need no
/// privilege.

#include <chrono>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/store/postgres/pool.h"

namespace pulse::store::postgres {

struct TenantSelectOptions {
  TenantId tenant;
  int max_rows = 1000;
  std::chrono::milliseconds time_limit{30'000};
};

/// Result: a JSON array of objects, at most 64 MiB, in the form the embedded store gives too:
/// instants are ISO 8601, booleans 0 or 1, JSON columns texts, bytes hexadecimal digits. Rows
/// beyond max_rows are not fetched. Errors: kInvalid (anything about the text), kTimeout (over the
/// time limit), kUnavailable (database gone).
Result<std::string> TenantSelect(
    Pool& pool, const TenantSelectOptions& options, std::string_view sql
);

}  // namespace pulse::store::postgres
