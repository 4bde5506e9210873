#include "pulse/store/sqlite/migrations.h"

#include <fstream>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/domain_sql.h"
#include "pulse/store/sqlite/schema.h"
#include "pulse/store/sqlite/test_store.h"

namespace pulse::store::sqlite {
namespace {

using testing::Done;
using testing::KindOf;
using testing::Value;

constexpr Query kSchema{
    "test.schema",
    "SELECT coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
};

std::string DumpSchema(const std::string& path) {
  const auto db = Value(Connection::Open({.path = path, .access = Access::kRead}));
  Statement row = Value(db->Select(kSchema));
  std::string dump;
  while (Value(row.Next())) dump.append(row.Text(0)).append("\n");
  return dump;
}

TEST(MigrateSqlite, MakesEveryDescribedColumnAndNoOther) {
  const TemporaryDatabase database;
  const auto db = Value(Connection::Open({.path = database.path(), .access = Access::kRead}));
  for (const model::Table* table : model::kTables) {
    const Query query{"test.columns", "SELECT name, type, \"notnull\" FROM pragma_table_info(?1)"};
    Statement row = Value(db->Select(query, table->name));
    std::vector<std::string> present;
    while (Value(row.Next())) {
      present.push_back(std::string(row.Text(0)) + " " + std::string(row.Text(1)));
    }
    std::vector<std::string> described;
    for (const StoredColumn& column : StoredColumns(*table)) {
      described.push_back(std::string(column.name) + " " + std::string(column.type));
    }
    EXPECT_EQ(present, described) << table->name;
    for (const model::Column& column : table->columns) {
      EXPECT_THAT(
          present, ::testing::Contains(::testing::StartsWith(std::string(column.name) + " "))
      ) << table->name;
    }
  }
}

TEST(MigrateSqlite, ChangesNothingTheSecondTime) {
  const TemporaryDatabase database;
  const std::string before = DumpSchema(database.path());

  const SchemaState found = Value(MigrateSqlite(database.path()));

  EXPECT_TRUE(found.current());
  EXPECT_EQ(DumpSchema(database.path()), before);
}

TEST(MigrateSqlite, GoesDownAndUpToTheSameSchema) {
  const TemporaryDatabase database;
  const std::string before = DumpSchema(database.path());
  ASSERT_FALSE(before.empty());

  Done(RevertSqlite(database.path()));
  EXPECT_EQ(DumpSchema(database.path()), "");
  EXPECT_EQ(Value(SqliteSchemaState(database.path())).version, 0);
  Value(MigrateSqlite(database.path()));

  EXPECT_EQ(DumpSchema(database.path()), before);
}

TEST(MigrateSqlite, AddsAColumnTheDescriptionGained) {
  const TemporaryDatabase database;
  {
    const auto db = Value(Connection::Open({.path = database.path()}));
    Done(db->Execute("ALTER TABLE work_items DROP COLUMN url", "test"));
    Done(db->Execute("UPDATE schema_state SET description = 1", "test"));
  }
  EXPECT_EQ(KindOf(OpenSqliteStore({.path = database.path()})), ErrorKind::kInvalid);

  Value(MigrateSqlite(database.path()));

  EXPECT_THAT(DumpSchema(database.path()), ::testing::HasSubstr("url TEXT"));
  EXPECT_TRUE(OpenSqliteStore({.path = database.path()}));
}

TEST(MigrateSqlite, LeavesADatabaseAloneThatTheNextReleaseHasExpanded) {
  const TemporaryDatabase database;
  Value(MigrateSqlite(database.path(), ScriptsWith(kExpanding)));
  const std::string expanded = DumpSchema(database.path());

  const SchemaState found = Value(MigrateSqlite(database.path()));

  EXPECT_TRUE(found.ahead());
  EXPECT_LE(found.oldest_supported, found.latest);
  const auto migrator = NewSqliteMigrator(database.path());
  EXPECT_EQ(Value(migrator->Status()).migrations.back().name, "next");
  EXPECT_TRUE(Value(migrator->Plan()).empty());
  EXPECT_EQ(KindOf(migrator->Down(1)), ErrorKind::kInvalid) << "only the next one knows the way";
  EXPECT_EQ(DumpSchema(database.path()), expanded);
}

TEST(MigrateSqlite, RefusesADatabaseThatIsContracted) {
  const TemporaryDatabase database;
  const std::vector<Migration> scripts =
      ScriptsWith("-- oldest code: 99\nALTER TABLE workers DROP COLUMN lease_until;");
  Value(MigrateSqlite(database.path(), scripts));

  const auto migrator = NewSqliteMigrator(database.path());
  const auto refusals = {
      MigrateSqlite(database.path()).error(),
      OpenSqliteStore({.path = database.path()}).error(),
      migrator->Status().error(),
      migrator->Plan().error(),
  };

  for (const Error& refused : refusals) {
    EXPECT_EQ(refused.kind(), ErrorKind::kInvalid);
    EXPECT_THAT(refused.message(), ::testing::HasSubstr("use the newer pulse"));
  }
}

TEST(MigrateSqlite, ReadsAJournalThatKnowsNoOldestCode) {
  const TemporaryDatabase database;
  {
    const auto db = Value(Connection::Open({.path = database.path()}));
    Done(db->Execute("ALTER TABLE schema_migrations DROP COLUMN oldest_code", "test"));
  }
  EXPECT_TRUE(OpenSqliteStore({.path = database.path()}));

  EXPECT_TRUE(MigrateSqlite(database.path(), ScriptsWith(kExpanding)));
}

TEST(MigrateSqlite, KeepsTheFileFromOtherUsers) {
  const TemporaryDatabase database;
  struct stat status{};
  ASSERT_EQ(::stat(database.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(MigrateSqlite, SaysSoWhenTheFolderIsMissing) {
  const auto migrated = MigrateSqlite("/nonexistent/folder/pulse.db");
  ASSERT_FALSE(migrated);
  EXPECT_EQ(migrated.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(migrated.error().message(), ::testing::HasSubstr("/nonexistent/folder/pulse.db"));
}

TEST(SqliteMigrator, SaysWhatIsThereAndWhatItWouldDo) {
  const TemporaryDatabase database;
  const std::string expected = DumpSchema(database.path());
  const std::string path = database.path() + ".new";
  const auto migrator = NewSqliteMigrator(path);
  EXPECT_EQ(Value(migrator->Status()).version, 0);
  const std::vector<std::string> plan = Value(migrator->Plan());
  EXPECT_THAT(plan, ::testing::Contains(::testing::StartsWith("CREATE TABLE etl_steps")));
  EXPECT_THAT(plan, ::testing::Contains(::testing::StartsWith("CREATE TABLE work_items")));
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "a plan changes nothing";

  const store::SchemaState up = Value(migrator->Up());

  EXPECT_EQ(up.version, up.latest);
  EXPECT_GT(up.migrations.at(0).statements_done, 10);
  EXPECT_FALSE(up.migrations.at(0).changed);
  EXPECT_TRUE(Value(migrator->Plan()).empty());
  EXPECT_EQ(DumpSchema(path), expected);
}

TEST(SqliteMigrator, GoesDownToAVersionAndUpToTheSameSchema) {
  const TemporaryDatabase database;
  const std::string expected = DumpSchema(database.path());
  const auto migrator = NewSqliteMigrator(database.path());

  EXPECT_EQ(Value(migrator->Down(1)).version, 1);
  EXPECT_THAT(DumpSchema(database.path()), ::testing::Not(::testing::HasSubstr("schedules")));
  EXPECT_FALSE(Value(migrator->Plan()).empty());

  const store::SchemaState up = Value(migrator->Up());
  EXPECT_EQ(up.version, up.latest);
  EXPECT_EQ(DumpSchema(database.path()), expected);
  EXPECT_EQ(Value(migrator->Down(0)).version, 0);
  EXPECT_EQ(DumpSchema(database.path()), "");
}

TEST(SqliteMigrator, RefusesAScriptThatWasChangedAfterItRan) {
  const TemporaryDatabase database;
  const auto db = Value(Connection::Open({.path = database.path()}));
  Done(db->Execute("UPDATE schema_migrations SET checksum = 1 WHERE number = 1", "test"));
  const auto migrator = NewSqliteMigrator(database.path());

  EXPECT_TRUE(Value(migrator->Status()).migrations.at(0).changed);
  const auto refused = migrator->Up();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
}

TEST(OpenSqliteStore, RefusesAMissingOrForeignFile) {
  EXPECT_EQ(KindOf(OpenSqliteStore({.path = "/nonexistent/pulse.db"})), ErrorKind::kInvalid);
  const TemporaryDatabase database;
  std::ofstream(database.path() + ".txt")
      << "this is a letter, not a database, and long enough to have a header";
  EXPECT_EQ(KindOf(OpenSqliteStore({.path = database.path() + ".txt"})), ErrorKind::kInternal);
}

TEST(DomainSql, PreparesEveryStatementAgainstTheMigratedSchema) {
  const TemporaryDatabase database;
  const auto db = Value(Connection::Open({.path = database.path()}));
  const DomainSql sql;
  std::size_t prepared = 0;
  for (const model::Table* table : model::kTables) {
    const TableSql& of = sql.Of(*table);
    for (const Query& query :
         {of.find,
          of.insert,
          of.update,
          of.touch,
          of.upsert,
          of.siblings,
          of.remove,
          of.adopt,
          of.any_waiting,
          of.find_parent,
          of.link_values,
          of.vanish,
          of.missing,
          of.missing_counts,
          of.absent,
          of.show,
          of.forget}) {
      if (query.text.empty()) continue;
      EXPECT_TRUE(db->Prepare(query)) << query.name;
      EXPECT_NE(query.text.find("tenant_id"), std::string_view::npos) << query.name;
      ++prepared;
    }
  }
  EXPECT_GT(prepared, 100U);
}

}  // namespace
}  // namespace pulse::store::sqlite
