#include "pulse/store/postgres/migrator.h"

#include <cstdio>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/store/postgres/pool.h"
#include "pulse/store/postgres/test_store.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using ::testing::HasSubstr;
using testing::KindOf;
using testing::Value;

constexpr Query kIsValid{
    "test.is_valid",
    "SELECT indisvalid AND NOT indisunique FROM pg_index WHERE indexrelid = to_regclass($1)"
};

/// Empty, with the roles' rights in place, as an administrator leaves it.
class EmptyDatabase : public TestDatabase {
 public:
  EmptyDatabase() : TestDatabase("template1") { Execute(RoleScript("pulse_login", name())); }
  std::unique_ptr<Migrator> migrator() const { return NewPostgresMigrator({.url = url()}); }
};

/// What pg_dump says of the schema, without the lines that are random.
std::string DumpSchema(const TestDatabase& database) {
  const std::string command = "/usr/lib/postgresql/15/bin/pg_dump --schema-only --dbname='" +
                              database.superuser_url() + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a fixed program.
  std::string dump;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string_view text = line;
    if (!text.starts_with("\\restrict") && !text.starts_with("\\unrestrict")) dump += text;
  }
  EXPECT_EQ(::pclose(pipe), 0);
  return dump;
}

const std::string& ExpectedSchema() {
  static const std::string schema = DumpSchema(TestDatabase());
  return schema;
}

/// Runs Up in a process that dies at the failpoint; false when it was not reached.
bool DiesAt(const std::string& failpoint, const TestDatabase& database) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = "PULSE_FAILPOINT=" + failpoint + ":kill PULSE_TEST_DATABASE='" +
                              database.url() + "' " + self +
                              " --gtest_also_run_disabled_tests"
                              " --gtest_filter=MigratorProcess.DISABLED_GoesUp >/dev/null 2>&1";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread.
  const int status = std::system(("exec env " + command).c_str());
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(MigratorProcess, DISABLED_GoesUp) {
  const char* url =
      std::getenv("PULSE_TEST_DATABASE");  // NOLINT(concurrency-mt-unsafe): one thread.
  ASSERT_NE(url, nullptr);
  Value(NewPostgresMigrator({.url = url})->Up());
}

TEST(PostgresMigrator, SaysWhatIsThereAndWhatItWouldDo) {
  const EmptyDatabase database;
  const auto migrator = database.migrator();
  const SchemaState empty = Value(migrator->Status());
  EXPECT_EQ(empty.version, 0);
  EXPECT_EQ(empty.latest, LatestSchemaVersion());
  const std::size_t planned = Value(migrator->Plan()).size();
  EXPECT_GT(planned, 50U);

  const SchemaState up = Value(migrator->Up());

  EXPECT_EQ(up.version, LatestSchemaVersion());
  EXPECT_FALSE(up.migrations.at(0).changed);
  EXPECT_GT(up.migrations.at(0).statements_done, 20);
  EXPECT_TRUE(Value(migrator->Plan()).empty());
}

TEST(PostgresMigrator, GivesTheSameSchemaUpDownUp) {
  ASSERT_THAT(ExpectedSchema(), HasSubstr("CREATE TABLE public.work_items"));
  ASSERT_THAT(ExpectedSchema(), HasSubstr("idx_raw_data_pending"));
  const EmptyDatabase database;
  const std::string empty = DumpSchema(database);
  const auto migrator = database.migrator();

  Value(migrator->Up());
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
  EXPECT_EQ(Value(migrator->Down(1)).version, 1);
  EXPECT_THAT(DumpSchema(database), ::testing::Not(HasSubstr("idx_raw_data_pending")));
  EXPECT_EQ(Value(migrator->Up()).version, LatestSchemaVersion());
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
  EXPECT_EQ(Value(migrator->Down(0)).version, 0);
  EXPECT_EQ(DumpSchema(database), empty);
  Value(migrator->Up());
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

TEST(PostgresMigrator, EndsAtTheSameSchemaWhereverItWasKilled) {
  const EmptyDatabase database;
  int deaths = 0;
  const auto kill = [&](const std::string& point, int from, int step) {
    for (int nth = from; DiesAt(point + ":" + std::to_string(nth), database); nth += step) ++deaths;
  };
  // One after the other in one database: each starts from what the one before left.
  EXPECT_TRUE(DiesAt("m0_migrator_locked:1", database));
  kill("m1_between_statements", 1, 1);
  EXPECT_GT(deaths, 100);
  Value(database.migrator()->Down(0));
  for (int round = 0; round < 12; ++round) {
    // The first one not journalled yet, again and again: every boundary between two commits.
    for (const char* point : {"m2_before_record:1", "m3_concurrent_phase:1", "m4_recorded:1"}) {
      deaths += DiesAt(point, database) ? 1 : 0;
    }
  }

  Value(database.migrator()->Up());

  EXPECT_GT(deaths, 110);
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

TEST(PostgresMigrator, LetsFourOfThemWorkAtOnce) {
  const EmptyDatabase database;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> migrators;
    for (int i = 0; i < 4; ++i) {
      migrators.emplace_back([&] {
        const auto state = database.migrator()->Up();
        EXPECT_TRUE(state) << state.error().message();
        if (state && state->version == LatestSchemaVersion()) ++done;
      });
    }
  }
  EXPECT_EQ(done, 4);
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

TEST(PostgresMigrator, BuildsAnIndexAgainThatAFailedBuildLeftInvalid) {
  const EmptyDatabase database;
  Value(database.migrator()->Up());
  Value(database.migrator()->Down(1));
  database.Execute("INSERT INTO tenants (name, created_at) VALUES ('a', now())");
  database.Execute(
      "INSERT INTO raw_extraction_data (tenant_id, entity_type, processing_status, created_at)"
      " SELECT id, 'x', 'pending', now() FROM tenants, generate_series(1, 2)"
  );
  // Two equal rows: the build fails and leaves its index behind.
  EXPECT_ANY_THROW(database.Execute(
      "CREATE UNIQUE INDEX CONCURRENTLY idx_raw_data_pending ON raw_extraction_data (entity_type)"
  ));
  const auto connection = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  ASSERT_FALSE(Value(connection->Run(kIsValid, "idx_raw_data_pending"))[0].Bool(0));

  Value(database.migrator()->Up());

  EXPECT_TRUE(Value(connection->Run(kIsValid, "idx_raw_data_pending"))[0].Bool(0));
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

// A long reader holds up DDL, and DDL that waits holds up everybody who comes after it.
TEST(PostgresMigrator, NeverMakesReadersWaitLongerThanItsLockTimeout) {
  using Clock = std::chrono::steady_clock;
  const TestDatabase database;
  const Migration alter{
      90,
      "alter",
      "ALTER TABLE audit_log ADD COLUMN more text",
      "ALTER TABLE audit_log DROP COLUMN more"
  };
  const auto reader = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  ASSERT_TRUE(reader->Execute("BEGIN; SELECT count(*) FROM audit_log", "test"));
  std::atomic<bool> migrated = false;
  std::jthread migrator([&] {
    const auto up = NewPostgresMigrator({.url = database.url(),
                                         .lock_timeout = std::chrono::milliseconds(200),
                                         .scripts = ScriptsWith(alter)})
                        ->Up();
    EXPECT_TRUE(up) << up.error().message();
    migrated = true;
  });
  const auto other = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  Clock::duration longest{};
  const auto end = Clock::now() + std::chrono::seconds(2);
  while (Clock::now() < end) {
    const auto began = Clock::now();
    ASSERT_TRUE(other->Execute("SELECT count(*) FROM audit_log", "test"));
    longest = std::max(longest, Clock::now() - began);
  }

  EXPECT_FALSE(migrated);
  EXPECT_GT(longest, std::chrono::milliseconds(50)) << "the migrator never waited for the table";
  EXPECT_LT(longest, std::chrono::seconds(1));
  ASSERT_TRUE(reader->Execute("COMMIT", "test"));
  migrator.join();
  EXPECT_TRUE(migrated);
}

TEST(PostgresMigrator, RefusesAScriptThatWasChangedAfterItRan) {
  const TestDatabase database;
  std::vector<Migration> scripts(std::begin(sql::kMigrations), std::end(sql::kMigrations));
  scripts.back().up = "SELECT 1";
  const auto changed = NewPostgresMigrator({.url = database.url(), .scripts = scripts})->Up();
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(changed.error().message(), HasSubstr("was changed after it ran"));
}

TEST(PostgresMigrator, LeavesADatabaseAloneThatTheNextReleaseHasExpanded) {
  const TestDatabase database;
  const auto next =
      NewPostgresMigrator({.url = database.url(), .scripts = ScriptsWith(kExpanding)});
  Value(next->Up());
  const std::string expanded = DumpSchema(database);
  const auto ours = NewPostgresMigrator({.url = database.url()});

  const SchemaState state = Value(ours->Up());

  EXPECT_EQ(state.version, 90);
  EXPECT_LE(state.oldest_supported, state.latest);
  EXPECT_EQ(state.migrations.back().name, "expanding");
  EXPECT_TRUE(Value(ours->Plan()).empty());
  EXPECT_EQ(KindOf(ours->Down(1)), ErrorKind::kInvalid) << "only the next release knows the way";
  EXPECT_EQ(DumpSchema(database), expanded);
  Value(next->Down(LatestSchemaVersion()));
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

TEST(PostgresMigrator, RefusesADatabaseThatIsContractedFromTheMomentThatBegins) {
  const TestDatabase database;
  const auto store = Value(OpenPostgresStore({.url = database.url()}));
  ASSERT_TRUE(store->Probe());
  // Dies at its second statement: what the first one took away is gone all the same.
  const Migration contracting{
      90,
      "contracting",
      "-- oldest code: 90\n-- concurrently\nDROP INDEX CONCURRENTLY ix_work_items_key; SELECT 1 / "
      "0;",
      "SELECT 1"
  };
  EXPECT_FALSE(
      NewPostgresMigrator({.url = database.url(), .scripts = ScriptsWith(contracting)})->Up()
  );

  const auto refusals = {
      OpenPostgresStore({.url = database.url()}).error(),
      NewPostgresMigrator({.url = database.url()})->Up().error(),
      NewPostgresMigrator({.url = database.url()})->Status().error(),
      store->Probe().error(),
  };

  for (const Error& refused : refusals) {
    EXPECT_EQ(refused.kind(), ErrorKind::kInvalid);
    EXPECT_THAT(refused.message(), HasSubstr("programs of schema 90 and later"));
    EXPECT_THAT(refused.message(), HasSubstr("use the newer pulse"));
  }
}

TEST(PostgresMigrator, ReadsAJournalThatKnowsNoOldestCodeAndAddsIt) {
  const TestDatabase database;
  database.Execute("ALTER TABLE schema_migrations DROP COLUMN oldest_code");
  ASSERT_TRUE(OpenPostgresStore({.url = database.url()}));

  Value(NewPostgresMigrator({.url = database.url()})->Up());

  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

TEST(PostgresMigrator, AddsWhatTheDescriptionGainedWithoutTouchingTheRest) {
  const TestDatabase database;
  database.Execute("ALTER TABLE prs DROP COLUMN title; DROP INDEX ix_work_items_key");
  database.Execute("UPDATE schema_migrations SET checksum = 0 WHERE number = 0");
  const auto migrator = NewPostgresMigrator({.url = database.url()});
  EXPECT_THAT(
      Value(migrator->Plan()),
      ::testing::IsSupersetOf(
          {std::string("ALTER TABLE prs ADD COLUMN IF NOT EXISTS title text"),
           std::string("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_work_items_key ON work_items "
                       "(tenant_id, key)")}
      )
  );
  const auto app = Value(Connection::Open({.url = database.url()}));
  const auto before = CheckSchema(*app);
  ASSERT_FALSE(before);
  EXPECT_THAT(before.error().message(), HasSubstr("prs.title"));

  Value(migrator->Up());

  EXPECT_EQ(Value(CheckSchema(*app)), LatestSchemaVersion());
  EXPECT_TRUE(Value(migrator->Plan()).empty());
}

TEST(PostgresMigrator, TellsAnAdministratorExactlyWhatToRun) {
  const TestDatabase database("template1");
  const auto refused = NewPostgresMigrator({.url = database.url()})->Up();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  const std::string message = refused.error().message();
  EXPECT_THAT(message, HasSubstr("superuser"));

  database.Execute(message.substr(message.find(":\n") + 2));

  EXPECT_EQ(
      Value(NewPostgresMigrator({.url = database.url()})->Up()).version, LatestSchemaVersion()
  );
}

TEST(PostgresMigrator, TellsALoginThatOnlyServesHowThingsAreAndRefusesItTheRest) {
  const TestDatabase database;
  const std::string login = "service_" + database.name();
  database.Execute(
      "CREATE ROLE " + login + " LOGIN NOINHERIT IN ROLE pulse_app, pulse_dispatch, pulse_query"
  );
  const auto migrator =
      NewPostgresMigrator({.url = TestDatabase::server().Url(login, database.name())});

  const SchemaState state = Value(migrator->Status());
  const auto up = migrator->Up();

  EXPECT_EQ(state.version, LatestSchemaVersion());
  EXPECT_GT(state.migrations.at(0).statements_done, 20);
  EXPECT_TRUE(Value(migrator->Plan()).empty());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(
      up.error().message(),
      HasSubstr("not a member of pulse_migrate, which services need not be; migrate with a login")
  );
  // A journal of before the grant shows less and is no reason to fail.
  database.Execute("REVOKE SELECT ON schema_statements FROM pulse_app");
  EXPECT_EQ(Value(migrator->Status()).version, LatestSchemaVersion());
  EXPECT_TRUE(Value(migrator->Plan()).empty());
  database.Execute("DROP ROLE " + login);
}

TEST(PostgresMigrator, MakesTheRolesRightItselfWhenTheLoginMay) {
  const TestDatabase database("template1");
  Value(NewPostgresMigrator({.url = database.superuser_url()})->Up());
  EXPECT_EQ(DumpSchema(database), ExpectedSchema());
}

}  // namespace
}  // namespace pulse::store::postgres
