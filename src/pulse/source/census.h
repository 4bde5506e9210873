#pragma once

/// \file
/// What every connector's census has in common: when it takes one, and when it believes none.
///
/// A census lists the ids of everything in scope. Rows that were not listed are asked for by id,
/// and those the source denies are handed over as vanished. A search index that lags, a filter that
/// went wrong or a right that was taken away can make half a site look deleted: beyond a share of
/// the known rows nothing is asked and nothing is marked, unless a person said for this job that so
/// much may have gone. Also then the source is asked about every row.

#include <optional>

#include "pulse/source/source.h"

namespace pulse::source {

/// Whether the job takes a census: it was asked to, or reads everything anyway. A job that reads a
/// part by its own query or a time range cannot.
bool TakesCensus(const model::JobOptions& options);

/// More than 20 rows and more than a tenth of those known, and nobody accepted it: a gap that says
/// so, to be handed over instead of anything vanished.
std::optional<model::Gap> MassVanish(
    std::string_view entity_type, const store::Missing& missing, const model::JobOptions& options
);

}  // namespace pulse::source
