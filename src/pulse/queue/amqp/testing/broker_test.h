#pragma once

/// \file
/// BrokerTest: a test with queues of its own on the shared broker, and ways to look behind our
/// back.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pulse/queue/amqp/testing/test_broker.h"
#include "pulse/queue/testing/rings.h"

namespace pulse::queue::amqp::testing {

inline std::unique_ptr<Queue> Open(const AmqpOptions& options) {
  auto queue = NewAmqpQueue(options);
  if (!queue) throw std::runtime_error(queue.error().message());
  return *std::move(queue);
}

/// Warnings on stderr when PULSE_TEST_LOG is set.
inline telemetry::Logger* TestLogger() {
  static const SystemClock clock;
  static telemetry::Logger logger(telemetry::Level::kInfo, clock, [](std::string_view line) {
    return std::fwrite(line.data(), 1, line.size(), stderr) == line.size();
  });
  // Nobody in a test changes the environment.
  const bool wanted = std::getenv("PULSE_TEST_LOG") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  return wanted ? &logger : nullptr;
}

inline std::vector<Ring> Rings(int count, model::Stage stage = model::Stage::kExtract) {
  std::vector<Ring> rings;
  for (int i = 1; i <= count; ++i) rings.push_back(MakeRing(i, stage));
  return rings;
}

class BrokerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Session> NewSession() {
    auto session = Session::Connect(options_, *ParseBrokerUrl(options_.url));
    if (!session) throw std::runtime_error(session.error().message());
    return *std::move(session);
  }
  std::string QueueName(model::Stage stage) const { return QueueOf(options_, stage); }
  std::int64_t Ready(const std::string& queue) {
    const auto state = NewSession()->InspectQueue(queue);
    EXPECT_TRUE(state) << state.error().message();
    return state ? state->ready : -1;
  }
  std::unique_ptr<Delivery> Next(Consumer& consumer) {
    const Deadline deadline(std::chrono::seconds(30));
    auto delivery = consumer.Next(deadline.token());
    EXPECT_TRUE(delivery) << "nothing arrived";
    return delivery ? std::move(*delivery) : nullptr;
  }
  /// As another program does it.
  void PublishRaw(const std::string& queue, std::string_view body, std::string_view message_id) {
    const auto session = NewSession();
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = BytesOf(message_id);
    ASSERT_TRUE(session->OpenChannel(2));
    ASSERT_TRUE(session->Publish(2, queue, properties, body));
    ASSERT_TRUE(session->CloseChannel(2));  // A round trip: it has arrived.
  }
  struct Got {
    std::string body;
    std::string message_id;
    std::string reason;
  };
  /// Takes one away.
  Got GetRaw(const std::string& queue) {
    const auto session = NewSession();
    const amqp_rpc_reply_t reply =
        amqp_basic_get(session->state(), kControlChannel, BytesOf(queue), /*no_ack=*/1);
    EXPECT_EQ(reply.reply_type, AMQP_RESPONSE_NORMAL);
    EXPECT_EQ(reply.reply.id, AMQP_BASIC_GET_OK_METHOD) << queue << " is empty";
    if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return {};
    amqp_message_t message;
    amqp_read_message(session->state(), kControlChannel, &message, 0);
    Got got{.body = std::string(TextOf(message.body)), .message_id = {}, .reason = {}};
    got.message_id = TextOf(message.properties.message_id);
    const amqp_table_t& headers = message.properties.headers;
    for (int i = 0; i < headers.num_entries; ++i) {
      if (TextOf(headers.entries[i].key) != "x-refused-reason") continue;
      got.reason = TextOf(headers.entries[i].value.value.bytes);
    }
    amqp_destroy_message(&message);
    return got;
  }
  /// Durable and classic, with a length limit that nacks when `most` is not 0.
  void DeclareClassic(const std::string& name, int most = 0) {
    const auto session = NewSession();
    std::array<amqp_table_entry_t, 2> arguments{};
    arguments[0].key = amqp_cstring_bytes("x-max-length");
    arguments[0].value.kind = AMQP_FIELD_KIND_I32;
    arguments[0].value.value.i32 = most;
    arguments[1].key = amqp_cstring_bytes("x-overflow");
    arguments[1].value.kind = AMQP_FIELD_KIND_UTF8;
    arguments[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
    const amqp_table_t table{.num_entries = most > 0 ? 2 : 0, .entries = arguments.data()};
    amqp_queue_declare(session->state(), kControlChannel, BytesOf(name), 0, 1, 0, 0, table);
    ASSERT_TRUE(session->Outcome(kControlChannel, "declare"));
  }

  /// As a quorum queue is left by a broker that was killed right after it was declared (3.10).
  void TakeLeader(const std::string& name) {
    SharedBroker().Control(
        {"eval",
         "{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"" + name +
             "\">>)), {N, _} = amqqueue:get_pid(Q), ra:stop_server(quorum_queues, {N, node()})."}
    );
  }

  static AmqpOptions NewOptions() {
    AmqpOptions options = SharedBroker().Options();
    options.logger = TestLogger();
    return options;
  }

  AmqpOptions options_ = NewOptions();
};

}  // namespace pulse::queue::amqp::testing
