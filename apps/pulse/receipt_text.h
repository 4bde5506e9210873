#pragma once

/// \file
/// A receipt for people. Pure.

#include <string>
#include <string_view>

#include "pulse/model/receipt.h"

namespace pulse::app {

/// Records that are in the tables now: inserted, updated and unchanged.
std::int64_t Loaded(const model::EntityCounts& counts);

/// Whether source = loaded + quarantined wherever the source was counted, and there is no gap.
bool AddsUp(const model::Receipt& receipt);

/// "OK job 12 acme/jira-main finished in 41.2 s", a table of the entities, calls and gaps.
std::string ReceiptText(const model::Receipt& receipt, std::string_view label, std::size_t width);

/// "jira_issues: why"; a scope people can read (a repository) is named, a step's cursor is not.
std::string GapText(const model::Gap& gap);

/// "source 3,000 = loaded 2,994 + quarantined 6   vectors 2,994   gaps 0" of the entity most of the
/// receipt is about; for one line an integration.
std::string ReceiptLine(const model::Receipt& receipt);

}  // namespace pulse::app
