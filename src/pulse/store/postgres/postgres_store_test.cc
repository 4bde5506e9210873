#include "pulse/store/postgres/postgres_store.h"

#include "pulse/store/postgres/roles.h"
#include "pulse/store/postgres/test_store.h"
#include "pulse/store/testing/store_conformance.h"

namespace pulse::store::testing {

const auto kBackends = ::testing::Values(BackendFactory{"postgres", postgres::MakePostgresBackend});
// What a program does after the next one has migrated its database, while both run.
const auto kBothSchemas = ::testing::Values(
    BackendFactory{"postgres", postgres::MakePostgresBackend},
    BackendFactory{"postgres_expanded", postgres::MakeExpandedPostgresBackend}
);

INSTANTIATE_TEST_SUITE_P(Store, StoreConformance, kBothSchemas, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, DispatchConformance, kBothSchemas, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, SchedulesConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, RawConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, WindowsConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, CensusConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, PreviewConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, RetentionConformance, kBackends, BackendName);

}  // namespace pulse::store::testing

namespace pulse::store::postgres {
namespace {

using testing::Done;
using ::testing::HasSubstr;
using testing::KindOf;
using ::testing::Not;
using testing::Value;

/// The error of opening a store, which must fail.
Error Refusal(const std::string& url) {
  const auto store = OpenPostgresStore({.url = url});
  if (store) {
    ADD_FAILURE() << "the store opened";
    return Error{ErrorKind::kInternal, ""};
  }
  return store.error();
}

TEST(OpenPostgresStore, SaysWhatServesIt) {
  const TestDatabase database;
  const auto store = Value(OpenPostgresStore({.url = database.url()}));
  EXPECT_THAT(
      Value(store->Probe()), ::testing::MatchesRegex("PostgreSQL 15\\.[0-9]+, schema [0-9]+")
  );
}

TEST(OpenPostgresStore, RefusesAnEmptyDatabaseAnOldSchemaAndOneOfTheFuture) {
  const TestDatabase empty("template1");
  empty.Execute(RoleScript("pulse_login", empty.name()));
  EXPECT_EQ(Refusal(empty.url()).kind(), ErrorKind::kInvalid);
  EXPECT_THAT(
      Refusal(empty.url()).message(), HasSubstr("the database is empty; run `pulse db migrate`")
  );

  const TestDatabase old;
  Value(NewPostgresMigrator({.url = old.url()})->Down(1));
  EXPECT_THAT(Refusal(old.url()).message(), HasSubstr("version is 1, this program needs"));

  const TestDatabase future;
  future.Execute("INSERT INTO schema_migrations VALUES (90, 'next', 0, now(), 90)");
  EXPECT_THAT(Refusal(future.url()).message(), HasSubstr("use the newer pulse"));
}

TEST(OpenPostgresStore, RefusesMissingRightsAndSaysHowToGetThem) {
  const TestDatabase database;
  const std::string login = "login_" + database.name();
  database.Execute("CREATE ROLE " + login + " LOGIN NOINHERIT");
  const std::string url = TestDatabase::server().Url(login, database.name());
  const Error outsider = Refusal(url);
  EXPECT_EQ(outsider.kind(), ErrorKind::kInvalid);
  EXPECT_THAT(outsider.message(), HasSubstr("may not act as role pulse_app"));

  database.Execute("GRANT pulse_app, pulse_dispatch TO " + login);
  EXPECT_THAT(Refusal(url).message(), HasSubstr("is not a member of pulse_query"));
  EXPECT_THAT(Refusal(url).message(), Not(HasSubstr("GRANT pulse_migrate")));
  database.Execute("GRANT pulse_query TO " + login);
  EXPECT_TRUE(OpenPostgresStore({.url = url}));

  database.Execute("GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO PUBLIC");
  const Error open_door = Refusal(url);
  EXPECT_THAT(
      open_door.message(), HasSubstr("set_config(text, text, boolean) may be called by everybody")
  );
  EXPECT_THAT(open_door.message(), HasSubstr("REVOKE EXECUTE"));
  database.Execute("REVOKE pulse_app, pulse_dispatch, pulse_query FROM " + login);
  database.Execute("DROP ROLE " + login);
}

// A slot that never advances is a schedule that never fires again.
TEST(PostgresSchedules, AdvanceFromASlotThatSomebodySetByHandInMicroseconds) {
  const TestDatabase database;
  const auto store = Value(OpenPostgresStore({.url = database.url()}));
  const TenantId tenant = Value(store->catalog().CreateTenant("acme")).id;
  model::Integration jira;
  jira.tenant = tenant;
  jira.name = "jira";
  jira.provider = "jira";
  jira.base_url = "http://jira";
  const auto integration = Value(store->catalog().PutIntegration(jira));
  Schedule schedule;
  schedule.tenant = tenant;
  schedule.integration = integration.id;
  schedule.rule = "every 15m";
  schedule.options = "{}";
  Done(store->schedules().Put(schedule));
  database.Execute("UPDATE schedules SET next_at = '2024-02-29T12:00:00.123456Z'");
  const auto due = Value(store->schedules().Due(4'000'000'000'000, 10));
  ASSERT_EQ(due.size(), 1U);

  Done(store->schedules().Advance(tenant, integration.id, due[0].next_at, 4'000'000'000'000));

  EXPECT_EQ(Value(store->schedules().NextDue()), 4'000'000'000'000);
}

TEST(OpenPostgresStore, RefusesTablesWhoseRightsWereTakenAway) {
  const TestDatabase database;
  const auto db = Value(Connection::Open({.url = database.superuser_url(), .role = ""}));
  ASSERT_TRUE(CheckRights(*db));
  constexpr Query kTables{
      "test.tables",
      "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
      " AND c.relkind IN ('r', 'p') AND c.relrowsecurity AND NOT c.relispartition"
  };
  const Rows tables = Value(db->Run(kTables));
  EXPECT_GT(tables.size(), 35);
  for (const Row row : tables) {
    const std::string name(row.Text(0));
    ASSERT_TRUE(db->Execute("BEGIN; REVOKE SELECT ON " + name + " FROM pulse_app", "test"));
    const auto checked = CheckRights(*db);
    ASSERT_FALSE(checked) << name;
    EXPECT_THAT(checked.error().message(), HasSubstr("GRANT SELECT ON " + name + " TO pulse_app"));
    ASSERT_TRUE(db->Execute("ROLLBACK", "test"));
  }
  database.Execute("REVOKE UPDATE (state) ON etl_steps FROM pulse_dispatch");
  EXPECT_TRUE(CheckRights(*db)) << "single columns are the catalog test's";
  database.Execute("REVOKE UPDATE ON etl_steps FROM pulse_app");
  database.Execute("REVOKE SELECT ON work_items FROM pulse_query");
  const Error refused = Refusal(database.url());
  EXPECT_EQ(refused.kind(), ErrorKind::kInvalid);
  EXPECT_THAT(refused.message(), HasSubstr("role pulse_app may not UPDATE etl_steps, and 1 more"));
}

TEST(OpenPostgresStore, IsUnavailableWhenNobodyAnswers) {
  EXPECT_EQ(Refusal("host=/nowhere dbname=x").kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(Refusal("host=127.0.0.1 port=1 dbname=x").kind(), ErrorKind::kUnavailable);
}

TEST(OpenPostgresStore, CallsAWrongPasswordUnauthorizedAndDoesNotRepeatIt) {
  const TestDatabase database;
  const std::string stranger =
      TestDatabase::server().Url("no_such_login", database.name()) + " password=hunter2";
  const Error refused = Refusal(stranger);
  EXPECT_EQ(refused.kind(), ErrorKind::kUnauthorized);
  EXPECT_THAT(refused.message(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace pulse::store::postgres
