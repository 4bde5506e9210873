#include "pulse/source/jira/jql.h"

#include <gtest/gtest.h>

namespace pulse::source::jira {
namespace {

TEST(SweepJql, IsBoundedEvenWhenEverythingIsWanted) {
  EXPECT_EQ(SweepJql({}, {}), "updated >= 0 ORDER BY created ASC");
}

TEST(SweepJql, CombinesScopeQueryAndStart) {
  FetchRequest request;
  request.integration.scope["project"] = "pay,OPS";
  request.options.query = "status = Done OR priority = High order  by updated";
  SyncContext context;
  context.since = 1700000000000;

  EXPECT_EQ(
      SweepJql(request, context),
      "project in (\"OPS\", \"PAY\") AND (status = Done OR priority = High) AND "
      "updated >= 1700000000000 ORDER BY created ASC"
  );
}

TEST(WithoutOrder, LeavesQuotedWordsAlone) {
  EXPECT_EQ(WithoutOrder(R"(summary ~ "order by" ORDER BY key)"), R"(summary ~ "order by")");
  EXPECT_EQ(
      WithoutOrder(R"(summary ~ "say \"order by\" now")"), R"(summary ~ "say \"order by\" now")"
  );
  EXPECT_EQ(WithoutOrder("reorder by = 1"), "reorder by = 1");
  EXPECT_EQ(WithoutOrder(" ORDER BY key"), "");
}

}  // namespace
}  // namespace pulse::source::jira
