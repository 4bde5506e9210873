#include "pulse/store/postgres/security.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using ::testing::HasSubstr;
using testing::Value;

/// What is found of one check.
SecurityFact Fact(const TestDatabase& database, std::string_view check) {
  const auto facts = Value(ExamineSecurity(database.url()));
  const auto found = std::ranges::find(facts, check, &SecurityFact::check);
  if (found == facts.end()) throw std::runtime_error("nothing was found of " + std::string(check));
  return *found;
}

TEST(Security, SaysWhatIsNotDurableAndWhereToMendIt) {
  const TestDatabase database;
  EXPECT_FALSE(Fact(database, "fsync").good) << "the tests' server does not wait for the disk";
  EXPECT_THAT(Fact(database, "fsync").fix, HasSubstr("ALTER SYSTEM SET fsync = on"));
  EXPECT_TRUE(Fact(database, "synchronous_commit").good);

  database.Execute("ALTER DATABASE " + database.name() + " SET synchronous_commit = off");
  const SecurityFact by_database = Fact(database, "synchronous_commit");
  database.Execute(
      "ALTER ROLE pulse_login IN DATABASE " + database.name() + " SET synchronous_commit = off"
  );
  const SecurityFact by_login = Fact(database, "synchronous_commit");

  EXPECT_FALSE(by_database.good);
  EXPECT_THAT(
      by_database.fix, HasSubstr("ALTER DATABASE " + database.name() + " RESET synchronous_commit")
  );
  EXPECT_FALSE(by_login.good);
  EXPECT_THAT(
      by_login.fix,
      HasSubstr("ALTER ROLE pulse_login IN DATABASE " + database.name() + " RESET synchronous")
  );
}

TEST(Security, FindsATableThatLostItsProtectionAndALoginThatIsTooMighty) {
  const TestDatabase database;
  EXPECT_TRUE(Fact(database, "row-level-security").good);
  EXPECT_TRUE(Fact(database, "database-role").good);
  EXPECT_TRUE(Fact(database, "set_config").good);

  database.Execute("ALTER TABLE work_items NO FORCE ROW LEVEL SECURITY");
  database.Execute("GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO pulse_query");

  EXPECT_THAT(Fact(database, "row-level-security").found, HasSubstr("work_items"));
  EXPECT_FALSE(Fact(database, "set_config").good);
  const auto mighty = Value(ExamineSecurity(database.superuser_url()));
  EXPECT_FALSE(mighty.front().good);
  EXPECT_THAT(mighty.front().found, HasSubstr("is a superuser"));
}

}  // namespace
}  // namespace pulse::store::postgres
