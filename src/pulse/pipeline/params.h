#pragma once

/// \file
/// What the pipeline itself reads and writes in step params. Connectors have their own.

#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"

namespace pulse::pipeline {

/// {"raw_ids":[…]}: a transform step, or a replay that names its pages.
Result<std::vector<RawId>> RawIdsOf(std::string_view params);
std::string RawIdsParams(const std::vector<RawId>& ids);

/// {"table":"work_items","rows":[…]}: a vectorize step.
struct RowsParams {
  std::string table;
  std::vector<RowId> rows;
};
Result<RowsParams> RowsOf(std::string_view params);

/// {"entity_type":"jira_issues"}: a replay of everything of one kind; empty: of every kind.
std::string EntityTypeOf(std::string_view params);

}  // namespace pulse::pipeline
