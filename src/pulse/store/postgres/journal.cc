#include "pulse/store/postgres/journal.h"

namespace pulse::store::postgres {
namespace {

constexpr Query kExists{
    // Journals from before the grant show their single statements to the owner alone.
    "journal.exists",
    "SELECT to_regclass('public.schema_statements') IS NOT NULL,"
    " coalesce(has_table_privilege(to_regclass('public.schema_statements'), 'SELECT'), false)"
};
constexpr Query kMigrations{
    // to_jsonb: a journal from before the column does not have it.
    "journal.migrations",
    "SELECT number, name, checksum, applied_at,"
    " coalesce((to_jsonb(m) ->> 'oldest_code')::integer, 0) FROM schema_migrations m"
};
constexpr Query kStatements{
    "journal.statements", "SELECT number, ordinal, checksum FROM schema_statements"
};
constexpr Query kBegun{
    "journal.begun",
    "INSERT INTO schema_migrations (number, name, checksum, oldest_code) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (number) DO UPDATE SET name = excluded.name, checksum = excluded.checksum,"
    " oldest_code = excluded.oldest_code"
};
constexpr Query kStatement{
    "journal.statement",
    "INSERT INTO schema_statements (number, ordinal, checksum) VALUES ($1, $2, $3)"
    " ON CONFLICT (number, ordinal) DO UPDATE SET checksum = excluded.checksum"
};
constexpr Query kDone{
    "journal.done", "UPDATE schema_migrations SET applied_at = clock_timestamp() WHERE number = $1"
};
constexpr Query kForgetStatements{
    "journal.forget_statements", "DELETE FROM schema_statements WHERE number = $1"
};
constexpr Query kForget{"journal.forget", "DELETE FROM schema_migrations WHERE number = $1"};

template <class... Values>
Result<> Do(Connection& connection, const Query& query, const Values&... values) {
  if (auto done = connection.Run(query, values...); !done) return std::move(done).error();
  return {};
}

}  // namespace

Result<> CreateJournal(Connection& connection) {
  return connection.Execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY,"
      " name text NOT NULL, checksum bigint NOT NULL, applied_at timestamptz,"
      " oldest_code integer NOT NULL DEFAULT 0);"
      // Asked first: ALTER TABLE would wait for every reader even with nothing to add.
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_attribute"
      " WHERE attrelid = 'schema_migrations'::regclass AND attname = 'oldest_code') THEN"
      " ALTER TABLE schema_migrations ADD COLUMN oldest_code integer NOT NULL DEFAULT 0;"
      " END IF; END $$;"
      "CREATE TABLE IF NOT EXISTS schema_statements (number integer NOT NULL"
      " REFERENCES schema_migrations, ordinal integer NOT NULL, checksum bigint NOT NULL,"
      " done_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (number, ordinal));"
      "GRANT SELECT ON schema_migrations TO pulse_app, pulse_dispatch;"
      "GRANT SELECT ON schema_statements TO pulse_app;",
      "journal.create"
  );
}

Result<> DropJournal(Connection& connection) {
  return connection.Execute(
      "DROP TABLE IF EXISTS schema_statements; DROP TABLE IF EXISTS schema_migrations",
      "journal.drop"
  );
}

Result<Applied> ReadJournal(Connection& connection) {
  Applied applied;
  PULSE_TRY(const Rows exists, connection.Run(kExists));
  if (!exists[0].Bool(0)) return applied;
  PULSE_TRY(const Rows migrations, connection.Run(kMigrations));
  for (const Row row : migrations) {
    applied[static_cast<int>(row.Int(0))] = {
        .name = std::string(row.Text(1)),
        .checksum = row.Int(2),
        .applied_at = row.OptionalTime(3),
        .oldest_code = static_cast<int>(row.Int(4))
    };
  }
  if (!exists[0].Bool(1)) return applied;
  PULSE_TRY(const Rows statements, connection.Run(kStatements));
  for (const Row row : statements) {
    const int ordinal = static_cast<int>(row.Int(1));
    applied[static_cast<int>(row.Int(0))].statements[ordinal] = row.Int(2);
  }
  return applied;
}

Result<> RecordBegun(
    Connection& connection,
    int number,
    std::string_view name,
    std::int64_t checksum,
    int oldest_code
) {
  return Do(connection, kBegun, number, name, checksum, oldest_code);
}

Result<> RecordStatement(Connection& connection, int number, int ordinal, std::int64_t checksum) {
  return Do(connection, kStatement, number, ordinal, checksum);
}

Result<> RecordDone(Connection& connection, int number) { return Do(connection, kDone, number); }

Result<> Forget(Connection& connection, int number) {
  PULSE_CHECK(Do(connection, kForgetStatements, number));
  return Do(connection, kForget, number);
}

}  // namespace pulse::store::postgres
