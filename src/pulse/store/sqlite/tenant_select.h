#pragma once

/// \file
/// TenantSelect: runs a SELECT that somebody typed, as one tenant.
///
/// What protects the others' rows, each enough for most attacks by itself: the connection is opened
/// read-only; an authorizer refuses everything that is not reading; the offered tables are
/// temporary views filtered by tenant; and a base table may be read only from inside such a view.
/// The last rule needs care: SQLite tells the authorizer the name of the innermost view *or named
/// subquery*, so `WITH work_items AS (SELECT * FROM main.work_items) …` would look like our view.
/// The filter therefore sits in an inner view whose name is random for each call.

#include <chrono>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"

namespace pulse::store::sqlite {

struct TenantSelectOptions {
  std::string path;
  TenantId tenant;
  int max_rows = 1000;
  std::chrono::milliseconds time_limit{30'000};
};

/// Result: a JSON array of objects, at most 64 MiB. Errors: kInvalid (anything about the text),
/// kTimeout (over the time limit), kUnavailable (database gone).
Result<std::string> TenantSelect(const TenantSelectOptions& options, std::string_view sql);

}  // namespace pulse::store::sqlite
