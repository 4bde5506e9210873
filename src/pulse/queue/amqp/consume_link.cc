#include "pulse/queue/amqp/consume_link.h"

#include <algorithm>
#include <utility>

#include "pulse/base/failpoint.h"
#include "pulse/queue/amqp/amqp_queue.h"
#include "pulse/queue/amqp/declare.h"

namespace pulse::queue::amqp {
namespace {

constexpr amqp_channel_t kFirstChannel = 2;
// Between tries to consume a queue that somebody deleted or locked.
constexpr std::chrono::milliseconds kTryAgain{500};
// Longer than one call to the broker takes; the connection is beyond hope then.
constexpr std::chrono::seconds kLeave{5};
constexpr std::chrono::seconds kIdle{60};

}  // namespace

ConsumeLink::ConsumeLink(AmqpOptions options, BrokerAddress address)
    : options_(std::move(options)), link_(options_, std::move(address), "consume", *this) {}

std::shared_ptr<Subscription> ConsumeLink::Subscribe(model::Stage stage) {
  const int prefetch =
      stage == model::Stage::kExtract ? options_.extract_prefetch : options_.prefetch;
  auto line = std::make_shared<Line>();
  line->subscription =
      std::make_shared<Subscription>(stage, QueueOf(options_, stage), prefetch, options_.ack_delay);
  auto subscription = line->subscription;
  {
    const std::lock_guard lock(mutex_);
    amqp_channel_t channel = kFirstChannel;
    while (lines_.contains(channel)) ++channel;
    lines_.emplace(channel, std::move(line));
  }
  link_.Wake();
  return subscription;
}

void ConsumeLink::Unsubscribe(const std::shared_ptr<Subscription>& subscription) {
  std::unique_lock lock(mutex_);
  const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const auto& entry) {
    return entry.second->subscription == subscription;
  });
  if (found == lines_.end()) return;
  const amqp_channel_t channel = found->first;
  found->second->closing = true;
  if (connected_) {
    link_.Wake();
    changed_.wait_for(lock, kLeave, [&] { return !connected_ || !lines_.contains(channel); });
  }
  // Without a connection there is nothing to tell the broker: it has everything back already. A
  // channel that is still open now closes with the next loss; nobody may use its number before.
  if (!connected_) lines_.erase(channel);
}

std::optional<std::string> ConsumeLink::missing() const {
  const auto since = std::chrono::steady_clock::now() - options_.patience;
  const std::lock_guard lock(mutex_);
  for (const auto& [channel, line] : lines_) {
    if (line->closing || !line->why_not || line->asked > since) continue;
    return line->subscription->queue() + " (" + *line->why_not + ")";
  }
  return std::nullopt;
}

/// The time counts from when it last consumed; the reason is the latest.
void ConsumeLink::NoteConsumer(Line& line, std::optional<std::string> why_not) {
  const std::lock_guard lock(mutex_);
  if (why_not && !line.why_not) line.asked = std::chrono::steady_clock::now();
  line.why_not = std::move(why_not);
}

Result<> ConsumeLink::OnConnected(Session& session) {
  PULSE_CHECK(DeclareMissing(session, options_));
  renew_at_ = std::chrono::steady_clock::now() + options_.renew_idle;
  const std::lock_guard lock(mutex_);
  connected_ = true;
  return {};
}

void ConsumeLink::OnLost(const Error& why) {
  for (const auto& [channel, line] : Copy()) NoteConsumer(*line, why.message());
  const std::lock_guard lock(mutex_);
  connected_ = false;
  std::erase_if(lines_, [](const auto& entry) { return entry.second->closing; });
  for (const auto& [channel, line] : lines_) {
    line->consuming = false;
    if (!std::exchange(line->broke_connection, false)) line->try_at = {};
    line->partial.reset();
    line->subscription->Restart();
  }
  changed_.notify_all();
}

std::vector<std::pair<amqp_channel_t, std::shared_ptr<ConsumeLink::Line>>> ConsumeLink::Copy() {
  const std::lock_guard lock(mutex_);
  return {lines_.begin(), lines_.end()};
}

bool ConsumeLink::IsClosing(const Line& line) {
  const std::lock_guard lock(mutex_);
  return line.closing;
}

Result<Link::Time> ConsumeLink::Work(Session& session) {
  const auto now = std::chrono::steady_clock::now();
  Link::Time due = now + kIdle;
  for (const auto& [channel, line] : Copy()) {
    const bool closing = IsClosing(*line);
    if (!line->consuming && !closing) {
      const bool start = now >= line->try_at && !session.has_unread();
      if (start) PULSE_CHECK(StartConsuming(session, channel, *line));
      if (!line->consuming) due = std::min(due, line->try_at);
    }
    if (line->consuming) {
      PULSE_TRY(const auto acks_due, SendSettled(session, channel, *line));
      if (acks_due) due = std::min(due, *acks_due);
    }
    if (closing) PULSE_CHECK(Close(session, channel, *line));
  }
  if (now < renew_at_) return std::min(due, renew_at_);
  PULSE_CHECK(RenewIdle(session));
  return now;
}

Result<> ConsumeLink::StartConsuming(Session& session, amqp_channel_t channel, Line& line) {
  line.subscription->Restart();
  PULSE_CHECK(session.OpenChannel(channel));
  const Subscription& wanted = *line.subscription;
  Result<> consuming = session.Consume(channel, wanted.queue(), wanted.prefetch());
  if (consuming) {
    line.consuming = true;
    NoteConsumer(line, std::nullopt);
    return {};
  }
  if (consuming.error().kind() == ErrorKind::kUnavailable) return consuming;
  if (consuming.error().kind() == ErrorKind::kInternal) {
    // A queue without a leader costs the connection, and with it everybody's consumers.
    line.broke_connection = true;
    line.try_at = std::chrono::steady_clock::now() + options_.patience;
    return consuming;
  }
  // The broker closed the channel, not the connection: the queue is not there, or locked.
  Log("Cannot consume", line, consuming.error().message());
  NoteConsumer(line, consuming.error().message());
  line.try_at = std::chrono::steady_clock::now() + kTryAgain;
  return DeclareMissing(session, options_);
}

Result<std::optional<Link::Time>> ConsumeLink::SendSettled(
    Session& session, amqp_channel_t channel, Line& line
) {
  // Once the consumer is leaving, acks must not wait any longer.
  const auto now = IsClosing(line) ? Link::Time::max() : std::chrono::steady_clock::now();
  const Subscription::Settled settled = line.subscription->TakeSettled(now);
  for (const std::uint64_t tag : settled.given_back) PULSE_CHECK(session.Requeue(channel, tag));
  for (const AckWindow::Acks& acks : settled.acks) {
    PULSE_CHECK(session.Ack(channel, acks.tag, acks.multiple));
    PULSE_FAILPOINT("k14_ack_sent");
  }
  return settled.due;
}

Result<> ConsumeLink::RenewIdle(Session& session) {
  renew_at_ = std::chrono::steady_clock::now() + options_.renew_idle;
  for (const auto& [channel, line] : Copy()) {
    if (!line->consuming || !line->subscription->Idle()) continue;
    PULSE_CHECK(session.CloseChannel(channel));
    line->consuming = false;
    line->partial.reset();
    line->try_at = {};
  }
  return {};
}

Result<> ConsumeLink::Restart(Session& session, Line& line) {
  line.consuming = false;
  line.partial.reset();
  line.try_at = std::chrono::steady_clock::now() + kTryAgain;
  line.subscription->Restart();
  return DeclareMissing(session, options_);
}

Result<> ConsumeLink::Close(Session& session, amqp_channel_t channel, Line& line) {
  if (line.consuming) PULSE_CHECK(session.CloseChannel(channel));
  session.Release(channel);
  line.subscription->Restart();
  Remove(channel);
  return {};
}

void ConsumeLink::Remove(amqp_channel_t channel) {
  const std::lock_guard lock(mutex_);
  lines_.erase(channel);
  changed_.notify_all();
}

Result<> ConsumeLink::OnFrame(Session& session, const amqp_frame_t& frame) {
  std::shared_ptr<Line> line;
  {
    const std::lock_guard lock(mutex_);
    const auto found = lines_.find(frame.channel);
    if (found != lines_.end()) line = found->second;
  }
  // What is left of a channel that we closed: its tags mean nothing any more.
  if (!line || !line->consuming) return {};
  if (frame.frame_type == AMQP_FRAME_METHOD) {
    PULSE_CHECK(OnMethod(session, frame.channel, *line, frame.payload.method));
  } else if (frame.frame_type == AMQP_FRAME_HEADER) {
    OnHeader(*line, frame);
  } else if (frame.frame_type == AMQP_FRAME_BODY) {
    OnBody(*line, frame.payload.body_fragment);
  }
  if (!line->partial) session.Release(frame.channel);
  return {};
}

Result<> ConsumeLink::OnMethod(
    Session& session, amqp_channel_t channel, Line& line, const amqp_method_t& method
) {
  if (method.id == AMQP_BASIC_DELIVER_METHOD) {
    line.partial.emplace();
    line.partial->tag = static_cast<amqp_basic_deliver_t*>(method.decoded)->delivery_tag;
    line.arrived_bytes = 0;
    return {};
  }
  if (method.id == AMQP_BASIC_CANCEL_METHOD) {
    Log("The broker ended a consumer", line, "its queue was deleted or moved");
    PULSE_CHECK(session.CloseChannel(channel));
  } else if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    Log("The broker closed a channel", line, Session::WhyClosed(method).message());
    PULSE_CHECK(session.AnswerClose(channel));
  } else {
    return {};
  }
  return Restart(session, line);
}

void ConsumeLink::OnHeader(Line& line, const amqp_frame_t& frame) {
  if (!line.partial) return;
  const auto& properties = *static_cast<amqp_basic_properties_t*>(frame.payload.properties.decoded);
  if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) {
    line.partial->message_id = TextOf(properties.message_id);
  }
  line.partial->body_bytes = frame.payload.properties.body_size;
  PassOnWhenWhole(line);
}

void ConsumeLink::OnBody(Line& line, const amqp_bytes_t& piece) {
  if (!line.partial) return;
  const std::size_t room = kMaxBodyBytes - line.partial->body.size();
  line.partial->body += TextOf(piece).substr(0, room);
  line.arrived_bytes += piece.len;
  PassOnWhenWhole(line);
}

void ConsumeLink::PassOnWhenWhole(Line& line) {
  if (line.arrived_bytes < line.partial->body_bytes) return;
  line.subscription->Arrived(*std::exchange(line.partial, std::nullopt));
}

void ConsumeLink::Log(std::string_view message, const Line& line, std::string_view detail) {
  if (options_.logger == nullptr) return;
  options_.logger->Log(
      telemetry::Level::kWarn, message, {{"queue", line.subscription->queue()}, {"detail", detail}}
  );
}

}  // namespace pulse::queue::amqp
