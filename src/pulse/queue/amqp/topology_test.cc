#include "pulse/queue/amqp/topology.h"

#include "pulse/queue/amqp/declare.h"
#include "pulse/queue/amqp/migrate.h"
#include "pulse/queue/amqp/policies.h"
#include "pulse/queue/amqp/testing/broker_test.h"
#include "pulse/resilience/pause.h"

namespace pulse::queue::amqp {
namespace {

using testing::Open;
using testing::Rings;
using testing::SharedBroker;

class TopologyTest : public testing::BrokerTest {
 protected:
  std::vector<QueueStatus> List() {
    auto queues = ListQueues(options_);
    EXPECT_TRUE(queues) << queues.error().message();
    return queues ? *std::move(queues) : std::vector<QueueStatus>{};
  }
  QueueStatus Status(const std::string& name) {
    for (QueueStatus& queue : List()) {
      if (queue.name == name) return queue;
    }
    ADD_FAILURE() << name << " is not listed";
    return {};
  }
  std::vector<Repair> Apply(Migrate migrate) {
    auto repairs = RepairQueues(options_, migrate);
    EXPECT_TRUE(repairs) << repairs.error().message();
    return repairs ? *std::move(repairs) : std::vector<Repair>{};
  }
};

TEST_F(TopologyTest, ListsEveryQueueAndDeclaresNone) {
  for (int i = 0; i < 2; ++i) {
    const auto queues = List();
    ASSERT_EQ(queues.size(), 8U);
    for (const QueueStatus& queue : queues) {
      EXPECT_EQ(queue.state, QueueStatus::State::kMissing) << queue.name;
    }
  }
}

TEST_F(TopologyTest, DeclaresWhatIsMissingOnce) {
  EXPECT_EQ(Apply(Migrate::kNo).size(), 8U);
  EXPECT_TRUE(Apply(Migrate::kNo).empty());
  for (const QueueStatus& queue : List()) EXPECT_EQ(queue.state, QueueStatus::State::kGood);
}

TEST_F(TopologyTest, CountsMessagesAndConsumers) {
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(5, model::Stage::kLoad)));
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1)));
  ASSERT_TRUE(Next(*consumer));

  EXPECT_EQ(Status(QueueName(model::Stage::kLoad)).ready, 5);
  EXPECT_EQ(Status(QueueName(model::Stage::kLoad)).consumers, 0);
  EXPECT_EQ(Status(QueueName(model::Stage::kExtract)).consumers, 1);
}

TEST_F(TopologyTest, MigratesAQueueOfAnotherTypeWithItsMessages) {
  const std::string name = QueueName(model::Stage::kExtract);
  DeclareClassic(name);
  for (int i = 1; i <= 20; ++i) PublishRaw(name, "body " + std::to_string(i), std::to_string(i));
  ASSERT_EQ(Status(name).state, QueueStatus::State::kOtherwise);
  ASSERT_NE(Status(name).detail.find("x-queue-type"), std::string::npos) << Status(name).detail;

  for (const Repair& repair : Apply(Migrate::kNo)) EXPECT_NE(repair.name, name);
  ASSERT_EQ(Status(name).state, QueueStatus::State::kOtherwise) << "mended without being asked";
  const auto repairs = Apply(Migrate::kYes);

  ASSERT_EQ(repairs.size(), 1U);
  EXPECT_EQ(repairs[0].name, name);
  EXPECT_EQ(repairs[0].done, Repair::Done::kMigrated);
  EXPECT_EQ(repairs[0].moved, 20);
  EXPECT_EQ(Status(name).state, QueueStatus::State::kGood);
  for (int i = 1; i <= 20; ++i) {
    const Got got = GetRaw(name);
    EXPECT_EQ(got.body, "body " + std::to_string(i));
    EXPECT_EQ(got.message_id, std::to_string(i)) << "properties were lost";
  }
  EXPECT_EQ(NewSession()->InspectQueue(MovingQueueOf(name)).error().kind(), ErrorKind::kNotFound);
}

TEST_F(TopologyTest, AMigrationThatWasInterruptedIsFinished) {
  const std::string name = QueueName(model::Stage::kLoad);
  ASSERT_TRUE(NewSession()->DeclareQueue(MovingQueueOf(name)));
  for (int i = 1; i <= 3; ++i) PublishRaw(MovingQueueOf(name), "left", "");
  // A quorum queue counts a message once its log has it, which nobody announces.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (Status(name).moving < 3 && std::chrono::steady_clock::now() < end) {
    static_cast<void>(resilience::Pause(std::chrono::milliseconds(10), {}));
  }
  ASSERT_EQ(Status(name).moving, 3);

  Apply(Migrate::kNo);

  EXPECT_EQ(Status(name).moving, 0);
  EXPECT_EQ(Ready(name), 3);
  EXPECT_TRUE(Apply(Migrate::kNo).empty());
}

TEST_F(TopologyTest, AQueueInUseIsNotMigrated) {
  const std::string name = QueueName(model::Stage::kExtract);
  DeclareClassic(name);
  const auto queue = Open(options_);
  ASSERT_TRUE(queue->NewPublisher()->Publish(Rings(1)));
  const auto consumer = queue->NewConsumer(model::Stage::kExtract);
  ASSERT_TRUE(Next(*consumer));

  const auto refused = RepairQueues(options_, Migrate::kYes);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(Status(name).state, QueueStatus::State::kOtherwise);
}

TEST_F(TopologyTest, PoliciesAreSetAndMended) {
  const auto client = http::NewClient({.allow_private_addresses = true});
  const std::string url = SharedBroker().management_url();
  const auto sync = [&](ApplyPolicies apply) {
    auto policies = SyncPolicies(options_, url, *client, apply);
    EXPECT_TRUE(policies) << policies.error().message();
    std::vector<PolicyStatus::State> states;
    if (policies) {
      for (const PolicyStatus& policy : *policies) states.push_back(policy.state);
    }
    return states;
  };
  using State = PolicyStatus::State;

  EXPECT_EQ(sync(ApplyPolicies::kNo), (std::vector{State::kMissing, State::kMissing}));
  EXPECT_EQ(sync(ApplyPolicies::kYes), (std::vector{State::kMissing, State::kMissing}));
  EXPECT_EQ(sync(ApplyPolicies::kYes), (std::vector{State::kGood, State::kGood}));
}

TEST_F(TopologyTest, WithoutAManagementApiOnlyThePoliciesSuffer) {
  const auto client = http::NewClient({.allow_private_addresses = true});
  const auto policies = SyncPolicies(
      options_,
      "http://127.0.0.1:" + std::to_string(testing::FreePort()),
      *client,
      ApplyPolicies::kYes
  );

  ASSERT_FALSE(policies);
  EXPECT_EQ(policies.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(Apply(Migrate::kNo).size(), 8U);
}

TEST(ManagementUrl, FollowsTheBroker) {
  EXPECT_EQ(ManagementUrlOf(*ParseBrokerUrl("amqp://u:p@mq/x")), "http://mq:15672");
  EXPECT_EQ(ManagementUrlOf(*ParseBrokerUrl("amqps://u:p@[::1]")), "https://[::1]:15671");
}

}  // namespace
}  // namespace pulse::queue::amqp
