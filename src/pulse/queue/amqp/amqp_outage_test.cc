#include <algorithm>
#include <set>
#include <utility>

#include "pulse/base/signal.h"
#include "pulse/base/sync.h"
#include "pulse/queue/amqp/testing/broker_test.h"
#include "pulse/queue/amqp/topology.h"

namespace pulse::queue::amqp {
namespace {

using testing::Open;
using testing::Rings;
using testing::SharedBroker;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class AmqpOutageTest : public testing::BrokerTest {
 protected:
  /// Publishes until it succeeds: what the dispatcher does. Fails the test after 30 s.
  static void PublishEventually(Publisher& publisher, const std::vector<Ring>& rings) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    Result<> stored = publisher.Publish(rings);
    while (!stored && std::chrono::steady_clock::now() < end) {
      EXPECT_EQ(stored.error().kind(), ErrorKind::kUnavailable);
      static_cast<void>(resilience::Pause(50ms, {}));
      stored = publisher.Publish(rings);
    }
    ASSERT_TRUE(stored) << stored.error().message();
  }
};

TEST_F(AmqpOutageTest, AKilledBrokerCostsNoRingAndNobodyNotices) {
  constexpr int kRings = 2000;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(kRings, model::Stage::kTransform)));
  const auto consumer = queue->NewConsumer(model::Stage::kTransform);
  std::set<StepId> seen;
  bool killed = false;
  const Deadline deadline(60s);

  while (seen.size() < kRings) {
    const auto delivery = consumer->Next(deadline.token());
    ASSERT_TRUE(delivery) << seen.size() << " arrived";
    seen.insert(RingOf(**delivery).step);
    if (seen.size() == kRings / 2 && !std::exchange(killed, true)) {
      SharedBroker().Kill();
      SharedBroker().Start();
    }
    ASSERT_TRUE((*delivery)->Ack());
  }

  EXPECT_TRUE(publisher->Publish({}));
  PublishEventually(*publisher, {MakeRing(kRings + 1, model::Stage::kTransform)});
}

TEST_F(AmqpOutageTest, ConnectionsAreNamedAndWhatHappensToThemIsLogged) {
  Guarded<std::string> lines;
  const auto log = [&] { return lines.With([](const std::string& all) { return all; }); };
  Signal logged;
  const SystemClock clock;
  telemetry::Logger logger(telemetry::Level::kInfo, clock, [&](std::string_view line) {
    lines.With([&](std::string& all) { all += line; });
    logged.Notify();
    return true;
  });
  // Until all of `words` were written after the first `from` bytes.
  const auto until = [&](std::size_t from, std::initializer_list<std::string_view> words) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    for (;;) {
      const std::uint64_t seen = logged.version();
      const std::string text = log().substr(from);
      const bool all = std::ranges::all_of(words, [&](std::string_view word) {
        return text.find(word) != text.npos;
      });
      if (all || std::chrono::steady_clock::now() > end) return all;
      logged.WaitBeyond(seen, end, {});
    }
  };
  options_.logger = &logger;
  options_.connection_name = "pulse etl here:1";
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1)));
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  ASSERT_TRUE(Next(*consumer));
  const std::string connections = SharedBroker().Control({"list_connections", "client_properties"});
  EXPECT_NE(connections.find("pulse etl here:1 publish"), std::string::npos) << connections;
  EXPECT_NE(connections.find("pulse etl here:1 consume"), std::string::npos) << connections;
  const std::size_t before = log().size();

  SharedBroker().Kill();
  EXPECT_TRUE(until(before, {"No connection to the broker", "\"consume\"", "\"publish\""}))
      << log();
  const std::size_t killed = log().size();
  SharedBroker().Start();

  EXPECT_TRUE(until(killed, {"Connected to the broker", "\"consume\"", "\"publish\""})) << log();
  EXPECT_EQ(log().find("guest:"), std::string::npos) << "a password was logged";
}

TEST_F(AmqpOutageTest, PublishSaysSoWhileTheBrokerIsAwayAndWorksOnceItIsBack) {
  options_.confirm_timeout = 500ms;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  PublishEventually(*publisher, Rings(1));  // A busy broker may take longer for one.
  SharedBroker().Kill();

  const auto began = std::chrono::steady_clock::now();
  const auto refused = publisher->Publish(Rings(1));
  const auto took = std::chrono::steady_clock::now() - began;
  const auto probed = queue->Probe();
  SharedBroker().Start();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_LT(took, 2s);
  EXPECT_EQ(probed.error().kind(), ErrorKind::kUnavailable);
  PublishEventually(*publisher, Rings(1));
}

TEST_F(AmqpOutageTest, PublishWaitsForABrokerThatComesBackInTime) {
  options_.confirm_timeout = 30s;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(1)));
  SharedBroker().Kill();

  Result<> stored;
  {
    const std::jthread waits([&] { stored = publisher->Publish(Rings(5, model::Stage::kLoad)); });
    SharedBroker().Start();
  }

  EXPECT_TRUE(stored) << stored.error().message();
  EXPECT_EQ(Ready(QueueName(model::Stage::kLoad)), 5);
}

TEST_F(AmqpOutageTest, AnAckForALostConnectionIsForgottenAndTheRingComesAgain) {
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1)));
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  const auto held = Next(*consumer);
  ASSERT_TRUE(held);
  SharedBroker().Kill();
  SharedBroker().Start();

  const auto again = Next(*consumer);
  ASSERT_TRUE(again);
  EXPECT_TRUE(held->Ack());
  EXPECT_EQ(RingOf(*again), RingOf(*held));
  EXPECT_TRUE(again->Ack());
}

TEST_F(AmqpOutageTest, AWipedBrokerGetsItsQueuesBackAndServesAtOnce) {
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  ASSERT_TRUE(publisher->Publish(Rings(1)));
  const auto before = Next(*consumer);
  ASSERT_TRUE(before);

  SharedBroker().Kill();
  SharedBroker().Wipe();
  SharedBroker().Start();

  PublishEventually(*publisher, {MakeRing(2)});
  const auto after = Next(*consumer);
  ASSERT_TRUE(after);
  EXPECT_EQ(RingOf(*after), MakeRing(2)) << "the wiped broker still had the old ring";
  EXPECT_TRUE(after->Ack());
  EXPECT_TRUE(queue->Probe());
}

TEST_F(AmqpOutageTest, APurgedQueueGoesOnWithTheNextRing) {
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(50)));
  const std::string name = QueueName(model::Stage::kExtract);
  {
    const auto session = NewSession();
    amqp_queue_purge(session->state(), kControlChannel, BytesOf(name));
    ASSERT_TRUE(session->Outcome(kControlChannel, "purge"));
  }
  ASSERT_EQ(Ready(name), 0);

  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  ASSERT_TRUE(publisher->Publish(std::vector{MakeRing(51)}));

  const auto delivery = Next(*consumer);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(RingOf(*delivery), MakeRing(51));
}

TEST_F(AmqpOutageTest, AConsumerOutlivesItsQueue) {
  options_.renew_idle = 300ms;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  ASSERT_TRUE(publisher->Publish(Rings(1)));
  const auto before = Next(*consumer);
  ASSERT_TRUE(before && before->Ack());

  ASSERT_TRUE(NewSession()->DeleteQueue(QueueName(model::Stage::kExtract)));

  PublishEventually(*publisher, {MakeRing(2)});
  const auto after = Next(*consumer);
  ASSERT_TRUE(after);
  EXPECT_EQ(RingOf(*after), MakeRing(2));
}

TEST_F(AmqpOutageTest, AQueueWithoutALeaderIsNamedMendedAndMeanwhileStopsNobodyElse) {
  options_.renew_idle = 300ms;
  options_.patience = 500ms;
  options_.confirm_timeout = 1s;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(1, model::Stage::kLoad)));
  const auto load = queue->NewConsumer(model::Stage::kLoad);
  const auto transform = queue->NewConsumer(model::Stage::kTransform);
  const auto first = Next(*load);
  ASSERT_TRUE(first && first->Ack());
  ASSERT_TRUE(queue->Probe());

  TakeLeader(QueueName(model::Stage::kLoad));

  // Until Probe says `words` about that queue.
  const auto until_said = [&](const std::string& words) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    for (;;) {
      const auto probe = queue->Probe();
      const std::string said = probe ? "" : probe.error().message();
      if (said.find(words + " " + QueueName(model::Stage::kLoad)) != said.npos) return true;
      if (std::chrono::steady_clock::now() > end) return false;
      static_cast<void>(resilience::Pause(50ms, {}));
    }
  };
  ASSERT_TRUE(until_said("lets nobody consume"));
  for (int step = 10; step < 15; ++step) {
    PublishEventually(*publisher, {MakeRing(step, model::Stage::kTransform)});
    const auto ring = Next(*transform);
    ASSERT_TRUE(ring && ring->Ack());
  }
  EXPECT_FALSE(publisher->Publish(Rings(1, model::Stage::kLoad)));
  EXPECT_TRUE(until_said("stores nothing in"));
  const auto listed = ListQueues(options_);
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_EQ(std::ranges::count(*listed, QueueStatus::State::kDead, &QueueStatus::state), 1);
  const auto untouched = RepairQueues(options_, Migrate::kNo);
  ASSERT_TRUE(untouched && untouched->empty());

  const auto repairs = RepairQueues(options_, Migrate::kYes);

  ASSERT_TRUE(repairs) << repairs.error().message();
  ASSERT_EQ(repairs->size(), 1U);
  EXPECT_EQ(repairs->front().done, Repair::Done::kReplaced);
  PublishEventually(*publisher, {MakeRing(3, model::Stage::kLoad)});
  const auto after = Next(*load);
  ASSERT_TRUE(after && after->Ack());
  EXPECT_TRUE(queue->Probe());
}

TEST_F(AmqpOutageTest, WhileTheBrokerIsFullPublishFailsSoonAndConsumersGoOn) {
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(10)));
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  SharedBroker().Control({"set_disk_free_limit", "1000000GB"});

  const auto began = std::chrono::steady_clock::now();
  const auto refused = publisher->Publish(Rings(10));
  const auto again = publisher->Publish(Rings(10));
  const auto took = std::chrono::steady_clock::now() - began;
  const auto probed = queue->Probe();
  for (int i = 0; i < 10; ++i) {
    const auto delivery = Next(*consumer);
    EXPECT_TRUE(delivery && delivery->Ack());
  }
  SharedBroker().Control({"set_disk_free_limit", "50MB"});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message().find("low on disk"), std::string::npos)
      << refused.error().message();
  EXPECT_EQ(again.error().kind(), ErrorKind::kUnavailable);
  EXPECT_LT(took, 10s);
  EXPECT_EQ(probed.error().kind(), ErrorKind::kUnavailable);
  PublishEventually(*publisher, Rings(10));
}

TEST_F(AmqpOutageTest, ABusyWorkerKeepsItsConnection) {
  options_.heartbeat = 1s;
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1)));
  {
    const auto consumer = queue->NewConsumer(model::Stage::kExtract);
    const auto delivery = Next(*consumer);
    ASSERT_TRUE(delivery);

    // Three times what the broker grants a silent client.
    static_cast<void>(resilience::Pause(6s, {}));

    ASSERT_TRUE(delivery->Ack());
  }
  EXPECT_EQ(Ready(QueueName(model::Stage::kExtract)), 0) << "the broker took it back meanwhile";
}

TEST_F(AmqpOutageTest, AFrozenBrokerIsNoticedAndUsedAgainOnceItThaws) {
  options_.heartbeat = 1s;
  options_.connect_timeout = 1s;
  options_.confirm_timeout = 4s;
  const auto queue = Open(options_);
  const auto publisher = queue->NewPublisher();
  ASSERT_TRUE(publisher->Publish(Rings(1)));
  SharedBroker().Freeze();

  const auto refused = publisher->Publish(Rings(1));
  SharedBroker().Thaw();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  PublishEventually(*publisher, Rings(1));
}

TEST_F(AmqpOutageTest, TlsTrustsTheGivenAuthorityAndNoOther) {
  options_.url = SharedBroker().tls_url();
  options_.ca_file = SharedBroker().ca_file();
  const auto queue = Open(options_);
  const auto stored = queue->NewPublisher()->Publish(Rings(300));
  ASSERT_TRUE(stored) << stored.error().message();
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  for (int i = 0; i < 300; ++i) {
    const auto delivery = Next(*consumer);
    ASSERT_TRUE(delivery && delivery->Ack());
  }
  ASSERT_TRUE(queue->Probe());

  options_.ca_file.clear();
  const auto stranger = Open(options_)->Probe();
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().kind(), ErrorKind::kInvalid) << stranger.error().message();
  EXPECT_NE(stranger.error().message().find("fix: ca_file"), std::string::npos)
      << stranger.error().message();

  options_.ca_file = SharedBroker().ca_file();
  options_.url.replace(options_.url.find("127.0.0.1"), 9, "localhost");
  const auto other_name = Open(options_)->Probe();
  ASSERT_FALSE(other_name) << "the certificate is for 127.0.0.1";
  EXPECT_EQ(other_name.error().kind(), ErrorKind::kInvalid) << other_name.error().message();
}

}  // namespace
}  // namespace pulse::queue::amqp
