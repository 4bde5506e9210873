#include "pulse/queue/amqp/topology.h"

#include "pulse/queue/amqp/declare.h"
#include "pulse/queue/amqp/migrate.h"

namespace pulse::queue::amqp {
namespace {

Result<QueueStatus> Look(Session& session, const std::string& name) {
  QueueStatus status{.name = name, .detail = {}};
  const auto found = session.InspectQueue(name);
  if (!found) {
    if (found.error().kind() != ErrorKind::kNotFound) return found.error();
    status.state = QueueStatus::State::kMissing;
    return status;
  }
  status.ready = found->ready;
  status.consumers = found->consumers;
  // It exists, so this creates nothing; it only compares.
  const Result<> same = session.DeclareQueue(name);
  if (same) return status;
  if (same.error().kind() != ErrorKind::kConflict) return same.error();
  status.state = QueueStatus::State::kOtherwise;
  status.detail = same.error().message();
  return status;
}

/// Empty when somebody could consume the queue, else what the broker says. Over a connection of its
/// own: a queue without a leader costs it.
Result<std::string> WhyDead(
    const AmqpOptions& options, const BrokerAddress& address, const std::string& name
) {
  constexpr amqp_channel_t kChannel = 2;
  PULSE_TRY(const auto session, Session::Connect(options, address));
  PULSE_CHECK(session->OpenChannel(kChannel));
  const Result<> consumed = session->Consume(kChannel, name, /*prefetch=*/1);
  if (!consumed && consumed.error().kind() == ErrorKind::kInternal) {
    return consumed.error().message();
  }
  return std::string();
}

Result<QueueStatus> LookAlsoAside(
    Session& session,
    const AmqpOptions& options,
    const BrokerAddress& address,
    const std::string& name
) {
  PULSE_TRY(QueueStatus status, Look(session, name));
  // One that delivers or counts messages has a leader.
  if (status.state == QueueStatus::State::kGood && status.ready == 0 && status.consumers == 0) {
    PULSE_TRY(status.detail, WhyDead(options, address, name));
    if (!status.detail.empty()) status.state = QueueStatus::State::kDead;
  }
  const auto moving = session.InspectQueue(MovingQueueOf(name));
  if (moving) status.moving = moving->ready;
  if (!moving && moving.error().kind() != ErrorKind::kNotFound) return moving.error();
  return status;
}

Result<std::vector<QueueStatus>> LookAtAll(Session& session, const AmqpOptions& options) {
  std::vector<QueueStatus> all;
  for (const std::string& name : QueueNames(options)) {
    PULSE_TRY(all.emplace_back(), Look(session, name));
  }
  return all;
}

Result<> CheckState(const QueueStatus& queue) {
  switch (queue.state) {
    case QueueStatus::State::kGood:
      return {};
    case QueueStatus::State::kMissing:
      return Error{
          ErrorKind::kInvalid,
          "queue " + queue.name +
              " is missing; run `pulse queue topology apply`, or start `pulse etl`, which makes it"
      };
    case QueueStatus::State::kDead:
    case QueueStatus::State::kOtherwise:
      break;
  }
  return Error{
      ErrorKind::kInvalid,
      "queue " + queue.name + " is declared otherwise (" + queue.detail +
          "); `pulse queue topology diff` shows all, `pulse queue topology apply --migrate` mends"
  };
}

}  // namespace

Result<std::vector<QueueStatus>> ListQueues(const AmqpOptions& options) {
  PULSE_TRY(const BrokerAddress address, ParseBrokerUrl(options.url));
  PULSE_TRY(const auto session, Session::Connect(options, address));
  std::vector<QueueStatus> all;
  for (const std::string& name : QueueNames(options)) {
    PULSE_TRY(all.emplace_back(), LookAlsoAside(*session, options, address, name));
  }
  return all;
}

Result<std::vector<Repair>> RepairQueues(const AmqpOptions& options, Migrate migrate) {
  PULSE_TRY(const BrokerAddress address, ParseBrokerUrl(options.url));
  PULSE_TRY(const auto session, Session::Connect(options, address));
  std::vector<Repair> repairs;
  for (const std::string& name : QueueNames(options)) {
    PULSE_TRY(const QueueStatus queue, LookAlsoAside(*session, options, address, name));
    if (queue.state == QueueStatus::State::kDead && migrate == Migrate::kYes) {
      PULSE_CHECK(session->DeleteQueue(name));
      PULSE_CHECK(session->DeclareQueue(name));
      repairs.push_back({name, Repair::Done::kReplaced, 0});
    }
    if (queue.state == QueueStatus::State::kOtherwise && migrate == Migrate::kYes) {
      PULSE_TRY(const std::int64_t moved, MigrateQueue(*session, name));
      repairs.push_back({name, Repair::Done::kMigrated, moved});
      continue;
    }
    if (queue.state == QueueStatus::State::kMissing) {
      PULSE_CHECK(session->DeclareQueue(name));
      repairs.push_back({name, Repair::Done::kDeclared, 0});
    }
    if (queue.moving > 0 && queue.state != QueueStatus::State::kOtherwise) {
      PULSE_TRY(const std::int64_t moved, FinishMigration(*session, name));
      repairs.push_back({name, Repair::Done::kFinished, moved});
    }
  }
  return repairs;
}

Result<> DeclareQueues(const AmqpOptions& options, const BrokerAddress& address) {
  PULSE_TRY(const auto session, Session::Connect(options, address));
  PULSE_CHECK(DeclareMissing(*session, options));
  PULSE_TRY(const auto queues, LookAtAll(*session, options));
  for (const QueueStatus& queue : queues) PULSE_CHECK(CheckState(queue));
  return {};
}

Result<std::string> ProbeQueues(const AmqpOptions& options, const BrokerAddress& address) {
  PULSE_TRY(const auto session, Session::Connect(options, address));
  PULSE_TRY(const auto queues, LookAtAll(*session, options));
  std::int64_t consumers = 0;
  for (const QueueStatus& queue : queues) {
    PULSE_CHECK(CheckState(queue));
    consumers += queue.consumers;
  }
  return session->Server() + ", " + std::to_string(consumers) +
         (consumers == 1 ? " consumer" : " consumers");
}

}  // namespace pulse::queue::amqp
