#include "pulse/queue/amqp/migrate.h"

#include "pulse/queue/amqp/declare.h"

namespace pulse::queue::amqp {
namespace {

constexpr amqp_channel_t kMoveChannel = 2;
// One confirm each: slow (about 1,000 a second) and simple; it is done once in a queue's life.
constexpr std::chrono::seconds kConfirmWait{10};

/// A message with the memory it refers to.
class Message {
 public:
  Message() = default;
  ~Message() {
    if (read_) amqp_destroy_message(&message_);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  Result<> Read(Session& session) {
    const amqp_rpc_reply_t reply =
        amqp_read_message(session.state(), kMoveChannel, &message_, /*flags=*/0);
    read_ = reply.reply_type == AMQP_RESPONSE_NORMAL;
    if (read_) return {};
    return Error{ErrorKind::kUnavailable, "read a message: the connection broke"};
  }
  const amqp_message_t& operator*() const { return message_; }

 private:
  amqp_message_t message_{};
  bool read_ = false;
};

/// The tag of the next message, 0 when the queue is empty.
Result<std::uint64_t> Get(Session& session, const std::string& queue) {
  const amqp_rpc_reply_t reply =
      amqp_basic_get(session.state(), kMoveChannel, BytesOf(queue), /*no_ack=*/0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
    return Error{ErrorKind::kUnavailable, "get from " + queue + ": the broker did not answer"};
  }
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return 0;
  return static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->delivery_tag;
}

/// Waits until the one message in flight is stored.
Result<> AwaitConfirm(Session& session, const std::string& queue) {
  const auto end = std::chrono::steady_clock::now() + kConfirmWait;
  const Error unstored{ErrorKind::kUnavailable, queue + " did not take a message"};
  while (std::chrono::steady_clock::now() < end) {
    amqp_frame_t frame;
    const timeval wait{.tv_sec = 1, .tv_usec = 0};
    const int status = amqp_simple_wait_frame_noblock(session.state(), &frame, &wait);
    if (status == AMQP_STATUS_TIMEOUT) continue;
    if (status != AMQP_STATUS_OK) return unstored;
    if (frame.channel != kMoveChannel || frame.frame_type != AMQP_FRAME_METHOD) continue;
    if (frame.payload.method.id == AMQP_BASIC_ACK_METHOD) return {};
    return unstored;  // Returned, nacked, or the channel was closed.
  }
  return unstored;
}

Result<std::int64_t> MoveAll(Session& session, const std::string& from, const std::string& to) {
  for (std::int64_t moved = 0;; ++moved) {
    PULSE_TRY(const std::uint64_t tag, Get(session, from));
    if (tag == 0) return moved;
    Message message;
    PULSE_CHECK(message.Read(session));
    PULSE_CHECK(session.Publish(kMoveChannel, to, (*message).properties, TextOf((*message).body)));
    PULSE_CHECK(AwaitConfirm(session, to));
    PULSE_CHECK(session.Ack(kMoveChannel, tag, /*multiple=*/false));
    session.Release(kMoveChannel);
  }
}

Result<> OpenMoveChannel(Session& session) {
  PULSE_CHECK(session.OpenChannel(kMoveChannel));
  return session.ConfirmPublishes(kMoveChannel);
}

/// Nothing when there is no such queue.
Result<std::optional<QueueState>> Find(Session& session, const std::string& queue) {
  auto found = session.InspectQueue(queue);
  if (found) return std::optional(*found);
  if (found.error().kind() == ErrorKind::kNotFound) return std::optional<QueueState>();
  return std::move(found).error();
}

Result<std::int64_t> MoveBack(Session& session, const std::string& queue) {
  PULSE_CHECK(session.DeclareQueue(queue));
  PULSE_CHECK(OpenMoveChannel(session));
  PULSE_TRY(const std::int64_t moved, MoveAll(session, MovingQueueOf(queue), queue));
  PULSE_CHECK(session.CloseChannel(kMoveChannel));  // The last acks have arrived.
  PULSE_CHECK(session.DeleteQueue(MovingQueueOf(queue)));
  return moved;
}

}  // namespace

std::string MovingQueueOf(const std::string& queue) { return queue + ".moving"; }

Result<std::int64_t> MigrateQueue(Session& session, const std::string& queue) {
  PULSE_TRY(const auto before, Find(session, queue));
  if (before && before->consumers > 0) {
    return Error{
        ErrorKind::kConflict,
        queue + " has " + std::to_string(before->consumers) +
            " consumers; stop every `pulse etl` (and whoever else reads it) first"
    };
  }
  PULSE_CHECK(OpenMoveChannel(session));
  PULSE_CHECK(session.DeclareQueue(MovingQueueOf(queue)));
  PULSE_TRY([[maybe_unused]] const auto parked, MoveAll(session, queue, MovingQueueOf(queue)));
  PULSE_TRY(const auto after, session.InspectQueue(queue));
  if (after.ready > 0 || after.consumers > 0) {
    return Error{ErrorKind::kConflict, queue + " is still in use; stop who publishes to it first"};
  }
  // A channel that knew the old queue would never confirm what it publishes to the new one.
  PULSE_CHECK(session.CloseChannel(kMoveChannel));
  PULSE_CHECK(session.DeleteQueue(queue));
  return MoveBack(session, queue);
}

Result<std::int64_t> FinishMigration(Session& session, const std::string& queue) {
  PULSE_TRY(const auto left, Find(session, MovingQueueOf(queue)));
  if (!left) return 0;
  return MoveBack(session, queue);
}

}  // namespace pulse::queue::amqp
