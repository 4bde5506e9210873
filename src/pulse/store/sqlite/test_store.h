#pragma once

/// \file
/// For tests of this module: a database file of its own, gone afterwards.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "pulse/store/sqlite/migrations.h"
#include "pulse/store/sqlite/sql/migrations.h"
#include "pulse/store/sqlite/sqlite_store.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::sqlite {

class TemporaryDatabase {
 public:
  TemporaryDatabase() {
    // In memory where there is such a folder: these tests are about what is written, not about
    // fsync.
    std::filesystem::path parent = "/dev/shm";
    if (!std::filesystem::is_directory(parent)) parent = std::filesystem::temp_directory_path();
    std::string pattern = (parent / "pulse-store-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "";
    testing::Value(MigrateSqlite(path()));
  }
  ~TemporaryDatabase() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  std::string path() const { return folder_ + "/pulse.db"; }

 private:
  std::string folder_;
};

inline testing::Backend MakeSqliteBackend(const Clock& clock) {
  auto database = std::make_shared<TemporaryDatabase>();
  auto store = testing::Value(OpenSqliteStore({.path = database->path(), .clock = &clock}));
  return {std::move(database), std::move(store)};
}

/// This program's migrations and one of the next release behind them.
inline std::vector<Migration> ScriptsWith(const char* up) {
  std::vector<Migration> scripts(std::begin(sql::kMigrations), std::end(sql::kMigrations));
  scripts.push_back({static_cast<int>(scripts.size()) + 1, "next", up, "SELECT 1"});
  return scripts;
}

/// As it should be: it adds where we read and write.
inline constexpr const char* kExpanding =
    "ALTER TABLE etl_jobs ADD COLUMN next_note TEXT;"
    "ALTER TABLE etl_steps ADD COLUMN next_weight INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE work_items ADD COLUMN next_field TEXT;"
    "ALTER TABLE raw_extraction_data ADD COLUMN next_mark INTEGER;"
    "CREATE TABLE next_things (tenant_id INTEGER NOT NULL, id INTEGER PRIMARY KEY) STRICT;";

/// This program on a database that the next release has migrated already.
inline testing::Backend MakeExpandedSqliteBackend(const Clock& clock) {
  auto database = std::make_shared<TemporaryDatabase>();
  testing::Value(MigrateSqlite(database->path(), ScriptsWith(kExpanding)));
  auto store = testing::Value(OpenSqliteStore({.path = database->path(), .clock = &clock}));
  return {std::move(database), std::move(store)};
}

}  // namespace pulse::store::sqlite
