#include "pulse/queue/amqp/amqp_queue.h"

#include "pulse/queue/amqp/testing/broker_test.h"
#include "pulse/queue/amqp/topology.h"
#include "pulse/queue/testing/queue_conformance.h"

namespace pulse::queue::amqp {
namespace {

using testing::Open;
using testing::Rings;
using testing::SharedBroker;

INSTANTIATE_TEST_SUITE_P(
    Amqp,
    QueueConformance,
    ::testing::Values(QueueBackend{
        .name = "amqp", .make = [] { return Open(SharedBroker().Options()); }
    })
);

using AmqpQueueTest = testing::BrokerTest;

TEST_F(AmqpQueueTest, PublishReturnsOnlyWhenTheBrokerHasStoredEverything) {
  const auto queue = Open(options_);

  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(3000)));

  EXPECT_EQ(Ready(QueueName(model::Stage::kExtract)), 3000);
}

TEST_F(AmqpQueueTest, PublishFailsWhenAMessageHasNoQueueAndWorksAgainOnceDeclared) {
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(1)));
  ASSERT_TRUE(NewSession()->DeleteQueue(QueueName(model::Stage::kExtract)));

  const auto refused = publisher->Publish(Rings(10));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message().find(QueueName(model::Stage::kExtract)), std::string::npos);
  EXPECT_TRUE(publisher->Publish(Rings(10))) << "the missing queue was not declared again";
  EXPECT_EQ(Ready(QueueName(model::Stage::kExtract)), 10);
}

TEST_F(AmqpQueueTest, PublishIsUnavailableWhenTheQueueRefusesMore) {
  DeclareClassic(QueueName(model::Stage::kExtract), 1);
  const auto queue = Open(options_);

  const auto refused = queue->NewPublisher()->Publish(Rings(50));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
}

TEST_F(AmqpQueueTest, ManyPublishersShareOneConnection) {
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();

  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(publisher->Publish(Rings(200))); });
    }
  }

  EXPECT_EQ(Ready(QueueName(model::Stage::kExtract)), 1600);
}

TEST_F(AmqpQueueTest, AnotherProgramsMessageIsForeignOnExtract) {
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1, model::Stage::kLoad)));  // Declares.
  PublishRaw(QueueName(model::Stage::kExtract), R"({"tenant_id":1})", "order-1");
  const Deadline deadline;

  const auto delivery = queue->NewConsumer(model::Stage::kExtract)->Next(deadline.token());

  ASSERT_TRUE(delivery);
  const auto* foreign = std::get_if<ForeignMessage>(&(*delivery)->content());
  ASSERT_NE(foreign, nullptr);
  EXPECT_EQ(foreign->body, R"({"tenant_id":1})");
  EXPECT_EQ(foreign->message_id, "order-1");
}

TEST_F(AmqpQueueTest, ARefusedMessageIsSetAsideWithItsReason) {
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1, model::Stage::kLoad)));
  const std::string name = QueueName(model::Stage::kExtract);
  PublishRaw(name, "no json", "order-2");
  {
    const auto consumer = queue->NewConsumer(model::Stage::kExtract);
    const Deadline deadline;
    const auto delivery = consumer->Next(deadline.token());
    ASSERT_TRUE(delivery);

    ASSERT_TRUE((*delivery)->Refuse("not JSON"));
  }

  const Got dead = GetRaw(name + ".dlq");
  EXPECT_EQ(dead.body, "no json");
  EXPECT_EQ(dead.message_id, "order-2");
  EXPECT_EQ(dead.reason, "not JSON");
  EXPECT_EQ(Ready(name), 0) << "it is still in its queue";
}

TEST_F(AmqpQueueTest, WhatIsNoRingIsRefusedOnEveryOtherStageAndTheNextOneArrives) {
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(1, model::Stage::kExtract)));
  const std::string name = QueueName(model::Stage::kTransform);
  PublishRaw(name, "{}", "");
  PublishRaw(name, std::string(kMaxBodyBytes + 500'000, 'x'), "");
  ASSERT_TRUE(publisher->Publish(Rings(1, model::Stage::kTransform)));
  {
    const auto consumer = queue->NewConsumer(model::Stage::kTransform);
    const Deadline deadline;
    const auto delivery = consumer->Next(deadline.token());
    ASSERT_TRUE(delivery);
    EXPECT_EQ(RingOf(**delivery), MakeRing(1, model::Stage::kTransform));
    EXPECT_TRUE((*delivery)->Ack());
  }

  EXPECT_EQ(Ready(name), 0);
  EXPECT_EQ(Ready(name + ".dlq"), 2);
  EXPECT_EQ(GetRaw(name + ".dlq").body, "{}");
  EXPECT_EQ(GetRaw(name + ".dlq").body.size(), kMaxBodyBytes);
}

TEST_F(AmqpQueueTest, AConsumerHoldsNoMoreThanItsPrefetch) {
  options_.prefetch = 3;
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(10, model::Stage::kLoad)));
  const auto consumer = queue->NewConsumer(model::Stage::kLoad);
  const Deadline deadline;
  std::vector<std::unique_ptr<Delivery>> held;
  for (int i = 0; i < 3; ++i) held.push_back(*consumer->Next(deadline.token()));

  EXPECT_EQ(Ready(QueueName(model::Stage::kLoad)), 7);

  const Deadline soon(std::chrono::milliseconds(100));
  EXPECT_FALSE(consumer->Next(soon.token())) << "a fourth arrived while three were held";
  ASSERT_TRUE(held.front()->Ack());
  EXPECT_TRUE(consumer->Next(deadline.token()));
}

TEST_F(AmqpQueueTest, TakesTenThousandRingsInAndOut) {
  constexpr int kRings = 10'000;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(1, model::Stage::kLoad)));
  const auto began = std::chrono::steady_clock::now();

  ASSERT_TRUE(publisher->Publish(Rings(kRings, model::Stage::kTransform)));

  const auto stored = std::chrono::steady_clock::now();
  std::set<StepId> seen;
  {
    const auto consumer = queue->NewConsumer(model::Stage::kTransform);
    const Deadline deadline(std::chrono::seconds(60));
    while (seen.size() < kRings) {
      const auto delivery = consumer->Next(deadline.token());
      ASSERT_TRUE(delivery) << seen.size() << " arrived";
      EXPECT_TRUE(seen.insert(RingOf(**delivery).step).second) << "one came twice";
      ASSERT_TRUE((*delivery)->Ack());
    }
  }
  const auto done = std::chrono::steady_clock::now();
  EXPECT_EQ(Ready(QueueName(model::Stage::kTransform)), 0);
  const auto per_second = [](auto time) {
    return static_cast<int>(kRings / std::chrono::duration<double>(time).count());
  };
  RecordProperty("published_per_second", per_second(stored - began));
  RecordProperty("consumed_per_second", per_second(done - stored));
}

TEST_F(AmqpQueueTest, ADrainKeepsWhatWasNotAcked) {
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(100, model::Stage::kLoad)));
  std::set<StepId> settled;
  {
    const auto consumer = queue->NewConsumer(model::Stage::kLoad);
    const Deadline deadline;
    for (int i = 0; i < 20; ++i) {
      const auto delivery = consumer->Next(deadline.token());
      ASSERT_TRUE(delivery);
      if (i % 2 == 0) {
        ASSERT_TRUE((*delivery)->Ack());
        settled.insert(RingOf(**delivery).step);
      }
    }
    std::stop_source stop;
    stop.request_stop();
    ASSERT_EQ(consumer->Next(stop.get_token()).error().kind(), ErrorKind::kCancelled);
  }

  const auto other = queue->NewConsumer(model::Stage::kLoad);
  std::set<StepId> rest;
  const Deadline deadline;
  while (rest.size() < 100 - settled.size()) {
    const auto delivery = other->Next(deadline.token());
    ASSERT_TRUE(delivery) << rest.size() << " of " << 100 - settled.size() << " came back";
    EXPECT_FALSE(settled.contains(RingOf(**delivery).step)) << "an acked ring came back";
    rest.insert(RingOf(**delivery).step);
    ASSERT_TRUE((*delivery)->Ack());
  }
}

TEST_F(AmqpQueueTest, ADeliveryMayOutliveItsConsumerAndItsQueue) {
  auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1)));
  std::unique_ptr<Delivery> held;
  {
    const auto consumer = queue->NewConsumer(model::Stage::kExtract);
    const Deadline deadline;
    held = *consumer->Next(deadline.token());
  }

  queue.reset();

  EXPECT_EQ(RingOf(*held), MakeRing(1));
  EXPECT_TRUE(held->Ack()) << "too late, and harmless";
  held.reset();
  EXPECT_EQ(Ready(QueueName(model::Stage::kExtract)), 1);
}

TEST_F(AmqpQueueTest, AProbeNamesTheServerAndCountsConsumers) {
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(2)));
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  const Deadline deadline;
  ASSERT_TRUE(consumer->Next(deadline.token()));  // So it consumes by now.

  const auto probed = queue->Probe();

  ASSERT_TRUE(probed) << probed.error().message();
  EXPECT_EQ(*probed, "RabbitMQ 3.10.8, 1 consumer");
}

TEST_F(AmqpQueueTest, AProbeSaysWhichQueueIsMissingAndWhatToDo) {
  const auto missing = Open(options_)->Probe();

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(
      missing.error().message(),
      "queue " + QueueName(model::Stage::kExtract) +
          " is missing; run `pulse queue topology apply`, or start `pulse etl`, which makes it"
  );
  ASSERT_TRUE(Open(options_)->Prepare());
  EXPECT_TRUE(Open(options_)->Probe());
}

TEST_F(AmqpQueueTest, AQueueOfAnotherTypeIsReportedAndStillWorks) {
  DeclareClassic(QueueName(model::Stage::kLoad));

  const auto refused = Open(options_)->Prepare();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  // The queue, the argument, what we want, what it is, and what to do.
  const std::string& said = refused.error().message();
  const std::vector<std::string> parts = {
      QueueName(model::Stage::kLoad),
      "'x-queue-type'",
      "'quorum'",
      "current is none",
      "pulse queue topology diff",
      "pulse queue topology apply --migrate"
  };
  for (const std::string& part : parts) {
    EXPECT_NE(said.find(part), std::string::npos) << part << " is not in: " << said;
  }
  const auto queue = Open(options_);
  EXPECT_EQ(queue->Probe().error().kind(), ErrorKind::kInvalid);
  EXPECT_TRUE(queue->NewPublisher()->Publish(Rings(1, model::Stage::kLoad)));
}

TEST_F(AmqpQueueTest, AWrongPasswordAndAWrongVirtualHostAreToldApart) {
  const std::string place = options_.url.substr(options_.url.find('@'));
  options_.url = "amqp://guest:wrong" + place;
  const auto password = Open(options_)->Probe();
  ASSERT_FALSE(password);
  EXPECT_EQ(password.error().kind(), ErrorKind::kUnauthorized) << password.error().message();
  EXPECT_EQ(password.error().message().find("wrong"), std::string::npos);

  options_.url = "amqp://guest:guest" + place + "/nowhere";
  const auto vhost = Open(options_)->Probe();
  ASSERT_FALSE(vhost);
  EXPECT_EQ(vhost.error().kind(), ErrorKind::kInvalid) << vhost.error().message();

  options_.url = "amqp://guest:guest@127.0.0.1:" + std::to_string(testing::FreePort());
  const auto nobody = Open(options_)->Probe();
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind(), ErrorKind::kUnavailable) << nobody.error().message();
}

}  // namespace
}  // namespace pulse::queue::amqp
