#pragma once

/// \file
/// For tests of this module: a database file of its own, gone afterwards.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "pulse/store/sqlite/migrations.h"
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

}  // namespace pulse::store::sqlite
