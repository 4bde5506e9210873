#include "pulse/store/postgres/tenant_select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/model/tables.h"
#include "pulse/store/postgres/tables.h"
#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using ::testing::HasSubstr;
using testing::KindOf;
using ::testing::Not;
using testing::Value;

/// Two tenants with an issue each, told apart by title; globex also has a credential.
class TenantSelect : public ::testing::Test {
 protected:
  TenantSelect() {
    for (const char* name : {"acme", "globex"}) {
      const std::string id = std::string("(SELECT id FROM tenants WHERE name = '") + name + "')";
      database_.Execute(
          std::string("INSERT INTO tenants (name, created_at) VALUES ('") + name +
          "', '2023-11-14T22:13:20Z')"
      );
      database_.Execute(
          "INSERT INTO integrations (tenant_id, name, provider, base_url, state, created_at)"
          " VALUES (" +
          id + ", 'jira-main', 'jira', 'https://" + name + ".example', 'active', now())"
      );
      database_.Execute(
          "INSERT INTO work_items (tenant_id, integration_id, external_id, key, title, labels, "
          "raw_id,"
          " raw_position, job_id, content_hash, created_at, updated_at, source_version, "
          "absent_fields)"
          " VALUES (" +
          id + ", 1, '1001', 'PAY-1', '" + name +
          "''s', '[\"a\"]', 1, 0, 1, 1, now(), now(), 1, '[]')"
      );
      database_.Execute(
          "INSERT INTO secrets VALUES (" + id +
          ", (SELECT max(id) FROM integrations),"
          " 'key', 'ciphertext', now())"
      );
    }
  }

  Result<std::string> Try(TenantId tenant, std::string_view sql, int max_rows = 100) {
    return postgres::TenantSelect(
        pool_, {.tenant = tenant, .max_rows = max_rows, .time_limit = limit_}, sql
    );
  }
  std::string Select(TenantId tenant, std::string_view sql) { return Value(Try(tenant, sql)); }

  const TestDatabase database_;
  Pool pool_{{.connection = {.url = database_.url()}, .size = 2}};
  std::chrono::milliseconds limit_{10'000};
  const TenantId acme_{1};
  const TenantId globex_{2};
};

TEST_F(TenantSelect, AnswersWithTheTenantsOwnRows) {
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"acme's"}])");
  EXPECT_EQ(Select(globex_, "SELECT title FROM work_items"), R"([{"title":"globex's"}])");
  EXPECT_EQ(Select(acme_, "SELECT count(*) AS n FROM work_items"), R"([{"n":1}])");
  EXPECT_EQ(
      Select(acme_, "SELECT name, created_at FROM tenants"),
      R"([{"name":"acme","created_at":"2023-11-14T22:13:20.000Z"}])"
  );
}

TEST_F(TenantSelect, AcceptsWhatPeopleWrite) {
  const char* const queries[] = {
      "select title from work_items;",
      "-- a comment\nSELECT title FROM work_items -- the end",
      "/* one */ SELECT title FROM work_items;  ",
      "WITH mine AS (SELECT * FROM work_items) SELECT title FROM mine",
      "SELECT w.title FROM work_items w, json_array_elements(w.labels)",
      "SELECT title FROM public.work_items ORDER BY lower(title) LIMIT 5",
      "SELECT title FROM work_items UNION ALL SELECT body AS title FROM comments",
      "SELECT max(title) OVER () AS title FROM work_items",
      "VALUES ('acme''s')",
  };
  for (const char* query : queries) {
    const auto answer = Try(acme_, query);
    ASSERT_TRUE(answer) << query << ": " << answer.error().message();
    EXPECT_THAT(*answer, HasSubstr("acme's")) << query;
  }
}

TEST_F(TenantSelect, OffersEveryDomainTableAndTheLedgerTablesOfTheContract) {
  for (const model::Table* table : model::kTables) {
    EXPECT_TRUE(Try(acme_, "SELECT * FROM " + std::string(table->name))) << table->name;
  }
  for (const std::string table :
       {"tenants", "integrations", "etl_jobs", "raw_extraction_data", "dead_letters"}) {
    EXPECT_TRUE(Try(acme_, "SELECT * FROM " + table)) << table;
  }
}

TEST_F(TenantSelect, WritesEveryKindOfValueAsTheEmbeddedStoreDoes) {
  EXPECT_EQ(
      Select(
          acme_,
          "SELECT NULL AS a, 1 AS b, 2.0::float8 AS c, 'x\"' AS d, '\\x00ff'::bytea AS e,"
          " 'infinity'::float8 AS f, true AS g, '2024-02-29'::date AS h, '{\"k\": 1}'::json AS i,"
          " '2023-06-24 21:24:50.5+02'::timestamptz AS j, 1.50 AS k, 12345678901234567890 AS l,"
          " 'NaN'::numeric AS m, 1e308::float8 AS n"
      ),
      R"([{"a":null,"b":1,"c":2.0,"d":"x\"","e":"00ff","f":null,"g":1,"h":"2024-02-29",)"
      R"("i":"{\"k\": 1}","j":"2023-06-24T19:24:50.500Z","k":1.5,"l":12345678901234567890,)"
      R"("m":null,"n":1e+308}])"
  );
}

TEST_F(TenantSelect, StopsAtTheRowLimitAndFetchesInPortions) {
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
  EXPECT_EQ(Value(Try(acme_, endless, 2)), R"([{"i":1},{"i":2}])");
  EXPECT_EQ(Value(Try(acme_, endless, 0)), "[]");
  EXPECT_THAT(Value(Try(acme_, endless, 1000)), ::testing::EndsWith(R"({"i":1000}])"));
  EXPECT_THAT(
      Value(Try(acme_, "SELECT * FROM generate_series(1, 500) AS i", 1000)),
      ::testing::EndsWith(R"({"i":500}])")
  );
}

TEST_F(TenantSelect, StopsAtTheTimeLimitAndAtTheSizeLimit) {
  EXPECT_EQ(
      KindOf(Try(acme_, "SELECT repeat('x', 1000000) FROM generate_series(1, 100)")),
      ErrorKind::kInvalid
  );
  limit_ = std::chrono::milliseconds(100);
  EXPECT_EQ(KindOf(Try(acme_, "SELECT pg_sleep(30)")), ErrorKind::kTimeout);
  // The limit was the transaction's: the next one has its own.
  limit_ = std::chrono::milliseconds(10'000);
  EXPECT_TRUE(Try(acme_, "SELECT pg_sleep(0.2)"));
}

TEST_F(TenantSelect, SaysWhatIsWrongWithAQuery) {
  const auto wrong = Try(acme_, "SELECT nonsense FROM work_items");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(wrong.error().message(), HasSubstr("column \"nonsense\" does not exist"));
  EXPECT_THAT(Try(acme_, "SELECT 1; SELECT 2").error().message(), HasSubstr("only one statement"));
}

TEST_F(TenantSelect, RefusesWhatIsNotOneSelect) {
  const char* const texts[] = {
      "",
      ";",
      "-- nothing",
      "SELECT 1; SELECT 2",
      "SELECT 1; DELETE FROM work_items",
      "DELETE FROM work_items",
      "UPDATE work_items SET title = 'x'",
      "INSERT INTO tenants (name, created_at) VALUES ('x', now())",
      "WITH x AS (SELECT 1) DELETE FROM work_items",
      "WITH x AS (DELETE FROM work_items RETURNING *) SELECT * FROM x",
      "WITH x AS (UPDATE work_items SET title = 'x' RETURNING *) SELECT * FROM x",
      "SELECT * INTO mine FROM work_items",
      "SELECT * INTO TEMP mine FROM work_items",
      "SELECT * FROM work_items FOR UPDATE",
      "SELECT * FROM work_items FOR SHARE",
      "DROP TABLE work_items",
      "CREATE TABLE x (a int)",
      "CREATE TEMP TABLE x AS SELECT 1",
      "SET ROLE pulse_app",
      "SET LOCAL app.tenant_id = '2'",
      "RESET ROLE",
      "SHOW server_version",
      "DO $$ BEGIN PERFORM 1; END $$",
      "CALL x()",
      "BEGIN",
      "COMMIT",
      "ROLLBACK; SELECT 1",
      "COPY work_items TO STDOUT",
      "COPY (SELECT 1) TO PROGRAM 'id'",
      "EXPLAIN SELECT 1",
      "LISTEN pulse_changes",
      "PREPARE x AS SELECT 1",
      "EXECUTE \"tx.enter\"('2')",
      "FETCH ALL FROM answer",
      "VACUUM",
      "LOCK TABLE work_items",
      "SELECT set_config('app.tenant_id', '2', true)",
      "SELECT set_config('role', 'pulse_app', true)",
      "SELECT title FROM work_items WHERE set_config('app.tenant_id', '2', true) IS NOT NULL",
      "SELECT query_to_xml('SELECT set_config(''app.tenant_id'', ''2'', true)', true, true, '')",
      "SELECT query_to_xml('SET ROLE pulse_app', true, true, '')",
      "SELECT pg_advisory_lock(1)",
      "SELECT pg_notify('pulse_changes', '')",
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT pg_ls_dir('/')",
      "SELECT lo_import('/etc/passwd')",
      "SELECT pg_reload_conf()",
      "SELECT ensure_raw_body_partitions(24)",
      "SELECT \xFF",
  };
  for (const char* text : texts) {
    EXPECT_EQ(KindOf(Try(acme_, text)), ErrorKind::kInvalid) << text;
  }
  EXPECT_EQ(Select(globex_, "SELECT title FROM work_items"), R"([{"title":"globex's"}])");
  EXPECT_EQ(Select(acme_, "SELECT title FROM work_items"), R"([{"title":"acme's"}])");
}

TEST_F(TenantSelect, RefusesToReadAnythingThatIsNotOffered) {
  const char* const texts[] = {
      "SELECT * FROM secrets",
      "SELECT count(*) FROM secrets",
      "SELECT 1 FROM work_items JOIN secrets ON true",
      "SELECT * FROM etl_steps",
      "SELECT * FROM raw_bodies",
      "SELECT * FROM raw_bodies_default",
      "SELECT * FROM staged_rows",
      "SELECT * FROM audit_log",
      "SELECT * FROM job_seen",
      "SELECT * FROM workers",
      "SELECT * FROM leader",
      "SELECT * FROM schedules",
      "SELECT * FROM schema_migrations",
      "SELECT * FROM pg_authid",
      "SELECT * FROM pg_statistic",
      "SELECT table_to_xml('secrets', true, true, '')",
  };
  for (const char* text : texts) {
    EXPECT_EQ(KindOf(Try(acme_, text)), ErrorKind::kInvalid) << text;
  }
}

TEST_F(TenantSelect, ShowsNoOtherTenantsRowWhateverTheFilter) {
  const char* const texts[] = {
      "SELECT * FROM work_items WHERE tenant_id <> 0 OR 1 = 1",
      "SELECT * FROM work_items WHERE tenant_id = 2",
      "SELECT * FROM work_items AS a CROSS JOIN work_items AS b",
      "SELECT * FROM tenants",
      "SELECT * FROM integrations",
      "SELECT * FROM work_items LEFT JOIN tenants ON true",
      "SELECT table_to_xml('work_items', true, true, '')",
      "SELECT query_to_xml('SELECT * FROM work_items', true, true, '')",
      "WITH tenants AS (SELECT 2 AS id) SELECT * FROM work_items, tenants",
      "SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'work_items'",
  };
  database_.Execute("ANALYZE work_items");
  for (const char* text : texts) {
    EXPECT_THAT(Select(acme_, text), Not(HasSubstr("globex"))) << text;
  }
  // The presence twin: globex does see its own through the same queries.
  EXPECT_THAT(Select(globex_, texts[0]), HasSubstr("globex"));
  EXPECT_THAT(Select(globex_, texts[3]), HasSubstr("globex"));
  EXPECT_THAT(Select(globex_, texts[7]), HasSubstr("globex"));
}

// A condition with a side effect must not see rows that the policy hides: it would tell what is in
// them by failing.
TEST_F(TenantSelect, TellsNothingThroughConditionsThatFail) {
  EXPECT_EQ(
      Select(
          acme_,
          "SELECT 1 AS x FROM work_items WHERE 1 / (CASE WHEN title LIKE 'globex%' "
          "THEN 0 ELSE 1 END) = 1"
      ),
      R"([{"x":1}])"
  );
  EXPECT_EQ(
      KindOf(
          Try(globex_,
              "SELECT 1 FROM work_items WHERE 1 / (CASE WHEN title LIKE 'globex%' "
              "THEN 0 ELSE 1 END) = 1")
      ),
      ErrorKind::kInvalid
  );
}

TEST_F(TenantSelect, ReadsTextsOfTheRowsAskedForInOrder) {
  PostgresTables tables(pool_, pool_, limit_);
  const std::vector<RowId> ids = Value(tables.RowsAfter(acme_, "work_items", RowId{}, 10));
  ASSERT_EQ(ids.size(), 1U);

  const auto texts = Value(tables.EmbeddingTexts(acme_, "work_items", {RowId{77}, ids[0]}));

  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].row, ids[0]);
  EXPECT_EQ(texts[0].reference, "PAY-1");
  EXPECT_EQ(texts[0].text, "acme's\n");
  EXPECT_TRUE(Value(tables.EmbeddingTexts(globex_, "work_items", ids)).empty());
  EXPECT_EQ(KindOf(tables.RowsAfter(acme_, "secrets", RowId{}, 10)), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace pulse::store::postgres
