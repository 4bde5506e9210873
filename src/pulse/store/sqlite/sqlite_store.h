#pragma once

/// \file
/// The embedded store: one SQLite file (WAL, synchronous=FULL). One process at a time owns the
/// pipeline; other processes may use the store at the same time in short transactions.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pulse/base/clock.h"
#include "pulse/store/store.h"

namespace pulse::store::sqlite {

struct SqliteOptions {
  std::string path;
  /// The ledger's time; must outlive the store. Null: the system's.
  const Clock* clock = nullptr;
  /// How many threads may read at once; more wait for each other.
  int readers = 4;
  /// How long a write waits for another process before it is kUnavailable.
  std::chrono::milliseconds busy_timeout{10'000};
  /// How long one Tables::Select may run before it is kTimeout.
  std::chrono::milliseconds select_limit{30'000};
  /// For tests: asked before each statement of the writing connection, with its name; an error
  /// makes the statement fail.
  std::function<Result<>(std::string_view)> before_statement = {};
};

/// Opens a migrated database (migrations.h). Errors: kInvalid (the schema is another than this
/// program's; says what to do), kUnavailable (no such file, no permission), kInternal (damaged).
Result<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options);

}  // namespace pulse::store::sqlite
