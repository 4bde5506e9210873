/// What the catalog of a migrated database says about tenants, roles and rights. A new table that
/// forgets any of it fails here; that the rules notice is proven with tables that break each one.

#include "pulse/store/postgres/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/model/tables.h"
#include "pulse/store/postgres/pool.h"
#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Value;

// Each finds offenders, one line each.
constexpr Query kTablesWithTenant{"test.tables_with_tenant", R"sql(
SELECT c.relname::text FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
)sql"};
constexpr Query kRules[] = {
    // Tables without a tenant are listed, so that a new one is a decision.
    {"test.no_tenant", R"sql(
SELECT c.relname || ' has no tenant_id' FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND c.relname NOT IN ('tenants', 'workers', 'leader', 'schema_migrations', 'schema_statements')
  AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
)sql"},
    {"test.not_secured", R"sql(
SELECT c.relname || ' is not under forced row-level security' FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND c.relname NOT IN ('workers', 'leader', 'schema_migrations', 'schema_statements')
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
)sql"},
    {"test.no_policy", R"sql(
SELECT c.relname || ' lacks the tenant policy' FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND c.relname NOT IN ('workers', 'leader', 'schema_migrations', 'schema_statements')
  AND NOT EXISTS (
    SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant' AND p.polcmd = '*'
      AND p.polpermissive
      AND p.polroles @> ARRAY['pulse_app'::regrole::oid, 'pulse_query'::regrole::oid]
      AND pg_get_expr(p.polqual, c.oid) LIKE '%app.tenant_id%'
      AND pg_get_expr(p.polqual, c.oid) LIKE '(' || CASE c.relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END || ' = %'
      AND pg_get_expr(p.polwithcheck, c.oid) = pg_get_expr(p.polqual, c.oid))
)sql"},
    {"test.other_policy", R"sql(
SELECT c.relname || ' has another policy ' || p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE p.polname <> 'tenant'
  AND NOT (p.polname = 'platform' AND p.polroles = ARRAY['pulse_dispatch'::regrole::oid])
)sql"},
    {"test.unique", R"sql(
SELECT i.indexrelid::regclass::text || ' is unique and does not start with tenant_id'
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND i.indkey[0] <> a.attnum
  AND i.indexrelid::regclass::text <> 'audit_log_pkey'
)sql"},
    {"test.foreign_key", R"sql(
SELECT f.conname || ' does not start with tenant_id'
FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attname = 'tenant_id'
WHERE f.contype = 'f' AND f.conkey[1] <> a.attnum
)sql"},
    {"test.owner", R"sql(
SELECT c.relname || ' is not owned by pulse_migrate' FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relowner <> 'pulse_migrate'::regrole
)sql"},
    {"test.rights", R"sql(
SELECT r || ' may ' || v || ' ' || c.relname FROM pg_class c,
  unnest(ARRAY['pulse_app', 'pulse_dispatch', 'pulse_query']) AS r,
  unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS v
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege(r, c.oid, v)
UNION ALL
SELECT 'pulse_query may ' || v || ' ' || c.relname FROM pg_class c,
  unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS v
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege('pulse_query', c.oid, v)
UNION ALL
SELECT r || ' may create in schema public' FROM unnest(ARRAY['pulse_app', 'pulse_dispatch', 'pulse_query']) AS r
WHERE has_schema_privilege(r, 'public', 'CREATE')
UNION ALL
SELECT 'pulse_app may ' || v || ' audit_log' FROM unnest(ARRAY['UPDATE', 'DELETE']) AS v
WHERE has_table_privilege('pulse_app', 'audit_log', v)
)sql"},
    // pulse_dispatch sees every tenant: no payload, no secret, no text a tenant wrote.
    {"test.dispatch_columns", R"sql(
SELECT 'pulse_dispatch may read ' || c.relname || '.' || a.attname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_column_privilege('pulse_dispatch', c.oid, a.attnum, 'SELECT')
  AND (a.attname IN ('ciphertext', 'body', 'params', 'error', 'request', 'sample', 'message',
         'base_url', 'account', 'scope')
       OR c.relname NOT IN ('tenants', 'integrations', 'secrets', 'etl_jobs', 'etl_steps', 'schedules',
         'workers', 'leader', 'schema_migrations'))
)sql"},
    {"test.secrets", R"sql(
SELECT 'pulse_query may read ' || t FROM unnest(ARRAY['secrets', 'raw_bodies', 'raw_bodies_default',
  'staged_rows', 'audit_log', 'etl_steps', 'schedules', 'workers']) AS t
WHERE has_any_column_privilege('pulse_query', t, 'SELECT')
)sql"},
    {"test.roles", R"sql(
SELECT rolname || ' may log in or more' FROM pg_roles
WHERE rolname IN ('pulse_migrate', 'pulse_app', 'pulse_dispatch', 'pulse_query')
  AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
UNION ALL
SELECT m.member::regrole || ' is a member of ' || m.roleid::regrole FROM pg_auth_members m
WHERE m.member::regrole::text LIKE 'pulse\_%' AND m.member::regrole::text <> 'pulse_login'
)sql"},
    {"test.definers", R"sql(
SELECT 'function ' || proname || ' runs as its owner' FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosecdef AND proname <> 'ensure_raw_body_partitions'
UNION ALL
SELECT 'view ' || relname || ' runs as its owner' FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND (relkind = 'm' OR (relkind = 'v'
    AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)))
)sql"},
    {"test.invalid_indexes", R"sql(
SELECT indexrelid::regclass || ' is invalid' FROM pg_index WHERE NOT indisvalid
)sql"},
};

std::vector<std::string> Offences(const TestDatabase& database) {
  const auto connection = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  std::vector<std::string> offences;
  for (const Query& rule : kRules) {
    const Rows rows = Value(connection->Run(rule));
    for (const Row row : rows) offences.emplace_back(row.Text(0));
  }
  return offences;
}

TEST(Schema, KeepsEveryRuleAboutTenantsAndRoles) {
  const TestDatabase database;
  const auto connection = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  const Rows tables = Value(connection->Run(kTablesWithTenant));
  EXPECT_GT(tables.size(), 35);  // Or the rules would have nothing to look at.
  EXPECT_THAT(Offences(database), IsEmpty());
}

TEST(Schema, IsNoticedWhenATableForgetsARule) {
  const TestDatabase database;
  const std::string own = "tenant_id = " + std::string(kCurrentTenant);
  database.Execute("CREATE TABLE forgotten (id bigint PRIMARY KEY)");
  database.Execute("CREATE TABLE bare (tenant_id bigint, id bigint PRIMARY KEY)");
  database.Execute("CREATE TABLE unforced (tenant_id bigint)");
  database.Execute("ALTER TABLE unforced ENABLE ROW LEVEL SECURITY");
  database.Execute("CREATE TABLE half (tenant_id bigint)");
  database.Execute("ALTER TABLE half ENABLE ROW LEVEL SECURITY");
  database.Execute("ALTER TABLE half FORCE ROW LEVEL SECURITY");
  database.Execute(
      "CREATE POLICY tenant ON half TO pulse_app, pulse_query USING (" + own + ") WITH CHECK (true)"
  );
  database.Execute("CREATE POLICY open ON half TO pulse_app USING (true)");
  database.Execute(
      "CREATE TABLE raw_bodies_1999 PARTITION OF raw_bodies"
      " FOR VALUES FROM ('1999-01-01') TO ('1999-02-01')"
  );
  database.Execute(
      "CREATE TABLE points (tenant_id bigint, job_id bigint, job_tenant bigint,"
      " CONSTRAINT fk_backwards FOREIGN KEY (job_tenant, job_id)"
      " REFERENCES etl_jobs (tenant_id, id))"
  );
  database.Execute("GRANT TRUNCATE ON work_items TO pulse_app");
  database.Execute("GRANT INSERT ON prs TO pulse_query");
  database.Execute("GRANT SELECT (ciphertext) ON secrets TO pulse_dispatch");
  database.Execute("GRANT SELECT (body) ON raw_bodies TO pulse_query");
  database.Execute("GRANT DELETE ON audit_log TO pulse_app");
  database.Execute("CREATE VIEW peek AS SELECT * FROM work_items");
  database.Execute(
      "CREATE FUNCTION leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
      " AS 'SELECT count(*) FROM work_items'"
  );

  const std::vector<std::string> offences = Offences(database);

  for (const char* offence :
       {"forgotten has no tenant_id",
        "bare is not under forced",
        "bare lacks the tenant policy",
        "bare_pkey is unique and does not",
        "unforced is not under forced",
        "half lacks the tenant policy",
        "half has another policy open",
        "raw_bodies_1999 is not under forced",
        "fk_backwards does not start",
        "forgotten is not owned by pulse_migrate",
        "pulse_app may TRUNCATE work_items",
        "pulse_query may INSERT prs",
        "pulse_dispatch may read secrets.ciphertext",
        "pulse_query may read raw_bodies",
        "pulse_app may DELETE audit_log",
        "view peek runs as its owner",
        "function leak runs as its owner"}) {
    EXPECT_THAT(offences, Contains(HasSubstr(offence)));
  }
}

TEST(Schema, HasEveryDescribedColumnWithItsType) {
  const TestDatabase database;
  const auto connection = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  constexpr Query kColumns{
      "test.columns",
      "SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' !' "
      "ELSE '' END"
      " FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 ORDER BY attnum"
  };
  for (const model::Table* table : model::kTables) {
    std::vector<std::string> present;
    const Rows rows = Value(connection->Run(kColumns, table->name));
    for (const Row row : rows) present.emplace_back(row.Text(0));
    std::vector<std::string> described;
    for (const StoredColumn& column : StoredColumns(*table)) {
      const std::string type = column.type == "float8"        ? "double precision"
                               : column.type == "timestamptz" ? "timestamp with time zone"
                                                              : std::string(column.type);
      described.push_back(std::string(column.name) + " " + type + (column.required ? " !" : ""));
    }
    EXPECT_EQ(present, described) << table->name;
  }
}

/// A role and something it must not be able to do.
struct Forbidden {
  std::string_view role;
  const char* statement;
};

TEST(Roles, MayDoNothingBeyondTheirWork) {
  const TestDatabase database;
  const Forbidden forbidden[] = {
      {kAppRole, "TRUNCATE work_items"},
      {kAppRole, "CREATE TABLE mine (id bigint)"},
      {kAppRole, "ALTER TABLE work_items DISABLE ROW LEVEL SECURITY"},
      {kAppRole, "DROP TABLE work_items"},
      {kAppRole, "CREATE POLICY open ON work_items USING (true)"},
      {kAppRole, "UPDATE audit_log SET actor = 'nobody'"},
      {kAppRole, "DELETE FROM audit_log"},
      {kAppRole, "INSERT INTO tenants (name, created_at) VALUES ('x', now())"},
      {kAppRole, "UPDATE tenants SET name = 'x'"},
      {kAppRole, "INSERT INTO leader VALUES (1, 1, 1, now())"},
      {kAppRole, "COPY work_items TO '/tmp/x'"},
      {kAppRole, "ALTER ROLE pulse_app BYPASSRLS"},
      {kDispatchRole, "SELECT params FROM etl_steps"},
      {kDispatchRole, "SELECT ciphertext FROM secrets"},
      {kDispatchRole, "SELECT body FROM raw_bodies"},
      {kDispatchRole, "SELECT body FROM raw_bodies_default"},
      {kDispatchRole, "SELECT title FROM work_items"},
      {kDispatchRole, "SELECT base_url FROM integrations"},
      {kDispatchRole, "SELECT sample FROM dead_letters"},
      {kDispatchRole, "SELECT detail FROM audit_log"},
      {kDispatchRole, "DELETE FROM etl_steps"},
      {kDispatchRole, "UPDATE etl_steps SET tenant_id = 1"},
      {kDispatchRole, "UPDATE etl_jobs SET status = 'finished'"},
      {kDispatchRole, "DELETE FROM tenants"},
      {kQueryRole, "INSERT INTO work_items DEFAULT VALUES"},
      {kQueryRole, "UPDATE work_items SET title = 'x'"},
      {kQueryRole, "DELETE FROM work_items"},
      {kQueryRole, "SELECT ciphertext FROM secrets"},
      {kQueryRole, "SELECT body FROM raw_bodies"},
      {kQueryRole, "SELECT set_config('app.tenant_id', '1', true)"},
      {kQueryRole, "SELECT pg_advisory_lock(1)"},
      {kQueryRole, "SELECT pg_try_advisory_xact_lock(1, 2)"},
      {kQueryRole, "SELECT pg_notify('pulse_changes', '')"},
      {kQueryRole, "SELECT ensure_raw_body_partitions(1)"},
      {kQueryRole, "SELECT pg_read_file('/etc/passwd')"},
      {kQueryRole, "CREATE TEMP TABLE mine AS SELECT set_config('a.b', 'c', true)"},
      {kQueryRole, "SELECT rolpassword FROM pg_authid"},
  };
  for (const Forbidden& attempt : forbidden) {
    const auto connection = Value(Connection::Open({.url = database.url(), .role = attempt.role}));
    EXPECT_FALSE(connection->Execute(attempt.statement, "test"))
        << attempt.role << ": " << attempt.statement;
    EXPECT_EQ(connection->last_sqlstate(), "42501") << attempt.role << ": " << attempt.statement;
  }
}

TEST(Roles, SeeNothingWithoutATenant) {
  const TestDatabase database;
  database.Execute("INSERT INTO tenants (name, created_at) VALUES ('acme', now())");
  constexpr Query kSeen{"test.seen", "SELECT count(*) FROM tenants"};
  const auto app = Value(Connection::Open({.url = database.url()}));
  EXPECT_EQ(Value(app->Run(kSeen))[0].Int(0), 0);
  Pool pool({.connection = {.url = database.url()}});
  auto own = Value(pool.Begin(TenantId{1}));
  EXPECT_EQ(Value(own.Run(kSeen))[0].Int(0), 1);
  auto other = Value(pool.Begin(TenantId{2}));
  EXPECT_EQ(Value(other.Run(kSeen))[0].Int(0), 0);
}

TEST(RawBodies, HavePartitionsAheadAndADefaultThatRefusesNothing) {
  const TestDatabase database;
  constexpr Query kPartitions{
      "test.partitions", "SELECT count(*) FROM pg_inherits WHERE inhparent = 'raw_bodies'::regclass"
  };
  constexpr Query kEnsure{"test.ensure", "SELECT ensure_raw_body_partitions($1::integer)"};
  const auto behind = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  EXPECT_EQ(Value(behind->Run(kPartitions))[0].Int(0), 4);  // This month, two more, the default.
  const auto dispatch = Value(Connection::Open({.url = database.url(), .role = kDispatchRole}));
  EXPECT_EQ(Value(dispatch->Run(kEnsure, 2))[0].Int(0), 0);
  EXPECT_EQ(Value(dispatch->Run(kEnsure, 4))[0].Int(0), 2);
  EXPECT_THAT(Offences(database), IsEmpty());

  // A month whose bodies came before its partition stays in the default one.
  database.Execute(
      "INSERT INTO raw_bodies SELECT 1, 1, now() + interval '5 months', ''::bytea "
      "UNION ALL SELECT 1, 2, '1970-01-01', ''::bytea"
  );
  EXPECT_EQ(Value(dispatch->Run(kEnsure, 6))[0].Int(0), 1);
  EXPECT_EQ(Value(dispatch->Run(kEnsure, 6))[0].Int(0), 0);
}

}  // namespace
}  // namespace pulse::store::postgres
