#pragma once

/// \file
/// What every Queue does. A backend's test includes this file once and says
///
///   INSTANTIATE_TEST_SUITE_P(Ledger, QueueConformance, testing::Values(QueueBackend{...}));

#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pulse/base/sync.h"
#include "pulse/queue/queue.h"
#include "pulse/queue/testing/rings.h"

namespace pulse::queue {

struct QueueBackend {
  std::string name;
  /// A queue in which nothing waits and which no other test uses.
  std::function<std::unique_ptr<Queue>()> make;
};

inline void PrintTo(const QueueBackend& backend, std::ostream* out) { *out << backend.name; }

class QueueConformance : public testing::TestWithParam<QueueBackend> {
 protected:
  void SetUp() override {
    queue_ = GetParam().make();
    publisher_ = queue_->NewPublisher();
  }

  void Publish(std::vector<Ring> rings) {
    const auto stored = publisher_->Publish(rings);
    ASSERT_TRUE(stored) << stored.error().message();
  }
  std::unique_ptr<Delivery> Next(Consumer& consumer) {
    const Deadline deadline;
    auto delivery = consumer.Next(deadline.token());
    EXPECT_TRUE(delivery) << delivery.error().message();
    return delivery ? std::move(*delivery) : nullptr;
  }

  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Publisher> publisher_;
};

TEST_P(QueueConformance, APublishedRingArrivesAsItWasSent) {
  const auto consumer = queue_->NewConsumer(model::Stage::kLoad);

  Publish({MakeRing(41, model::Stage::kLoad)});

  const auto delivery = Next(*consumer);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(RingOf(*delivery), MakeRing(41, model::Stage::kLoad));
  EXPECT_TRUE(delivery->Ack());
}

TEST_P(QueueConformance, AConsumerSeesOnlyItsOwnStage) {
  std::vector<Ring> rings;
  for (const model::Stage stage : model::kStages) {
    rings.push_back(MakeRing(10 + static_cast<int>(stage), stage));
    rings.push_back(MakeRing(20 + static_cast<int>(stage), stage));
  }

  Publish(rings);

  for (const model::Stage stage : model::kStages) {
    const auto consumer = queue_->NewConsumer(stage);
    for (const int base : {10, 20}) {
      const auto delivery = Next(*consumer);
      ASSERT_TRUE(delivery);
      EXPECT_EQ(RingOf(*delivery), MakeRing(base + static_cast<int>(stage), stage));
      EXPECT_TRUE(delivery->Ack());
    }
  }
}

TEST_P(QueueConformance, AnUnsettledDeliveryComesBackAndASettledOneDoesNot) {
  const auto consumer = queue_->NewConsumer(model::Stage::kExtract);
  Publish({MakeRing(1)});

  Next(*consumer).reset();
  const auto again = Next(*consumer);
  ASSERT_TRUE(again);
  EXPECT_EQ(RingOf(*again), MakeRing(1));
  ASSERT_TRUE(again->Ack());

  Publish({MakeRing(2)});
  const auto other = Next(*consumer);
  ASSERT_TRUE(other);
  EXPECT_EQ(RingOf(*other), MakeRing(2)) << "the settled ring came back";
  EXPECT_TRUE(other->Ack());
}

TEST_P(QueueConformance, WhatAVanishedConsumerHeldReachesAnother) {
  Publish({MakeRing(1), MakeRing(2)});
  {
    const auto consumer = queue_->NewConsumer(model::Stage::kExtract);
    const auto first = Next(*consumer);
    const auto second = Next(*consumer);
    ASSERT_TRUE(first && second);
  }

  const auto survivor = queue_->NewConsumer(model::Stage::kExtract);
  std::set<StepId> seen;
  for (int i = 0; i < 2; ++i) {
    const auto delivery = Next(*survivor);
    ASSERT_TRUE(delivery);
    seen.insert(RingOf(*delivery).step);
    EXPECT_TRUE(delivery->Ack());
  }
  EXPECT_EQ(seen, (std::set{StepId(1), StepId(2)}));
}

TEST_P(QueueConformance, ADeliveryMayBeSettledOnAnotherThread) {
  const auto consumer = queue_->NewConsumer(model::Stage::kExtract);
  Publish({MakeRing(1)});
  auto delivery = Next(*consumer);
  ASSERT_TRUE(delivery);

  std::jthread([&] { EXPECT_TRUE(delivery->Ack()); }).join();
  delivery.reset();

  Publish({MakeRing(2)});
  const auto other = Next(*consumer);
  ASSERT_TRUE(other);
  EXPECT_EQ(RingOf(*other), MakeRing(2));
  EXPECT_TRUE(other->Ack());
}

TEST_P(QueueConformance, StopEndsAWaitThatHasBegun) {
  const auto consumer = queue_->NewConsumer(model::Stage::kExtract);

  const Deadline soon(std::chrono::milliseconds(20));
  const auto delivery = consumer->Next(soon.token());

  ASSERT_FALSE(delivery);
  EXPECT_EQ(delivery.error().kind(), ErrorKind::kCancelled);
}

TEST_P(QueueConformance, AStoppedConsumerTakesNothingEvenWhenSomethingWaits) {
  const auto consumer = queue_->NewConsumer(model::Stage::kExtract);
  Publish({MakeRing(1)});
  std::stop_source stop;
  stop.request_stop();

  const auto refused = consumer->Next(stop.get_token());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kCancelled);
  const auto delivery = Next(*consumer);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(RingOf(*delivery), MakeRing(1));
  EXPECT_TRUE(delivery->Ack());
}

TEST_P(QueueConformance, EveryRingReachesOneOfManyConsumersOnce) {
  constexpr int kRings = 2000;
  Guarded<std::vector<StepId>> seen;
  std::stop_source all_seen;
  const Deadline deadline(std::chrono::seconds(60));
  const std::stop_callback give_up(deadline.token(), [&] { all_seen.request_stop(); });

  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        const auto consumer = queue_->NewConsumer(model::Stage::kTransform);
        while (auto delivery = consumer->Next(all_seen.get_token())) {
          ASSERT_TRUE((*delivery)->Ack());
          const std::size_t count = seen.With([&](std::vector<StepId>& so_far) {
            so_far.push_back(RingOf(**delivery).step);
            return so_far.size();
          });
          if (count == kRings) all_seen.request_stop();
        }
      });
    }
    std::vector<Ring> rings;
    for (int i = 1; i <= kRings; ++i) rings.push_back(MakeRing(i, model::Stage::kTransform));
    Publish(rings);
  }

  const std::vector<StepId> all = seen.With([](const auto& so_far) { return so_far; });
  EXPECT_EQ(all.size(), kRings);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), kRings);
}

}  // namespace pulse::queue
