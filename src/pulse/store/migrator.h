#pragma once

/// \file
/// Migrator: brings a database's schema from version to version. Scripts are plain SQL in
/// db/migrations/DIALECT, numbered, each with its way back; domain tables follow
/// model/tables.h. Errors: kUnavailable (not reachable, or another migrator at work for longer than
/// the wait), kInvalid (a newer program made the schema; a script that ran was changed since;
/// rights are missing: the message has the fix).

#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/time.h"

namespace pulse::store {

struct MigrationState {
  int number = 0;
  std::string name;
  EpochMs applied_at = 0;   ///< 0: not applied.
  int statements_done = 0;  ///< Of a migration that was interrupted between its statements.
  bool changed = false;     ///< Its checksum is not the one that was applied.
};

struct SchemaState {
  int version = 0;           ///< Highest version completely applied; 0: empty.
  int latest = 0;            ///< This program's; a newer program's database may be ahead of it.
  int oldest_supported = 0;  ///< The oldest program this database admits (compatibility.h).
  std::vector<MigrationState> migrations;
};

class Migrator {
 public:
  virtual ~Migrator() = default;

  virtual Result<SchemaState> Status() = 0;
  /// The statements Up would run, in order, one per entry. Nothing is changed.
  virtual Result<std::vector<std::string>> Plan() = 0;
  /// Goes up to the latest version; an interrupted migration goes on where it stopped. Several
  /// processes may call it at once: one works, the others wait and find it done. A database that is
  /// ahead of this program and admits it is left as it is.
  virtual Result<SchemaState> Up() = 0;
  /// Goes down to `version`; 0 empties the database.
  virtual Result<SchemaState> Down(int version) = 0;
};

}  // namespace pulse::store
