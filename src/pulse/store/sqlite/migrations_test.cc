#include "pulse/store/sqlite/migrations.h"

#include <set>

#include <sys/stat.h>

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

TEST(MigrateSqlite, RefusesADatabaseOfANewerProgram) {
  const TemporaryDatabase database;
  {
    const auto db = Value(Connection::Open({.path = database.path()}));
    Done(db->Execute("UPDATE schema_state SET version = 999", "test"));
  }

  EXPECT_EQ(KindOf(MigrateSqlite(database.path())), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(OpenSqliteStore({.path = database.path()})), ErrorKind::kInvalid);
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

TEST(OpenSqliteStore, RefusesAMissingOrForeignFile) {
  EXPECT_EQ(KindOf(OpenSqliteStore({.path = "/nonexistent/pulse.db"})), ErrorKind::kInvalid);
  const TemporaryDatabase database;
  FILE* file = std::fopen((database.path() + ".txt").c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("this is a letter, not a database, and long enough to have a header", file);
  std::fclose(file);
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
