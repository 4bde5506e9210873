#pragma once

/// \file
/// The schema of a SQLite database: numbered scripts for the ledger, and the domain tables brought
/// in line with model/tables.h (missing tables and columns are added, nothing is ever dropped).

#include <memory>
#include <span>
#include <string>

#include "pulse/base/error.h"
#include "pulse/store/migrator.h"
#include "pulse/store/query.h"

namespace pulse::store::sqlite {

struct SchemaState {
  int version = 0;              ///< Scripts applied; 0: an empty database or no file.
  int latest = 0;               ///< Scripts this program has.
  int oldest_supported = 0;     ///< The oldest program it admits (store/compatibility.h).
  bool domain_current = false;  ///< Whether the domain tables are the described ones.
  bool current() const { return version == latest && domain_current; }
  bool ahead() const { return version > latest; }  ///< A newer program's.
};

/// Creates the file when there is none (mode 0600) and brings it up to date, all in one
/// transaction. Idempotent; safe while other processes use the database. Returns the state it
/// found. One that is ahead of this program and admits it is left alone. Errors: kInvalid
/// (contracted beyond this program), kUnavailable (locked for 10 s, no
/// permission).
Result<SchemaState> MigrateSqlite(const std::string& path);
/// The same with other scripts than this program's: for tests of the migrator itself.
Result<SchemaState> MigrateSqlite(const std::string& path, std::span<const Migration> scripts);

/// Undoes everything, domain tables included: all data is lost.
Result<> RevertSqlite(const std::string& path);

/// The same behind the seam. SQLite's DDL is transactional: Up and Down are one transaction each,
/// so an interrupted migration has done nothing. schema_migrations holds the scripts' checksums.
std::unique_ptr<Migrator> NewSqliteMigrator(std::string path);

/// Looks without changing anything. A missing file is version 0.
Result<SchemaState> SqliteSchemaState(const std::string& path);

/// Whether this program can work on the database. Errors: kInvalid (too old, contracted beyond us,
/// or the domain tables lack something; says what to do).
Result<> CheckSchema(const std::string& path);

}  // namespace pulse::store::sqlite
