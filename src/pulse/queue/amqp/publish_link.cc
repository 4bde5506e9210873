#include "pulse/queue/amqp/publish_link.h"

#include <charconv>
#include <utility>

#include "pulse/base/failpoint.h"
#include "pulse/queue/amqp/declare.h"

namespace pulse::queue::amqp {
namespace {

constexpr amqp_channel_t kPublishChannel = 2;
// Confirms are read after so many, so that the broker is never kept from sending them.
constexpr int kSendsAtOnce = 200;
constexpr std::chrono::seconds kIdle{60};

Error Unconfirmed(std::string_view why) {
  return Error{ErrorKind::kUnavailable, "not confirmed by the broker: " + std::string(why)};
}

}  // namespace

PublishLink::PublishLink(AmqpOptions options, BrokerAddress address)
    : options_(std::move(options)), link_(options_, std::move(address), "publish", *this) {}

Result<> PublishLink::Publish(std::vector<Outgoing> messages) {
  if (messages.empty()) return {};
  const auto deadline = std::chrono::steady_clock::now() + options_.confirm_timeout;
  const auto batch = std::make_shared<Batch>();
  batch->messages = std::move(messages);
  {
    const std::lock_guard lock(mutex_);
    if (blocked_) return Unconfirmed("it takes no messages (" + *blocked_ + ")");
    waiting_.push_back(batch);
  }
  link_.Wake();
  std::unique_lock lock(mutex_);
  const bool settled =
      settled_.wait_until(lock, deadline, [&] { return batch->outcome.has_value(); });
  if (!settled) {
    stalled_ = stalled_ || (batch->sent > 0 && !blocked_);
    batch->outcome = Unconfirmed(
        std::to_string(batch->confirmed) + " of " + std::to_string(batch->messages.size()) +
        " in time" + (last_error_.empty() ? "" : "; " + last_error_)
    );
  }
  return *batch->outcome;
}

std::optional<std::string> PublishLink::blocked() const {
  const std::lock_guard lock(mutex_);
  return blocked_;
}

std::optional<std::string> PublishLink::deaf() const {
  const std::lock_guard lock(mutex_);
  return deaf_.empty() ? std::nullopt : std::optional(*deaf_.begin());
}

Result<> PublishLink::OnConnected(Session& session) {
  PULSE_CHECK(DeclareMissing(session, options_));
  PULSE_CHECK(session.OpenChannel(kPublishChannel));
  PULSE_CHECK(session.ConfirmPublishes(kPublishChannel));
  next_tag_ = 1;
  const std::lock_guard lock(mutex_);
  last_error_.clear();
  stalled_ = false;
  return {};
}

Result<> PublishLink::OnFrame(Session& session, const amqp_frame_t& frame) {
  if (frame.channel != kPublishChannel) return {};
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    Returned(TextOf(
        static_cast<amqp_basic_properties_t*>(frame.payload.properties.decoded)->correlation_id
    ));
  }
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_BASIC_ACK_METHOD) {
    const auto& ack = *static_cast<amqp_basic_ack_t*>(method.decoded);
    Confirmed(ack.delivery_tag, ack.multiple != 0, /*stored=*/true);
  } else if (method.id == AMQP_BASIC_NACK_METHOD) {
    const auto& nack = *static_cast<amqp_basic_nack_t*>(method.decoded);
    Confirmed(nack.delivery_tag, nack.multiple != 0, /*stored=*/false);
  } else if (method.id == AMQP_BASIC_RETURN_METHOD) {
    const auto& returned = *static_cast<amqp_basic_return_t*>(method.decoded);
    declare_again_ = true;
    returned_ = "there is no queue " + std::string(TextOf(returned.routing_key)) + " (" +
                std::string(TextOf(returned.reply_text)) + ")";
    return {};  // Its header says which one it was.
  } else if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    return Unconfirmed(Session::WhyClosed(method).message());
  }
  session.Release(kPublishChannel);
  return {};
}

Result<Link::Time> PublishLink::Work(Session& session) {
  NoticeBlocking(session);
  PULSE_CHECK(NoticeStall());
  if (std::exchange(declare_again_, false)) PULSE_CHECK(DeclareMissing(session, options_));
  const auto now = std::chrono::steady_clock::now();
  for (int sent = 0; std::cmp_less(in_flight_.size(), options_.publish_window); ++sent) {
    if (sent == kSendsAtOnce) return now;
    const BatchPtr batch = FrontToSend();
    if (!batch) break;
    PULSE_CHECK(Send(session, batch));
  }
  return now + kIdle;
}

void PublishLink::NoticeBlocking(Session& session) {
  {
    const std::lock_guard lock(mutex_);
    if (blocked_ == session.blocked()) return;
    blocked_ = session.blocked();
  }
  if (session.blocked()) FailAll(Unconfirmed("it takes no messages (" + *session.blocked() + ")"));
}

/// A channel may wait for ever for the confirms of a queue that was deleted and declared anew; a
/// new connection does not.
Result<> PublishLink::NoticeStall() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(stalled_, false)) return {};
  for (const auto& [tag, sent] : in_flight_) {
    if (sent.batch->outcome) deaf_.insert(sent.queue());
  }
  return Unconfirmed("no answer in time; connecting anew");
}

PublishLink::BatchPtr PublishLink::FrontToSend() {
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    const BatchPtr& front = waiting_.front();
    if (!front->outcome && front->sent < front->messages.size()) return front;
    waiting_.pop_front();
  }
  return nullptr;
}

Result<> PublishLink::Send(Session& session, const BatchPtr& batch) {
  // Nobody else changes messages or sent while the batch is not settled, and they outlive it.
  const Outgoing& message = batch->messages[batch->sent];
  amqp_basic_properties_t properties{};
  // A returned message tells its tag by this; confirms tell it themselves.
  const std::string tag = std::to_string(next_tag_);
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.correlation_id = BytesOf(tag);
  amqp_table_entry_t reason;
  if (!message.message_id.empty()) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = BytesOf(message.message_id);
  }
  if (!message.refused_reason.empty()) {
    reason.key = amqp_cstring_bytes("x-refused-reason");
    reason.value.kind = AMQP_FIELD_KIND_UTF8;
    reason.value.value.bytes = BytesOf(message.refused_reason);
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers.num_entries = 1;
    properties.headers.entries = &reason;
  }
  in_flight_.emplace(next_tag_++, Sent{batch, batch->sent});
  {
    const std::lock_guard lock(mutex_);
    ++batch->sent;
  }
  PULSE_CHECK(session.Publish(kPublishChannel, message.queue, properties, message.body));
  PULSE_FAILPOINT("k10_ring_sent");
  return {};
}

void PublishLink::Confirmed(std::uint64_t tag, bool multiple, bool stored) {
  PULSE_FAILPOINT("k12_ring_confirmed");
  const auto end = in_flight_.upper_bound(tag);
  const std::lock_guard lock(mutex_);
  for (auto it = multiple ? in_flight_.begin() : in_flight_.find(tag);
       it != in_flight_.end() && it != end;
       it = in_flight_.erase(it)) {
    Batch& batch = *it->second.batch;
    if (!stored) {
      deaf_.insert(it->second.queue());
      Settle(batch, Unconfirmed("it could not store a message"));
      continue;
    }
    if (!deaf_.empty()) deaf_.erase(it->second.queue());
    if (++batch.confirmed == batch.messages.size()) Settle(batch, {});
  }
}

void PublishLink::Returned(std::string_view tag) {
  std::uint64_t number = 0;
  std::from_chars(tag.data(), tag.data() + tag.size(), number);
  const auto found = in_flight_.find(number);
  if (found == in_flight_.end()) return;
  const std::lock_guard lock(mutex_);
  Settle(*found->second.batch, Unconfirmed(returned_));
}

void PublishLink::FailAll(const Error& why) {
  const std::lock_guard lock(mutex_);
  for (const BatchPtr& batch : waiting_) Settle(*batch, why);
  for (const auto& [tag, sent] : in_flight_) Settle(*sent.batch, why);
}

void PublishLink::Settle(Batch& batch, Result<> outcome) {
  if (batch.outcome) return;
  batch.outcome = std::move(outcome);
  settled_.notify_all();
}

void PublishLink::OnLost(const Error& why) {
  const std::lock_guard lock(mutex_);
  last_error_ = why.message();
  blocked_.reset();
  // Whoever still waits is served by the next connection: a message may be stored twice, never
  // not at all.
  for (auto it = in_flight_.rbegin(); it != in_flight_.rend(); ++it) {
    const BatchPtr& batch = it->second.batch;
    if (batch->outcome || batch->sent == 0) continue;
    batch->sent = 0;
    batch->confirmed = 0;
    if (waiting_.empty() || waiting_.front() != batch) waiting_.push_front(batch);
  }
  in_flight_.clear();
}

}  // namespace pulse::queue::amqp
