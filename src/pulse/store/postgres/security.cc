#include "pulse/store/postgres/security.h"

#include "pulse/store/postgres/connection.h"
#include "pulse/store/postgres/sql/security.h"

namespace pulse::store::postgres {
namespace {

/// A list of names that ought to be empty.
struct Offenders {
  const Query& query;
  std::string_view check;
  std::string_view when_none;
  std::string_view what;  ///< Follows the names.
  std::string_view fix;
};

Result<SecurityFact> LookFor(Connection& db, const Offenders& offenders) {
  PULSE_TRY(const Rows rows, db.Run(offenders.query));
  const std::string names(rows[0].Text(0));
  if (names.empty()) {
    return SecurityFact{
        .check = std::string(offenders.check), .found = std::string(offenders.when_none), .fix = {}
    };
  }
  return SecurityFact{
      .check = std::string(offenders.check),
      .good = false,
      .found = names + std::string(offenders.what),
      .fix = std::string(offenders.fix),
  };
}

Result<SecurityFact> ExamineLogin(Connection& db) {
  PULSE_TRY(const Rows rows, db.Run(sql::security::login));
  const std::string login(rows[0].Text(0));
  SecurityFact fact{
      .check = "database-role", .found = "login " + login + ", works as pulse_app", .fix = {}
  };
  if (rows[0].Bool(1) || rows[0].Bool(2)) {
    fact.good = false;
    fact.found =
        "login " + login + (rows[0].Bool(1) ? " is a superuser" : " bypasses row-level security");
    fact.fix =
        "CREATE ROLE pulse_service LOGIN NOINHERIT PASSWORD '…' IN ROLE pulse_app, pulse_dispatch, "
        "pulse_query; then use it in DATABASE_URL";
  }
  return fact;
}

Result<SecurityFact> ExamineQueryRole(Connection& db) {
  PULSE_TRY(const Rows rows, db.Run(sql::security::query_role_may_set));
  if (!rows[0].Bool(0)) {
    return SecurityFact{
        .check = "set_config", .found = "pulse_query cannot change its tenant", .fix = {}
    };
  }
  return SecurityFact{
      .check = "set_config",
      .good = false,
      .found = "pulse_query may call set_config: a typed SELECT could change its tenant",
      .fix = "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
  };
}

Result<SecurityFact> ExamineEncryption(Connection& db) {
  PULSE_TRY(const Rows rows, db.Run(sql::security::encrypted));
  const bool encrypted = rows[0].Bool(0);
  const bool local = rows[0].Bool(1);
  return SecurityFact{
      .check = "database-tls",
      .good = encrypted || local,
      .found = encrypted ? "the connection is encrypted"
               : local   ? "not encrypted, on this machine only"
                         : "the connection is not encrypted",
      .fix =
          encrypted || local ? "" : "ssl = on at the server, sslmode=verify-full in DATABASE_URL",
  };
}

SecurityFact Durable(std::string_view setting, std::string_view value, bool good) {
  return {
      .check = std::string(setting),
      .good = good,
      .found = std::string(value),
      .fix = good ? ""
                  : "ALTER SYSTEM SET " + std::string(setting) + " = on; a crash could lose " +
                        "what was acknowledged",
  };
}

/// The one setting of the three that may be set closer to us than in the server's files, where
/// ALTER SYSTEM does not reach.
SecurityFact SynchronousCommit(const Row& row) {
  SecurityFact fact = Durable("synchronous_commit", row.Text(2), row.Text(2) != "off");
  const std::string_view source = row.Text(3);
  const std::string login(row.Text(5));
  const std::string database(row.Text(6));
  std::string undo;
  if (source == "user") undo = "ALTER ROLE " + login;
  if (source == "database") undo = "ALTER DATABASE " + database;
  if (source == "database user") undo = "ALTER ROLE " + login + " IN DATABASE " + database;
  if (fact.good || undo.empty()) return fact;
  fact.found += ", for this " + std::string(source);
  fact.fix = undo + " RESET synchronous_commit; a crash could lose what was acknowledged";
  return fact;
}

Result<> ExamineDurability(Connection& db, std::vector<SecurityFact>& facts) {
  PULSE_TRY(const Rows rows, db.Run(sql::security::settings));
  facts.push_back(Durable("fsync", rows[0].Text(0), rows[0].Text(0) == "on"));
  facts.push_back(Durable("full_page_writes", rows[0].Text(1), rows[0].Text(1) == "on"));
  facts.push_back(SynchronousCommit(rows[0]));
  const bool scram = rows[0].Text(4) == "scram-sha-256";
  facts.push_back(
      {.check = "password_encryption",
       .good = scram,
       .found = std::string(rows[0].Text(4)),
       .fix = scram ? ""
                    : "ALTER SYSTEM SET password_encryption = 'scram-sha-256', set passwords again"}
  );
  return {};
}

}  // namespace

Result<std::vector<SecurityFact>> ExamineSecurity(const std::string& url) {
  PULSE_TRY(
      const auto db,
      Connection::Open({.url = url, .application_name = "pulse doctor", .plans = Plans::kAny})
  );
  const Offenders lists[] = {
      {.query = sql::security::mighty_service_roles,
       .check = "service-roles",
       .when_none = "pulse_app, pulse_dispatch and pulse_query have no special power",
       .what = " may do more than its work needs",
       .fix = "ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION"},
      {.query = sql::security::tables_owned_by_services,
       .check = "table-owners",
       .when_none = "no service role owns a table",
       .what = " belong to a service role, which could switch its protection off",
       .fix = "ALTER TABLE … OWNER TO pulse_migrate"},
      {.query = sql::security::unprotected_tables,
       .check = "row-level-security",
       .when_none = "enabled and forced, with a policy, on every table of tenants",
       .what = " can be read across tenants",
       .fix = "pulse db migrate"},
      {.query = sql::security::definer_functions,
       .check = "definer-functions",
       .when_none = "none that a typed SELECT could call",
       .what = " run with another's rights and may be called by pulse_query",
       .fix = "REVOKE EXECUTE ON FUNCTION … FROM PUBLIC"},
      {.query = sql::security::invalid_indexes,
       .check = "indexes",
       .when_none = "all valid",
       .what = " were never finished",
       .fix = "pulse db migrate"},
  };
  std::vector<SecurityFact> facts;
  PULSE_TRY(SecurityFact login, ExamineLogin(*db));
  facts.push_back(std::move(login));
  for (const Offenders& offenders : lists) {
    PULSE_TRY(SecurityFact fact, LookFor(*db, offenders));
    facts.push_back(std::move(fact));
  }
  PULSE_TRY(SecurityFact query_role, ExamineQueryRole(*db));
  facts.push_back(std::move(query_role));
  PULSE_TRY(SecurityFact encryption, ExamineEncryption(*db));
  facts.push_back(std::move(encryption));
  PULSE_CHECK(ExamineDurability(*db, facts));
  return facts;
}

}  // namespace pulse::store::postgres
