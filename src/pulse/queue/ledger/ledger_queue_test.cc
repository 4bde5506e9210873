#include "pulse/queue/ledger/ledger_queue.h"

#include "pulse/queue/testing/queue_conformance.h"

namespace pulse::queue::ledger {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Ledger,
    QueueConformance,
    testing::Values(QueueBackend{.name = "ledger", .make = [] { return NewLedgerQueue(); }})
);

TEST(LedgerQueue, QueuesAWaitingRingOnlyOnce) {
  const auto queue = NewLedgerQueue();
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  const std::vector rings{MakeRing(1), MakeRing(1), MakeRing(2)};

  ASSERT_TRUE(queue->NewPublisher()->Publish(rings));

  const Deadline deadline;
  const auto first = consumer->Next(deadline.token());
  const auto second = consumer->Next(deadline.token());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(RingOf(**first), MakeRing(1));
  EXPECT_EQ(RingOf(**second), MakeRing(2));
}

TEST(LedgerQueue, KeepsARingThatArrivesWhileItsStepIsHeld) {
  const auto queue = NewLedgerQueue();
  const auto publisher = queue->NewPublisher();
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  const std::vector rings{MakeRing(1)};
  const Deadline deadline;
  ASSERT_TRUE(publisher->Publish(rings));
  const auto held = consumer->Next(deadline.token());
  ASSERT_TRUE(held);

  ASSERT_TRUE(publisher->Publish(rings));
  ASSERT_TRUE((*held)->Ack());

  const auto again = consumer->Next(deadline.token());
  ASSERT_TRUE(again);
  EXPECT_EQ(RingOf(**again), MakeRing(1));
}

TEST(LedgerQueue, RefusesWhatDoesNotFitAndTakesItAgainWhenThereIsRoom) {
  const auto queue = NewLedgerQueue(2);
  const auto publisher = queue->NewPublisher();
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  const std::vector rings{MakeRing(1), MakeRing(2), MakeRing(3)};

  const auto refused = publisher->Publish(rings);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.error().message(), "queue etl.extract is full (2 rings)");
  const Deadline deadline;
  const auto first = consumer->Next(deadline.token());
  ASSERT_TRUE(first);
  EXPECT_TRUE((*first)->Ack());
  EXPECT_TRUE(publisher->Publish(std::span(rings).last(1)));
}

TEST(LedgerQueue, LetsADeliveryOutliveTheQueue) {
  auto queue = NewLedgerQueue();
  const std::vector rings{MakeRing(1)};
  ASSERT_TRUE(queue->NewPublisher()->Publish(rings));
  const Deadline deadline;
  auto held = queue->NewConsumer(model::Stage::kExtract)->Next(deadline.token());
  ASSERT_TRUE(held);

  queue.reset();

  EXPECT_EQ(RingOf(**held), MakeRing(1));
  held->reset();
}

}  // namespace
}  // namespace pulse::queue::ledger
