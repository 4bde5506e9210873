#include "pulse/store/postgres/roles.h"

#include <vector>

#include "pulse/model/tables.h"

namespace pulse::store::postgres {
namespace {

constexpr std::string_view kRoles[] = {kMigrateRole, kAppRole, kDispatchRole, kQueryRole};

// One function each would let a person's SELECT change its tenant, hold up the workers or wake them
// all the time.
constexpr std::string_view kGuardedFunctions[] = {
    "set_config(text, text, boolean)",
    "pg_notify(text, text)",
    "pg_advisory_lock(bigint)",
    "pg_advisory_lock(integer, integer)",
    "pg_advisory_lock_shared(bigint)",
    "pg_advisory_lock_shared(integer, integer)",
    "pg_advisory_xact_lock(bigint)",
    "pg_advisory_xact_lock(integer, integer)",
    "pg_advisory_xact_lock_shared(bigint)",
    "pg_advisory_xact_lock_shared(integer, integer)",
    "pg_try_advisory_lock(bigint)",
    "pg_try_advisory_lock(integer, integer)",
    "pg_try_advisory_lock_shared(bigint)",
    "pg_try_advisory_lock_shared(integer, integer)",
    "pg_try_advisory_xact_lock(bigint)",
    "pg_try_advisory_xact_lock(integer, integer)",
    "pg_try_advisory_xact_lock_shared(bigint)",
    "pg_try_advisory_xact_lock_shared(integer, integer)",
};

constexpr Query kSelf{"roles.self", "SELECT session_user::text, current_database()::text"};
// What is not as it should be, one line each.
constexpr Query kMissing{"roles.missing", R"sql(
SELECT 'role ' || r || ' does not exist' FROM unnest($1::text[]) AS r
WHERE to_regrole(r) IS NULL
UNION ALL
SELECT 'login ' || session_user || ' is not a member of ' || r FROM unnest($1::text[]) AS r
WHERE to_regrole(r) IS NOT NULL AND NOT pg_has_role(session_user, r, 'MEMBER')
UNION ALL
SELECT 'role ' || rolname || ' may log in, bypass row-level security or is a superuser'
FROM pg_roles
WHERE rolname = ANY ($1::text[]) AND (rolcanlogin OR rolbypassrls OR rolsuper OR rolcreaterole)
UNION ALL
SELECT 'pulse_migrate may not create in schema public'
WHERE to_regrole('pulse_migrate') IS NOT NULL
  AND NOT has_schema_privilege('pulse_migrate', 'public', 'CREATE')
UNION ALL
SELECT f || ' may be called by everybody' FROM unnest($2::text[]) AS f
WHERE to_regrole('pulse_query') IS NOT NULL
  AND has_function_privilege('pulse_query', 'pg_catalog.' || f, 'EXECUTE')
UNION ALL
SELECT r || ' may not call ' || f FROM unnest($2::text[]) AS f,
  unnest(ARRAY['pulse_migrate', 'pulse_app', 'pulse_dispatch']) AS r
WHERE to_regrole(r) IS NOT NULL AND NOT has_function_privilege(r, 'pg_catalog.' || f, 'EXECUTE')
)sql"};

// The ledger's tables with a tenant; those of the domain are described in the model.
constexpr std::string_view kTenantTables[] = {
    "integrations",
    "secrets",
    "etl_jobs",
    "etl_steps",
    "job_entities",
    "job_api_calls",
    "job_gaps",
    "job_windows",
    "job_seen",
    "job_census",
    "sync_windows",
    "schedules",
    "raw_extraction_data",
    "raw_bodies",
    "staged_rows",
    "dead_letters",
};
// A role, a right and a table, where the role lacks the right even for single columns. $1: all
// tables with a tenant, $2: those of the domain.
constexpr Query kRightsMissing{"roles.rights_missing", R"sql(
SELECT w.role, w.may, w.name FROM (
  SELECT 'pulse_app', v, t FROM unnest($1::text[]) AS t,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS v
  UNION ALL VALUES ('pulse_app', 'SELECT', 'audit_log'), ('pulse_app', 'INSERT', 'audit_log'),
    ('pulse_app', 'SELECT', 'tenants'), ('pulse_app', 'SELECT', 'schema_migrations'),
    ('pulse_dispatch', 'SELECT', 'tenants'), ('pulse_dispatch', 'INSERT', 'tenants'),
    ('pulse_dispatch', 'SELECT', 'integrations'), ('pulse_dispatch', 'SELECT', 'secrets'),
    ('pulse_dispatch', 'SELECT', 'etl_jobs'), ('pulse_dispatch', 'SELECT', 'etl_steps'),
    ('pulse_dispatch', 'UPDATE', 'etl_steps'), ('pulse_dispatch', 'SELECT', 'schedules'),
    ('pulse_dispatch', 'UPDATE', 'schedules')
  UNION ALL
  SELECT 'pulse_dispatch', v, t FROM unnest(ARRAY['workers', 'leader']) AS t,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS v
  UNION ALL
  SELECT 'pulse_query', 'SELECT', t FROM unnest($2::text[] || ARRAY['tenants', 'integrations',
    'etl_jobs', 'raw_extraction_data', 'dead_letters']) AS t
) AS w (role, may, name)
WHERE to_regclass('public.' || w.name) IS NOT NULL
  AND NOT CASE w.may WHEN 'DELETE' THEN has_table_privilege(w.role, 'public.' || w.name, w.may)
    ELSE has_any_column_privilege(w.role, 'public.' || w.name, w.may) END
ORDER BY 1, 3, 2
)sql"};

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

Result<std::vector<std::string>> Missing(Connection& connection, RoleUse use) {
  std::vector<std::string_view> roles(std::begin(kRoles), std::end(kRoles));
  if (use == RoleUse::kServe) std::erase(roles, kMigrateRole);
  const std::vector<std::string_view> functions(
      std::begin(kGuardedFunctions), std::end(kGuardedFunctions)
  );
  PULSE_TRY(const Rows rows, connection.Run(kMissing, Array::Of(roles), Array::Of(functions)));
  std::vector<std::string> missing;
  for (const Row row : rows) missing.emplace_back(row.Text(0));
  return missing;
}

Error RightsMissing(const std::string& what, const std::string& script) {
  const bool of_migration = what.ends_with("member of " + std::string(kMigrateRole));
  return Error{
      ErrorKind::kInvalid,
      "database rights: " + what +
          (of_migration ? ", which services need not be; migrate with a login that is, or" : ";") +
          " a superuser has to run this once in the database:\n" + script
  };
}

struct Self {
  std::string login;
  std::string database;
};
Result<Self> WhoAmI(Connection& connection) {
  PULSE_TRY(const Rows rows, connection.Run(kSelf));
  return Self{std::string(rows[0].Text(0)), std::string(rows[0].Text(1))};
}

}  // namespace

std::string RoleScript(std::string_view login, std::string_view database, RoleUse use) {
  std::string script;
  for (const std::string_view role : kRoles) {
    // Another program may make it at this very moment.
    script.append("DO $$ BEGIN IF to_regrole('")
        .append(role)
        .append("') IS NULL THEN CREATE ROLE ")
        .append(role)
        .append(
            " NOLOGIN; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END "
            "$$;\n"
        );
  }
  for (const std::string_view role : kRoles) {
    if (role == kMigrateRole && use == RoleUse::kServe) continue;
    script.append("DO $$ BEGIN IF NOT pg_has_role('")
        .append(login)
        .append("', '")
        .append(role)
        .append("', 'MEMBER') THEN GRANT ")
        .append(role)
        .append(" TO ")
        .append(Quoted(login))
        .append("; END IF; EXCEPTION WHEN unique_violation THEN NULL; END $$;\n");
  }
  script.append("GRANT CONNECT ON DATABASE ").append(Quoted(database));
  script.append(" TO pulse_migrate, pulse_app, pulse_dispatch, pulse_query;\n");
  script += "GRANT USAGE, CREATE ON SCHEMA public TO pulse_migrate;\n";
  script += "GRANT USAGE ON SCHEMA public TO pulse_app, pulse_dispatch, pulse_query;\n";
  std::string functions;
  for (const std::string_view function : kGuardedFunctions) {
    if (!functions.empty()) functions += ",\n  ";
    functions.append("pg_catalog.").append(function);
  }
  script.append("REVOKE EXECUTE ON FUNCTION ").append(functions).append("\n  FROM PUBLIC;\n");
  script.append("GRANT EXECUTE ON FUNCTION ").append(functions);
  return script.append("\n  TO pulse_migrate, pulse_app, pulse_dispatch;\n");
}

Result<> CheckRoles(Connection& connection, RoleUse use) {
  PULSE_TRY(const std::vector<std::string> missing, Missing(connection, use));
  if (missing.empty()) return {};
  PULSE_TRY(const Self self, WhoAmI(connection));
  return RightsMissing(missing.front(), RoleScript(self.login, self.database, use));
}

Result<> CheckRights(Connection& connection) {
  std::vector<std::string_view> domain;
  for (const model::Table* table : model::kTables) domain.push_back(table->name);
  std::vector<std::string_view> all(std::begin(kTenantTables), std::end(kTenantTables));
  all.insert(all.end(), domain.begin(), domain.end());
  PULSE_TRY(const Rows rows, connection.Run(kRightsMissing, Array::Of(all), Array::Of(domain)));
  if (rows.empty()) return {};
  const std::string role(rows[0].Text(0));
  const std::string right(rows[0].Text(1));
  const std::string table(rows[0].Text(2));
  return Error{
      ErrorKind::kInvalid,
      "database rights: role " + role + " may not " + right + " " + table +
          (rows.size() > 1 ? ", and " + std::to_string(rows.size() - 1) + " more" : "") +
          "; as pulse_migrate: GRANT " + right + " ON " + table + " TO " + role
  };
}

Result<> EnsureRoles(Connection& connection) {
  PULSE_TRY(const std::vector<std::string> missing, Missing(connection, RoleUse::kMigrate));
  if (missing.empty()) return {};
  PULSE_TRY(const Self self, WhoAmI(connection));
  const std::string script = RoleScript(self.login, self.database);
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    auto made = connection.Execute(script, "roles.script");
    if (made) break;
    // Two programs changed one catalog row at once, in two databases of the cluster.
    const std::string& state = connection.last_sqlstate();
    const bool lost_race = state == "XX000" || state == "40P01" || state == "23505";
    if (lost_race && attempt < kAttempts) continue;
    if (state == "42501") return RightsMissing(missing.front(), script);
    return std::move(made).error();
  }
  return CheckRoles(connection, RoleUse::kMigrate);
}

}  // namespace pulse::store::postgres
