#include "pulse/store/postgres/pool.h"

#include <gtest/gtest.h>

#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {
namespace {

using testing::Value;

constexpr Query kRoundTrip{
    "test.round_trip", "SELECT $1, $2, $3, $4, $5, $6, $7::bigint[], $8::text[], $9::timestamptz[]"
};

TEST(Parameters, ComeBackAsTheyWent) {
  const TestDatabase database;
  Pool pool({.connection = {.url = database.url()}});
  auto tx = Value(pool.Begin(TenantId{1}));
  Array numbers(Element::kInteger);
  numbers.AddInteger(-5);
  numbers.AddNull();

  const Rows rows = Value(tx.Run(
      kRoundTrip,
      -42,
      true,
      0.25,
      "gr\xC3\xBC\xC3\x9F",
      Bytes{std::string_view("\0\xFF", 2)},
      Instant{1'700'000'000'123},
      numbers,
      Array::Of(std::vector<std::string>{"a", "b\xFFz"}),
      Array(Element::kInstant)
  ));

  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0].Int(0), -42);
  EXPECT_TRUE(rows[0].Bool(1));
  EXPECT_EQ(rows[0].Real(2), 0.25);
  EXPECT_EQ(rows[0].Text(3), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(rows[0].Text(4), std::string_view("\0\xFF", 2));
  EXPECT_EQ(rows[0].Time(5), 1'700'000'000'123);
}

}  // namespace
}  // namespace pulse::store::postgres
