#include "pulse/control/order.h"

#include <gtest/gtest.h>

namespace pulse::control {
namespace {

Order OrderIn(std::string_view body) {
  const auto parsed = ParseOrder(body);
  EXPECT_TRUE(parsed) << body;
  const auto* order = parsed ? std::get_if<Order>(&*parsed) : nullptr;
  EXPECT_NE(order, nullptr) << body;
  return order == nullptr ? Order{} : *order;
}
Refusal RefusalIn(std::string_view body) {
  const auto parsed = ParseOrder(body);
  EXPECT_TRUE(parsed) << body;
  const auto* refusal = parsed ? std::get_if<Refusal>(&*parsed) : nullptr;
  EXPECT_NE(refusal, nullptr) << body;
  return refusal == nullptr ? Refusal{} : *refusal;
}

TEST(Order, IsReadFromTheDocumentedMessage) {
  const Order order =
      OrderIn(R"({"tenant_id": 1, "entity_type": "jira_issues", "integration_id": 7,)"
              R"( "payload": {"jql": "project = TEST", "batch_size": 100}})");

  EXPECT_EQ(order.tenant, TenantId(1));
  EXPECT_EQ(order.entity_type, "jira_issues");
  EXPECT_EQ(order.integration, IntegrationId(7));
  EXPECT_EQ(order.jql, "project = TEST");
}

TEST(Order, MayHaveFieldsWeDoNotKnowAndNoPayload) {
  EXPECT_TRUE(
      OrderIn(R"({"tenant_id":1,"entity_type":"x","integration_id":7,"trace":[1]})").jql.empty()
  );
  EXPECT_TRUE(OrderIn(R"({"tenant_id":1,"entity_type":"x","integration_id":7,"payload":{"a":{}}})")
                  .jql.empty());
  EXPECT_TRUE(
      OrderIn(R"({"tenant_id":1,"entity_type":"x","integration_id":7,"payload":null})").jql.empty()
  );
}

TEST(Order, WhatNobodyCanBeToldAboutIsNone) {
  for (const char* body :
       {"",
        "null",
        "[1]",
        "{",
        R"({"entity_type":"jira_issues"})",
        R"({"tenant_id":"1","entity_type":"jira_issues"})",
        R"({"tenant_id":0,"entity_type":"jira_issues"})",
        R"({"tenant_id":-1,"entity_type":"jira_issues"})",
        R"({"tenant_id":1.5,"entity_type":"jira_issues"})",
        R"({"tenant_id":18446744073709551615,"entity_type":"jira_issues"})",
        R"({"tenant_id":1})",
        R"({"tenant_id":1,"entity_type":7})",
        "{\"tenant_id\":1,\"entity_type\":\"\xff\"}"}) {
    const auto parsed = ParseOrder(body);
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::kInvalid) << body;
  }
}

TEST(Order, WhatIsWrongWithItIsNamed) {
  const std::string head = R"({"tenant_id":1,"entity_type":"jira_issues")";
  const std::string whole = head + R"(,"integration_id":7,"payload":)";
  EXPECT_EQ(RefusalIn(head + "}").reason, "integration_id_missing");
  EXPECT_EQ(RefusalIn(head + R"(,"integration_id":"7"})").reason, "integration_id_invalid");
  EXPECT_EQ(RefusalIn(head + R"(,"integration_id":null})").reason, "integration_id_invalid");
  EXPECT_EQ(RefusalIn(whole + "[]}").reason, "payload_invalid");
  EXPECT_EQ(RefusalIn(whole + R"({"jql":7}})").reason, "payload.jql_invalid");
  EXPECT_EQ(RefusalIn(whole + R"({"jql":"a\u0000b"}})").reason, "payload.jql_invalid");
  EXPECT_EQ(RefusalIn(whole + R"({"query":{}}})").reason, "payload.query_invalid");
  EXPECT_EQ(RefusalIn(whole + R"({"batch_size":0}})").reason, "payload.batch_size_invalid");
  EXPECT_EQ(RefusalIn(whole + R"({"batch_size":"10"}})").reason, "payload.batch_size_invalid");
  const std::string long_query(10'001, 'x');
  EXPECT_EQ(RefusalIn(whole + R"({"jql":")" + long_query + "\"}}").reason, "payload.jql_invalid");
}

TEST(Order, AnUnprintableEntityTypeIsNotRepeatedAsAName) {
  const Refusal refusal =
      RefusalIn(R"({"tenant_id":1,"entity_type":"a\u0000b","integration_id":7})");
  EXPECT_EQ(refusal.entity_type, "unreadable");
  EXPECT_EQ(refusal.reason, "unknown_entity_type");
}

TEST(Order, ARefusalRepeatsWhatWasAskedFor) {
  const Refusal refusal = RefusalIn(
      R"({"tenant_id":1,"entity_type":"x","integration_id":"seven","secret":"s","payload":{"jql":"a = b","deep":[]}})"
  );

  EXPECT_EQ(
      DetailsOf(refusal, "m-1"),
      R"({"message":"integration_id must be a whole number above 0","message_id":"m-1",)"
      R"("reason":"integration_id_invalid","requested":{"entity_type":"x",)"
      R"("integration_id":"seven","payload":{"jql":"a = b"},"tenant_id":1}})"
  );
}

TEST(Order, NestingWithoutEndIsShownByItsKind) {
  const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
  const Refusal refusal =
      RefusalIn(R"({"tenant_id":1,"entity_type":"x","integration_id":7,"payload":)" + deep + "}");
  EXPECT_EQ(refusal.reason, "payload_invalid");
  EXPECT_NE(refusal.requested.find(R"("payload":"array")"), std::string::npos);
}

}  // namespace
}  // namespace pulse::control
