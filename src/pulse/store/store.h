#pragma once

/// \file
/// Store: one database, seen through the roles that use it. See each header for its contract.

#include "pulse/store/catalog.h"
#include "pulse/store/jobs.h"
#include "pulse/store/ledger.h"
#include "pulse/store/raw_pages.h"
#include "pulse/store/tables.h"

namespace pulse::store {

/// Owns the connections. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  virtual Ledger& ledger() = 0;
  virtual Dispatch& dispatch() = 0;
  virtual Jobs& jobs() = 0;
  virtual Watermarks& watermarks() = 0;
  virtual Catalog& catalog() = 0;
  virtual RawPages& raw_pages() = 0;
  virtual DeadLetters& dead_letters() = 0;
  virtual Tables& tables() = 0;
};

}  // namespace pulse::store
