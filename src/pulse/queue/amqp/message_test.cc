#include "pulse/queue/amqp/message.h"

#include <gtest/gtest.h>

#include "pulse/queue/amqp/amqp_queue.h"

namespace pulse::queue::amqp {
namespace {

constexpr auto kExtract = model::Stage::kExtract;
constexpr auto kLoad = model::Stage::kLoad;

Parsed Parse(model::Stage stage, std::string_view body) {
  return ParseMessage(stage, body, body.size(), "m-1");
}

TEST(Message, ARingComesBackAsItWasWritten) {
  const Ring ring{.tenant = TenantId(7), .step = StepId(4'711'000'000'000), .stage = kLoad};

  const Parsed parsed = Parse(kLoad, EncodeRing(ring));

  ASSERT_TRUE(std::holds_alternative<Ring>(parsed));
  EXPECT_EQ(std::get<Ring>(parsed), ring);
}

TEST(Message, ARingMayHaveFieldsWeDoNotKnow) {
  const Parsed parsed = Parse(kLoad, R"({"v":1,"tenant_id":7,"step_id":1,"trace":"x"})");
  EXPECT_TRUE(std::holds_alternative<Ring>(parsed));
}

TEST(Message, WhatIsNoRingIsForeignOnExtractAndUnreadableElsewhere) {
  for (const char* body :
       {"",
        "hello",
        "[]",
        "{}",
        R"({"v":2,"tenant_id":7,"step_id":1})",
        R"({"v":1,"tenant_id":7})",
        R"({"v":1,"tenant_id":0,"step_id":1})",
        R"({"v":1,"tenant_id":-7,"step_id":1})",
        R"({"v":1,"tenant_id":"7","step_id":1})",
        R"({"v":1,"tenant_id":7,"step_id":1.5})",
        R"({"v":1,"tenant_id":99999999999999999999,"step_id":1})",
        "\xff\xfe"}) {
    const Parsed foreign = Parse(kExtract, body);
    ASSERT_TRUE(std::holds_alternative<ForeignMessage>(foreign)) << body;
    EXPECT_EQ(std::get<ForeignMessage>(foreign).body, body);
    EXPECT_EQ(std::get<ForeignMessage>(foreign).message_id, "m-1");
    EXPECT_TRUE(std::holds_alternative<Unreadable>(Parse(kLoad, body))) << body;
  }
}

TEST(Message, ABodyThatWasCutIsUnreadableEverywhere) {
  const Parsed parsed = ParseMessage(kExtract, "{}", kMaxBodyBytes + 1, "");
  ASSERT_TRUE(std::holds_alternative<Unreadable>(parsed));
  EXPECT_EQ(
      std::get<Unreadable>(parsed).reason, "a body of 65537 bytes; the limit is 65536 (cut here)"
  );
}

}  // namespace
}  // namespace pulse::queue::amqp
