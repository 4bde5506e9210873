#include "pulse/queue/amqp/amqp_queue.h"

#include <mutex>
#include <utility>

#include "pulse/queue/amqp/consume_link.h"
#include "pulse/queue/amqp/message.h"
#include "pulse/queue/amqp/publish_link.h"
#include "pulse/queue/amqp/topology.h"
#include "pulse/resilience/pause.h"

namespace pulse::queue::amqp {
namespace {

// A message that can be neither read nor set aside comes back at once; do not spin on it.
constexpr std::chrono::seconds kRefusalPause{1};

/// The two connections, each made when first asked for.
class Links {
 public:
  Links(AmqpOptions options, BrokerAddress address)
      : options_(std::move(options)), address_(std::move(address)) {}

  const AmqpOptions& options() const { return options_; }
  const BrokerAddress& address() const { return address_; }

  PublishLink& publish() {
    const std::lock_guard lock(mutex_);
    if (!publish_) publish_.emplace(OptionsOf(" publish"), address_);
    return *publish_;
  }
  ConsumeLink& consume() {
    const std::lock_guard lock(mutex_);
    if (!consume_) consume_.emplace(OptionsOf(" consume"), address_);
    return *consume_;
  }
  /// What keeps this process from ringing or from hearing, and what to do. Nothing if nothing does.
  std::optional<std::string> Fault() {
    const std::lock_guard lock(mutex_);
    if (const auto blocked = publish_ ? publish_->blocked() : std::nullopt) {
      return "takes no messages (" + *blocked + "); free memory or disk on the broker";
    }
    const auto deaf = publish_ ? publish_->deaf() : std::nullopt;
    const auto missing = consume_ ? consume_->missing() : std::nullopt;
    if (!deaf && !missing) return std::nullopt;
    return (deaf ? "stores nothing in " + *deaf : "lets nobody consume " + *missing) +
           "; `pulse queue topology diff` says whether the queue has lost its leader, `pulse queue "
           "topology apply --migrate` then makes it anew";
  }

 private:
  AmqpOptions OptionsOf(std::string_view purpose) const {
    AmqpOptions options = options_;
    options.connection_name += purpose;
    return options;
  }

  const AmqpOptions options_;
  const BrokerAddress address_;
  std::mutex mutex_;  // Guards both.
  std::optional<PublishLink> publish_;
  std::optional<ConsumeLink> consume_;
};
// Shared: publishers, consumers and deliveries may outlive the queue.
using LinksPtr = std::shared_ptr<Links>;

class AmqpDelivery final : public Delivery {
 public:
  AmqpDelivery(LinksPtr links, std::shared_ptr<Subscription> from, Incoming message)
      : links_(std::move(links)), from_(std::move(from)), message_(std::move(message)) {}
  ~AmqpDelivery() override {
    if (!settled_ && from_->GiveBack(message_.generation, message_.tag)) links_->consume().Wake();
  }
  AmqpDelivery(const AmqpDelivery&) = delete;
  AmqpDelivery& operator=(const AmqpDelivery&) = delete;

  /// Nothing when the message is one nobody can use; why_not() says why.
  bool Parse() {
    Parsed parsed =
        ParseMessage(from_->stage(), message_.body, message_.body_bytes, message_.message_id);
    if (auto* unreadable = std::get_if<Unreadable>(&parsed)) {
      why_not_ = std::move(unreadable->reason);
      return false;
    }
    if (const auto* ring = std::get_if<Ring>(&parsed)) {
      content_ = *ring;
    } else {
      content_ = std::get<ForeignMessage>(std::move(parsed));
    }
    return true;
  }
  const std::string& why_not() const { return why_not_; }

  const std::variant<Ring, ForeignMessage>& content() const noexcept override { return content_; }

  Result<> Ack() override {
    settled_ = true;
    if (from_->Ack(message_.generation, message_.tag)) links_->consume().Wake();
    return {};
  }

  Result<> Refuse(std::string_view reason) override {
    std::vector<Outgoing> dead{{
        .queue = DeadQueueOf(links_->options(), from_->stage()),
        .body = message_.body,
        .message_id = message_.message_id,
        .refused_reason = std::string(reason),
    }};
    PULSE_CHECK(links_->publish().Publish(std::move(dead)));
    return Ack();
  }

 private:
  LinksPtr links_;
  std::shared_ptr<Subscription> from_;
  Incoming message_;
  std::variant<Ring, ForeignMessage> content_;
  std::string why_not_;
  bool settled_ = false;
};

class AmqpPublisher final : public Publisher {
 public:
  explicit AmqpPublisher(LinksPtr links) : links_(std::move(links)) {}

  Result<> Publish(std::span<const Ring> rings) override {
    std::vector<Outgoing> messages;
    messages.reserve(rings.size());
    for (const Ring& ring : rings) {
      messages.push_back({.queue = QueueOf(links_->options(), ring.stage), .body = EncodeRing(ring)}
      );
    }
    return links_->publish().Publish(std::move(messages));
  }

 private:
  LinksPtr links_;
};

class AmqpConsumer final : public Consumer {
 public:
  AmqpConsumer(LinksPtr links, model::Stage stage)
      : links_(std::move(links)), subscription_(links_->consume().Subscribe(stage)) {}
  ~AmqpConsumer() override { links_->consume().Unsubscribe(subscription_); }
  AmqpConsumer(const AmqpConsumer&) = delete;
  AmqpConsumer& operator=(const AmqpConsumer&) = delete;

  Result<std::unique_ptr<Delivery>> Next(std::stop_token stop) override {
    for (;;) {
      if (subscription_->FlushBeforeWaiting()) links_->consume().Wake();
      std::optional<Incoming> message = subscription_->Take(stop);
      if (!message) return Error{ErrorKind::kCancelled, "asked to stop while waiting for a ring"};
      auto delivery = std::make_unique<AmqpDelivery>(links_, subscription_, *std::move(message));
      if (delivery->Parse()) return std::unique_ptr<Delivery>(std::move(delivery));
      if (delivery->Refuse(delivery->why_not())) continue;
      delivery.reset();
      PULSE_CHECK(resilience::Pause(kRefusalPause, stop));
    }
  }

 private:
  LinksPtr links_;
  std::shared_ptr<Subscription> subscription_;
};

class AmqpQueue final : public Queue {
 public:
  explicit AmqpQueue(LinksPtr links) : links_(std::move(links)) {}

  Result<> Prepare() override { return DeclareQueues(links_->options(), links_->address()); }
  std::unique_ptr<Publisher> NewPublisher() override {
    return std::make_unique<AmqpPublisher>(links_);
  }
  std::unique_ptr<Consumer> NewConsumer(model::Stage stage) override {
    return std::make_unique<AmqpConsumer>(links_, stage);
  }
  Result<std::string> Probe() override {
    PULSE_TRY(std::string server, ProbeQueues(links_->options(), links_->address()));
    const auto fault = links_->Fault();
    if (!fault) return server;
    return Error{ErrorKind::kUnavailable, server + " " + *fault};
  }

 private:
  LinksPtr links_;
};

}  // namespace

Result<std::unique_ptr<Queue>> NewAmqpQueue(AmqpOptions options) {
  PULSE_TRY(BrokerAddress address, ParseBrokerUrl(options.url));
  return std::unique_ptr<Queue>(
      std::make_unique<AmqpQueue>(std::make_shared<Links>(std::move(options), std::move(address)))
  );
}

}  // namespace pulse::queue::amqp
