#pragma once

/// \file
/// The vectors of rows, outside a job: making them again, taking them away.

#include <cstdint>
#include <stop_token>
#include <string_view>

#include "engine.h"

namespace pulse::app {

/// The tables whose rows have vectors.
inline constexpr std::string_view kIndexedTables[] = {"work_items", "prs"};

/// Embeds every row of `table`, `batch` rows at a time; returns how many points were written.
/// Points are replaced by id, so it may be run again. Errors: kCancelled (how to go on), the
/// embedder's.
Result<std::int64_t> IndexTable(
    Engine& engine, TenantId tenant, std::string_view table, int batch, std::stop_token stop
);

/// Erases the points of an integration's rows; does nothing when vectors are off.
Result<> EraseVectorsOf(Engine& engine, const model::Integration& integration);

}  // namespace pulse::app
