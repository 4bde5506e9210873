#pragma once

/// \file
/// Store: one database, seen through the roles that use it. See each header for its contract.

#include "pulse/store/catalog.h"
#include "pulse/store/changes.h"
#include "pulse/store/jobs.h"
#include "pulse/store/ledger.h"
#include "pulse/store/raw_pages.h"
#include "pulse/store/schedules.h"
#include "pulse/store/tables.h"

namespace pulse::store {

/// Owns the connections. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  virtual Ledger& ledger() = 0;
  virtual Dispatch& dispatch() = 0;
  virtual Jobs& jobs() = 0;
  virtual SyncWindows& sync_windows() = 0;
  virtual Schedules& schedules() = 0;
  virtual Catalog& catalog() = 0;
  virtual RawPages& raw_pages() = 0;
  virtual DeadLetters& dead_letters() = 0;
  virtual Tables& tables() = 0;
  virtual Changes& changes() = 0;

  /// One cheap round trip; what to tell people about it ("PostgreSQL 15.8, schema 3"). Errors:
  /// kUnavailable, kInvalid (the schema is not the one this program works with).
  virtual Result<std::string> Probe() = 0;
};

}  // namespace pulse::store
