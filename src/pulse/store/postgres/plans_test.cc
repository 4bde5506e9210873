/// Every query of db/queries/postgres can be prepared on the migrated schema, and the hot ones use
/// the index they were written for: under row-level security, with the plan that any parameters
/// share.

#include <fstream>

#include <libpq-fe.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/store/postgres/domain_sql.h"
#include "pulse/store/postgres/sql/dispatch.h"
#include "pulse/store/postgres/sql/jobs.h"
#include "pulse/store/postgres/sql/raw.h"
#include "pulse/store/postgres/sql/steps.h"
#include "pulse/store/postgres/sql/texts.h"
#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using testing::Done;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Value;

std::vector<std::pair<std::string, std::string>> QueriesIn(const std::filesystem::path& file) {
  std::ifstream stream(file);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  std::vector<std::pair<std::string, std::string>> queries;
  constexpr std::string_view kMark = "-- name: ";
  for (std::size_t at = text.find(kMark); at != std::string::npos;) {
    const std::size_t line_end = text.find('\n', at);
    const std::size_t next = text.find(kMark, line_end);
    queries.emplace_back(
        file.stem().string() + "_" + text.substr(at + kMark.size(), line_end - at - kMark.size()),
        text.substr(line_end, next == std::string::npos ? next : next - line_end)
    );
    at = next;
  }
  return queries;
}

TEST(Queries, CanAllBePreparedOnTheMigratedSchema) {
  const TestDatabase database;
  const auto connection = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  int prepared = 0;
  for (const auto& file : std::filesystem::directory_iterator(PULSE_QUERY_DIR)) {
    for (const auto& [name, text] : QueriesIn(file.path())) {
      const auto done = connection->Execute("PREPARE " + name + " AS " + text, name);
      // Without the types that the program declares, a bare $1 may have none.
      const bool untyped = connection->last_sqlstate() == "42P18" && !done;
      EXPECT_TRUE(done || untyped) << done.error().message();
      ++prepared;
    }
  }
  EXPECT_GT(prepared, 100);
}

TEST(Queries, OverDomainTablesCanAllBePrepared) {
  const TestDatabase database;
  const auto connection = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  const DomainSql sql;
  int prepared = 0;
  for (const model::Table* table : model::kTables) {
    const TableSql& of = sql.Of(*table);
    for (const Query& query :
         {of.find,
          of.find_by_link,
          of.insert,
          of.update,
          of.confirm,
          of.touch,
          of.vanish,
          of.missing,
          of.absent,
          of.missing_counts,
          of.show,
          of.find_children,
          of.siblings,
          of.any_waiting,
          of.upsert,
          of.remove,
          of.adopt}) {
      if (query.text.empty()) continue;
      EXPECT_THAT(std::string(query.text), HasSubstr("tenant_id")) << query.name;
      const std::string text =
          "PREPARE q" + std::to_string(++prepared) + " AS " + std::string(query.text);
      const auto done = connection->Execute(text, query.name);
      EXPECT_TRUE(done || connection->last_sqlstate() == "42P18") << done.error().message();
    }
  }
  EXPECT_GT(prepared, 100);
}

/// A database with enough rows that a scan of a whole table would be the wrong plan.
class Plans : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database = std::make_unique<TestDatabase>();
    for (const char* statement :
         {"INSERT INTO tenants (name, created_at) SELECT 't' || i, now() FROM generate_series(1, "
          "200) i",
          "INSERT INTO integrations (tenant_id, name, provider, base_url, state, created_at)"
          " SELECT id, 'main', 'jira', 'https://x', 'active', now() FROM tenants",
          "INSERT INTO etl_jobs (tenant_id, integration_id, open_steps, created_at, priority, "
          "job_type,"
          " status, options, exclusive) SELECT i.tenant_id, i.id, 0, now(), 0, 'jira_sync', "
          "'finished',"
          " '{}', true FROM integrations i, generate_series(1, 10)",
          // The first job of the first tenant has 20,000 steps waiting and as many done.
          "INSERT INTO etl_steps (tenant_id, integration_id, job_id, created_at, priority, stage, "
          "state,"
          " entity_type, params) SELECT j.tenant_id, j.integration_id, j.id, now(), 0, 'transform',"
          " CASE WHEN n % 2 = 0 THEN 'ready' ELSE 'done' END, 'jira_issues', '{}'"
          " FROM etl_jobs j, generate_series(1, CASE WHEN j.id = 1 THEN 40000 ELSE 20 END) n",
          "UPDATE etl_steps SET rung_at = now() WHERE state = 'ready' AND id % 100 = 0",
          "INSERT INTO raw_extraction_data (tenant_id, integration_id, request_hash, created_at,"
          " entity_type, processing_status) SELECT i.tenant_id, i.id, n, now(), 'jira_issues',"
          " 'completed' FROM integrations i, generate_series(1, 200) n",
          "INSERT INTO raw_bodies SELECT tenant_id, id, created_at, '\\x00' FROM "
          "raw_extraction_data",
          "INSERT INTO work_items (tenant_id, integration_id, external_id, key, raw_id, "
          "raw_position,"
          " job_id, content_hash, created_at, updated_at, source_version, absent_fields)"
          " SELECT i.tenant_id, i.id, n, 'PAY-' || n, 1, 0, 1, n, now(), now(), 1, '[]'"
          " FROM integrations i, generate_series(1, 200) n",
          "INSERT INTO comments (tenant_id, integration_id, external_id, work_item_external_id,"
          " work_item_id, raw_id, raw_position, job_id, content_hash, created_at, updated_at)"
          " SELECT tenant_id, integration_id, 'c' || external_id, external_id, id, 1, 0, 1, 1, "
          "now(),"
          " now() FROM work_items",
          "INSERT INTO work_item_prs (tenant_id, integration_id, repository_external_id, pr_number,"
          " work_item_key, evidence_source, evidence_ref, work_item_id, raw_id, raw_position, "
          "job_id,"
          " content_hash, created_at, updated_at) SELECT tenant_id, integration_id, '77', 1, key,"
          " 'title', '', id, 1, 0, 1, 1, now(), now() FROM work_items",
          "ANALYZE"}) {
      database->Execute(statement);
    }
  }
  static void TearDownTestSuite() { database.reset(); }

  /// The plan for any parameters, as the role and tenant that run it.
  static std::string PlanOf(
      std::string_view role, const Query& query, const std::string& arguments
  ) {
    return PlanOf(*database, role, query, arguments);
  }
  static std::string PlanOf(
      const TestDatabase& asked,
      std::string_view role,
      const Query& query,
      const std::string& arguments
  ) {
    const auto connection = Value(Connection::Open({.url = asked.url(), .role = role}));
    Done(connection->Execute("BEGIN; SELECT set_config('app.tenant_id', '1', true)", "test"));
    Done(connection->Execute("PREPARE q AS " + std::string(query.text), query.name));
    connection->QueueText("test.explain", "EXPLAIN (COSTS OFF) EXECUTE q(" + arguments + ")");
    std::vector<Rows> rows;
    Done(connection->Sync(rows));
    std::string plan;
    for (const Row row : rows.at(0)) plan.append(row.Text(0)).append("\n");
    return plan;
  }

  inline static std::unique_ptr<TestDatabase> database;
  const DomainSql sql_;
};

TEST_F(Plans, AClaimFindsItsStepAndItsCompanyByIndex) {
  const std::string plan = PlanOf(kAppRole, sql::steps::claim, "1, 2, 1, now(), 3, 20");
  EXPECT_THAT(plan, HasSubstr("etl_steps_pkey"));
  EXPECT_THAT(plan, HasSubstr("ix_etl_steps_company"));
  EXPECT_THAT(plan, Not(HasSubstr("Seq Scan on etl_")));
  EXPECT_THAT(plan, Not(HasSubstr("Bitmap Heap Scan on etl_steps s"))) << "reads all, then sorts";
}

TEST_F(Plans, TheFenceAndTheCounterTouchFewRows) {
  const std::string close =
      PlanOf(kAppRole, sql::steps::close, "1, 1, ARRAY[2, 4], ARRAY[1, 1], now()");
  // By their ids, or among the few steps of the job that are running.
  EXPECT_THAT(
      close,
      ::testing::AnyOf(
          HasSubstr("etl_steps_pkey"), HasSubstr("(job_id = $2) AND (state = 'running'::text)")
      )
  );
  EXPECT_THAT(close, Not(HasSubstr("Seq Scan")));
  const std::string count = PlanOf(kAppRole, sql::jobs::add_open_steps, "1, 1, 1");
  EXPECT_THAT(count, HasSubstr("etl_jobs_pkey"));
}

TEST_F(Plans, TheDispatcherHopsFromTenantToTenant) {
  const std::string plan = PlanOf(kDispatchRole, sql::dispatch::take_ready, "1, now(), now(), 50");
  EXPECT_THAT(plan, HasSubstr("ix_etl_steps_ready"));
  EXPECT_THAT(plan, HasSubstr("ix_etl_steps_rung"));
  EXPECT_THAT(plan, Not(HasSubstr("Seq Scan on etl_")));
  EXPECT_THAT(
      PlanOf(kDispatchRole, sql::dispatch::next_due, "now()"), HasSubstr("ix_etl_steps_waiting")
  );
  EXPECT_THAT(
      PlanOf(kDispatchRole, sql::dispatch::find_lost, "1, 1"), HasSubstr("ix_etl_steps_running")
  );
}

TEST_F(Plans, AMergeLooksUpItsRowsByTheirKeys) {
  const std::string find = PlanOf(
      kAppRole, sql_.Of(model::kWorkItems).find, "1, 1, 1, ARRAY[true, true], ARRAY['1', '2']"
  );
  EXPECT_THAT(find, HasSubstr("work_items_tenant_id_integration_id_external_id_key"));
  EXPECT_THAT(find, Not(HasSubstr("Seq Scan")));
  const std::string siblings =
      PlanOf(kAppRole, sql_.Of(model::kComments).siblings, "1, 1, ARRAY['1', '2']");
  EXPECT_THAT(siblings, HasSubstr("ix_comments_parent"));
  EXPECT_THAT(siblings, Not(HasSubstr("Seq Scan")));
  const std::string waiting = PlanOf(kAppRole, sql_.Of(model::kWorkItems).any_waiting, "1, 1");
  EXPECT_THAT(waiting, HasSubstr("ix_comments_waiting"));
  EXPECT_THAT(waiting, HasSubstr("ix_worklogs_waiting"));
  EXPECT_THAT(waiting, Not(HasSubstr("Seq Scan")));
}

/// Where every index promises one row, as it does before the first ANALYZE: 10,000 issues into new
/// tables once cost nine times as much, most of it for reading all comments once per comment.
TEST_F(Plans, AMergeKeepsToItsKeysBeforeThereAreStatistics) {
  const TestDatabase fresh;
  fresh.Execute("ALTER TABLE comments SET (autovacuum_enabled = off)");
  const TableSql& comments = sql_.Of(model::kComments);
  const TableSql& issues = sql_.Of(model::kWorkItems);
  const std::string by_issue_key = "work_items_tenant_id_integration_id_external_id_key";
  for (const auto& [query, arguments, index] :
       {std::tuple{comments.find_children, "1, 1, ARRAY['1']", "comments_tenant_id_integration_id"},
        {comments.siblings, "1, 1, ARRAY['1']", "ix_comments_parent"},
        {issues.find, "1, 1, 1, ARRAY[true], ARRAY['1']", by_issue_key.c_str()},
        {issues.find_by_link, "1, 1, 1, ARRAY['1']", by_issue_key.c_str()},
        {issues.absent, "1, 1, ARRAY['1']", by_issue_key.c_str()}}) {
    const std::string plan = PlanOf(fresh, kAppRole, query, arguments);
    EXPECT_THAT(plan, HasSubstr(index)) << query.name;
    EXPECT_THAT(plan, Not(HasSubstr("Sort"))) << query.name;
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan on"))) << query.name;
  }
  // Ids are looked up one by one as soon as that is cheaper than reading all there is.
  fresh.Execute(
      "INSERT INTO tenants (name, created_at) VALUES ('t', now());"
      "INSERT INTO comments (tenant_id, integration_id, external_id, work_item_external_id, raw_id,"
      " raw_position, job_id, content_hash, created_at, updated_at)"
      " SELECT 1, 1, n, n, 1, 0, 1, 1, now(), now() FROM generate_series(1, 10000) n"
  );
  EXPECT_THAT(
      PlanOf(fresh, kAppRole, comments.remove, "1, 1, ARRAY[1, 2]"), HasSubstr("comments_pkey")
  );
}

TEST_F(Plans, OrdersAreComparedByWhatTheyAskForAndTextsAreReadByKey) {
  const std::string equal =
      PlanOf(kAppRole, sql::jobs::find_equal, "1, 1, 'jira_issues', '{\"query\":\"key = A-1\"}'");
  EXPECT_THAT(equal, HasSubstr("ix_etl_jobs_equal"));
  EXPECT_THAT(equal, HasSubstr("md5(options)"));
  const std::string texts = PlanOf(kAppRole, sql::texts::work_item, "1, ARRAY[1, 2]");
  EXPECT_THAT(texts, HasSubstr("work_items_pkey"));
}

TEST_F(Plans, PagesAndLinksAreFoundByIndex) {
  const std::string newest = PlanOf(
      kAppRole, sql::raw::newest_of_requests, "1, 1, ARRAY[1, 2], ARRAY['a', 'b'], ARRAY['', '']"
  );
  EXPECT_THAT(newest, HasSubstr("ix_raw_extraction_data_request"));
  EXPECT_THAT(newest, Not(HasSubstr("Seq Scan on raw_")));
  const std::string read = PlanOf(kAppRole, sql::raw::read, "1, ARRAY[1, 2]");
  EXPECT_THAT(read, HasSubstr("raw_extraction_data_pkey"));
  EXPECT_THAT(read, Not(HasSubstr("Seq Scan on raw_extraction_data")));
  const std::string links =
      PlanOf(kAppRole, sql::jobs::resolve_links, "1, ARRAY['PAY-1'], ARRAY[1, 2]");
  EXPECT_THAT(links, HasSubstr("ix_work_item_prs_key"));
  EXPECT_THAT(links, HasSubstr("ix_work_items_key"));
  EXPECT_THAT(links, Not(HasSubstr("Seq Scan")));
}

}  // namespace
}  // namespace pulse::store::postgres
