#include "pulse/store/sqlite/test_store.h"

namespace pulse::store::sqlite {
namespace {

using testing::Issue;
using testing::KindOf;
using testing::Value;
using testing::World;

/// Two tenants with an issue each, told apart by title; globex also has a credential.
class TenantSelect : public testing::StoreConformance {
 protected:
  void SetUp() override {
    StoreConformance::SetUp();
    LoadIssues(acme_, {{.title = "acme's"}});
    LoadIssues(globex_, {{.title = "globex's"}});
    testing::Done(
        store().catalog().PutSecret({globex_.tenant, globex_.integration}, {"key", "ciphertext"})
    );
  }
};

TEST_P(TenantSelect, AnswersWithTheTenantsOwnRows) {
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"acme's"}])");
  EXPECT_EQ(Select(globex_, "SELECT title FROM work_items"), R"([{"title":"globex's"}])");
  EXPECT_EQ(Select(acme_, "SELECT count(*) AS n FROM work_items"), R"([{"n":1}])");
  EXPECT_EQ(Select(acme_, "SELECT 1 AS one FROM work_items"), R"([{"one":1}])");
  const std::string counts[] = {
      "WORK_ITEMS",
      "tenants",
      "integrations",
      "(SELECT * FROM work_items)",
      "(SELECT * FROM work_items LIMIT 5)",
      "(SELECT DISTINCT title FROM work_items) AS x",
      "work_items LEFT JOIN comments ON 1 = 1",
      "(SELECT 1) LEFT JOIN (SELECT * FROM work_items LIMIT 5) ON 1 = 1",
      "(VALUES (1))",
      "json_each('[1]')",
  };
  for (const std::string& from : counts) {
    EXPECT_EQ(Select(acme_, "SELECT count(*) AS n FROM " + from), R"([{"n":1}])") << from;
    EXPECT_EQ(
        Select(acme_, "WITH x AS (SELECT * FROM " + from + ") SELECT count(*) AS n FROM x"),
        R"([{"n":1}])"
    ) << from;
  }
}

TEST_P(TenantSelect, AcceptsWhatPeopleWrite) {
  const char* const queries[] = {
      "select title from work_items;",
      "-- a comment\nSELECT title FROM work_items -- the end",
      "/* one */ SELECT title FROM work_items;  ",
      "WITH mine AS (SELECT * FROM work_items) SELECT title FROM mine",
      "WITH work_items_2 AS MATERIALIZED (SELECT * FROM work_items) SELECT title FROM work_items_2",
      "SELECT w.title FROM work_items w JOIN integrations i ON i.id = w.integration_id",
      "SELECT title FROM (SELECT * FROM work_items) ORDER BY lower(title) LIMIT 5",
      "SELECT w.title FROM work_items w WHERE EXISTS (SELECT 1 FROM etl_jobs)",
      "SELECT title FROM work_items WHERE id IN (SELECT max(id) FROM work_items)",
      "SELECT title FROM work_items UNION ALL SELECT body AS title FROM comments",
      "SELECT max(title) OVER () AS title FROM work_items",
      "SELECT title FROM work_items, json_each('[1]')",
      "SELECT title FROM work_items, json_tree('[1]') LIMIT 1",
      "VALUES ('acme''s')",
  };
  for (const char* query : queries) {
    const auto answer = store().tables().Select(acme_.tenant, query, 10);
    ASSERT_TRUE(answer) << query << ": " << answer.error().message();
    EXPECT_THAT(*answer, ::testing::HasSubstr("acme's")) << query;
  }
}

TEST_P(TenantSelect, OffersEveryDomainTableAndTheLedgerTablesOfTheContract) {
  for (const model::Table* table : model::kTables) {
    EXPECT_TRUE(
        store().tables().Select(acme_.tenant, "SELECT * FROM " + std::string(table->name), 1)
    ) << table->name;
  }
  for (const std::string table :
       {"tenants", "integrations", "etl_jobs", "raw_extraction_data", "dead_letters"}) {
    EXPECT_TRUE(store().tables().Select(acme_.tenant, "SELECT * FROM " + table, 1)) << table;
  }
  EXPECT_EQ(Select(acme_, "SELECT name FROM tenants"), R"([{"name":"acme"}])");
  EXPECT_EQ(
      Select(acme_, "SELECT created_at FROM tenants"),
      R"([{"created_at":"2023-11-14T22:13:20.000Z"}])"
  );
}

TEST_P(TenantSelect, WritesEveryKindOfValueAsJson) {
  EXPECT_EQ(
      Select(acme_, "SELECT NULL AS a, 1 AS b, 2.0 AS c, 'x\"' AS d, x'00ff' AS e, 9e999 AS f"),
      R"([{"a":null,"b":1,"c":2.0,"d":"x\"","e":"00ff","f":null}])"
  );
}

TEST_P(TenantSelect, StopsAtTheRowLimit) {
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
  EXPECT_EQ(Value(store().tables().Select(acme_.tenant, endless, 2)), R"([{"i":1},{"i":2}])");
  EXPECT_EQ(Value(store().tables().Select(acme_.tenant, endless, 0)), "[]");
}

TEST_P(TenantSelect, StopsAtTheTimeLimit) {
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  EXPECT_EQ(KindOf(store().tables().Select(acme_.tenant, endless, 2)), ErrorKind::kTimeout);
}

TEST_P(TenantSelect, RefusesAValueLargerThanMemoryShouldHold) {
  EXPECT_EQ(
      KindOf(store().tables().Select(acme_.tenant, "SELECT hex(hex(printf('%.5000000c', 'x')))", 1)
      ),
      ErrorKind::kInvalid
  );
}

TEST_P(TenantSelect, SaysWhatIsWrongWithAQuery) {
  const auto wrong = store().tables().Select(acme_.tenant, "SELECT nonsense FROM work_items", 1);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(wrong.error().message(), ::testing::HasSubstr("no such column: nonsense"));
}

TEST_P(TenantSelect, RefusesWhatIsNotOneSelect) {
  const char* const texts[] = {
      "",
      ";",
      "-- nothing",
      "SELECT 1; SELECT 2",
      "SELECT 1; DELETE FROM work_items",
      "DELETE FROM work_items",
      "DELETE FROM main.work_items",
      "UPDATE main.work_items SET title = 'x'",
      "INSERT INTO main.tenants (name, created_at) VALUES ('x', 1)",
      "WITH x AS (SELECT 1) DELETE FROM main.work_items",
      "WITH x AS (SELECT 1) INSERT INTO main.tenants (name, created_at) SELECT 'x', 1",
      "DROP TABLE main.work_items",
      "DROP VIEW temp.work_items",
      "CREATE TABLE x (a)",
      "CREATE TEMP TABLE x AS SELECT 1",
      "CREATE TEMP VIEW x AS SELECT * FROM main.work_items",
      "ATTACH ':memory:' AS x",
      "ATTACH '/etc/passwd' AS x",
      "DETACH main",
      "PRAGMA query_only = OFF",
      "PRAGMA writable_schema = ON",
      "PRAGMA database_list",
      "EXPLAIN SELECT 1",
      "EXPLAIN QUERY PLAN SELECT * FROM main.work_items",
      "BEGIN",
      "COMMIT",
      "ROLLBACK",
      "SAVEPOINT x",
      "VACUUM INTO '/tmp/stolen.db'",
      "VACUUM",
      "REINDEX",
      "ANALYZE",
      "SELECT load_extension('/tmp/x.so')",
      "SELECT readfile('/etc/passwd')",
      "SELECT writefile('/tmp/x', 'x')",
      "SELECT edit('x')",
      "SELECT fts3_tokenizer('simple')",
      "SELECT zeroblob(1000000000)",
  };
  for (const char* text : texts) {
    EXPECT_EQ(KindOf(store().tables().Select(acme_.tenant, text, 10)), ErrorKind::kInvalid) << text;
  }
  EXPECT_EQ(CountOf(globex_, "work_items"), 1);
  EXPECT_EQ(CountOf(acme_, "work_items"), 1);
}

TEST_P(TenantSelect, RefusesToReadAnythingThatIsNotOffered) {
  const char* const texts[] = {
      "SELECT * FROM main.work_items",
      "SELECT count(*) FROM main.work_items",
      "SELECT 1 FROM main.work_items",
      "SELECT rowid FROM main.work_items",
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM main.work_items WHERE title LIKE 'globex%')",
      "SELECT (SELECT title FROM main.work_items LIMIT 1)",
      "SELECT title FROM work_items UNION SELECT title FROM main.work_items",
      "SELECT title FROM work_items ORDER BY (SELECT max(title) FROM main.work_items)",
      "SELECT title FROM work_items GROUP BY 1 HAVING (SELECT count(*) FROM main.work_items) > 1",
      "SELECT * FROM work_items JOIN main.comments USING (tenant_id)",
      "WITH work_items AS (SELECT * FROM main.work_items) SELECT * FROM work_items",
      "WITH work_items AS (SELECT count(*) FROM main.work_items) SELECT * FROM work_items",
      "WITH work_items AS MATERIALIZED (SELECT * FROM main.work_items) SELECT * FROM work_items",
      "SELECT * FROM (SELECT * FROM main.work_items) AS work_items",
      "SELECT * FROM (SELECT * FROM main.work_items) AS v_work_items",
      "SELECT * FROM main.work_items AS temp",
      "SELECT * FROM main.secrets",
      "SELECT * FROM secrets",
      "SELECT * FROM main.integrations",
      "SELECT * FROM etl_steps",
      "SELECT count(*) FROM secrets",
      "SELECT count(*) FROM SECRETS",
      "SELECT count(*) FROM main.secrets",
      "SELECT count(*) FROM etl_steps",
      "SELECT count(*) FROM sqlite_master",
      "SELECT count(*) FROM SQLITE_SCHEMA",
      "SELECT count(*) FROM pragma_table_list",
      "SELECT count(*) FROM dbstat",
      "SELECT count(*) FROM main.tenants",
      "SELECT 1 FROM work_items JOIN secrets",
      "WITH work_items AS (SELECT 1 FROM main.work_items) SELECT count(*) FROM work_items",
      "WITH tenants AS (SELECT 1 FROM main.tenants) SELECT count(*) FROM tenants",
      "SELECT * FROM main.tenants WHERE id = 2",
      "SELECT * FROM audit_log",
      "SELECT * FROM raw_bodies",
      "SELECT * FROM staged_rows",
      "SELECT * FROM job_seen",
      "SELECT * FROM sqlite_sequence",
      "SELECT * FROM main.sqlite_sequence",
      "SELECT * FROM sqlite_master",
      "SELECT * FROM sqlite_schema",
      "SELECT * FROM sqlite_temp_master",
      "SELECT * FROM temp.sqlite_master",
      "SELECT * FROM temp.sqlite_schema",
      "SELECT sql FROM main.sqlite_master",
      "SELECT * FROM pragma_table_info('secrets')",
      "SELECT * FROM pragma_table_list",
      "SELECT * FROM pragma_database_list",
      "SELECT * FROM pragma_function_list",
      "SELECT * FROM dbstat",
      "SELECT * FROM sqlite_dbpage",
      "SELECT * FROM sqlite_stmt",
      "SELECT * FROM bytecode('SELECT 1')",
      "SELECT * FROM tables_used('SELECT 1')",
      "SELECT * FROM fsdir('/')",
      "SELECT * FROM csv('/etc/passwd')",
  };
  for (const char* text : texts) {
    EXPECT_EQ(KindOf(store().tables().Select(acme_.tenant, text, 10)), ErrorKind::kInvalid) << text;
  }
}

TEST_P(TenantSelect, ShowsNoOtherTenantsRowWhateverTheFilter) {
  const char* const texts[] = {
      "SELECT * FROM work_items WHERE tenant_id <> 0 OR 1 = 1",
      "SELECT * FROM work_items WHERE tenant_id = 2",
      "SELECT * FROM temp.work_items",
      "SELECT * FROM work_items AS a JOIN work_items AS b",
      "SELECT * FROM tenants",
      "SELECT * FROM integrations",
      "SELECT * FROM etl_jobs",
      "SELECT * FROM work_items LEFT JOIN tenants ON 1 = 1",
      "WITH tenants AS (SELECT 2 AS id) SELECT * FROM work_items, tenants",
  };
  for (const char* text : texts) {
    const std::string own = Value(store().tables().Select(acme_.tenant, text, 100));
    EXPECT_THAT(own, ::testing::Not(::testing::HasSubstr("globex"))) << text;
  }
  // The presence twin: globex does see its own through the same queries.
  EXPECT_THAT(Select(globex_, texts[0]), ::testing::HasSubstr("globex"));
  EXPECT_THAT(Select(globex_, texts[4]), ::testing::HasSubstr("globex"));
}

testing::Backend MakeImpatientBackend(const Clock& clock) {
  auto database = std::make_shared<TemporaryDatabase>();
  auto store = Value(OpenSqliteStore(
      {.path = database->path(), .clock = &clock, .select_limit = std::chrono::milliseconds(300)}
  ));
  return {std::move(database), std::move(store)};
}

INSTANTIATE_TEST_SUITE_P(
    Sqlite,
    TenantSelect,
    ::testing::Values(testing::BackendFactory{"sqlite", MakeImpatientBackend}),
    testing::BackendName
);

}  // namespace
}  // namespace pulse::store::sqlite
