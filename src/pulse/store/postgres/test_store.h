#pragma once

/// \file
/// For tests of this module: a store on a database of its own, and the next release's migrations.

#include <memory>
#include <vector>

#include "pulse/store/postgres/migrator.h"
#include "pulse/store/postgres/postgres_store.h"
#include "pulse/store/postgres/sql/migrations.h"
#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {

/// What Backend::keep is of a PostgreSQL backend.
struct TestBackend {
  TestDatabase database;
  Traffic traffic;
};

inline testing::Backend MakePostgresBackend(const Clock& clock) {
  auto keep = std::make_shared<TestBackend>();
  auto store = testing::Value(
      OpenPostgresStore({.url = keep->database.url(), .clock = &clock, .traffic = &keep->traffic})
  );
  return {std::move(keep), std::move(store)};
}

/// A migration of the next release, as it should be: it adds where we read and write.
inline constexpr Migration kExpanding{
    90,
    "expanding",
    "ALTER TABLE etl_jobs ADD COLUMN next_note text;"
    "ALTER TABLE etl_steps ADD COLUMN next_weight integer NOT NULL DEFAULT 1;"
    "ALTER TABLE work_items ADD COLUMN next_field text;"
    "ALTER TABLE raw_extraction_data ADD COLUMN next_mark bigint;"
    "CREATE TABLE next_things (tenant_id bigint NOT NULL, id bigint PRIMARY KEY);",
    "DROP TABLE next_things;"
    "ALTER TABLE raw_extraction_data DROP COLUMN next_mark;"
    "ALTER TABLE work_items DROP COLUMN next_field;"
    "ALTER TABLE etl_steps DROP COLUMN next_weight;"
    "ALTER TABLE etl_jobs DROP COLUMN next_note;"
};

/// This program's migrations and the next release's behind them.
inline std::vector<Migration> ScriptsWith(Migration another) {
  std::vector<Migration> scripts(std::begin(sql::kMigrations), std::end(sql::kMigrations));
  scripts.push_back(another);
  return scripts;
}

/// This program on a database that the next release has migrated already.
inline testing::Backend MakeExpandedPostgresBackend(const Clock& clock) {
  auto keep = std::make_shared<TestBackend>();
  const std::string url = keep->database.url();
  testing::Value(NewPostgresMigrator({.url = url, .scripts = ScriptsWith(kExpanding)})->Up());
  auto store =
      testing::Value(OpenPostgresStore({.url = url, .clock = &clock, .traffic = &keep->traffic}));
  return {std::move(keep), std::move(store)};
}

}  // namespace pulse::store::postgres
