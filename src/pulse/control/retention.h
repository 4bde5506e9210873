#pragma once

/// \file
/// Retention: old raw pages go, as long as each tenant wants them kept.

#include <stop_token>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/store.h"

namespace pulse::control {

/// Deletes what every tenant's retention no longer covers, in batches of 200 pages, a transaction
/// each, until nothing is left or `stop` is requested. Tenants without a retention keep everything.
/// Returns how many pages went. Safe to run twice at once. Errors: as RawPages and Catalog; what
/// was deleted by then stays deleted.
Result<std::int64_t> DeleteOldRawPages(
    const std::vector<model::Tenant>& tenants,
    store::RawPages& pages,
    EpochMs now,
    const std::stop_token& stop
);
/// The same for all tenants of a store: what the leader's housekeeping calls.
Result<std::int64_t> DeleteOldRawPages(
    store::Store& store, EpochMs now, const std::stop_token& stop
);

}  // namespace pulse::control
