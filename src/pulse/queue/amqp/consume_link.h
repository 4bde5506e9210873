#pragma once

/// \file
/// ConsumeLink: the consuming connection; one channel per subscription. Thread-safe.

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pulse/queue/amqp/subscription.h"

namespace pulse::queue::amqp {

class ConsumeLink final : public Link::Handler {
 public:
  ConsumeLink(AmqpOptions options, BrokerAddress address);

  std::shared_ptr<Subscription> Subscribe(model::Stage stage);
  /// Sends what is acked, then returns what is not to the queue. Waits for the broker a few
  /// seconds at most.
  void Unsubscribe(const std::shared_ptr<Subscription>& subscription);
  void Wake() noexcept { link_.Wake(); }
  /// A queue that this process wants to consume and could not for longer than `patience`, and why
  /// not. Nothing while all is well.
  std::optional<std::string> missing() const;

  Result<> OnConnected(Session& session) override;
  Result<> OnFrame(Session& session, const amqp_frame_t& frame) override;
  Result<Link::Time> Work(Session& session) override;
  void OnLost(const Error& why) override;

 private:
  /// A subscription's channel. The link's thread only, but `closing`.
  struct Line {
    std::shared_ptr<Subscription> subscription;  // Shared with its consumer and its deliveries.
    bool closing = false;                        ///< Guarded by mutex_.
    bool consuming = false;
    Link::Time try_at{};
    bool broke_connection = false;                        ///< try_at outlives this connection.
    Link::Time asked = std::chrono::steady_clock::now();  ///< Guarded by mutex_, as is the next.
    std::optional<std::string> why_not = "no connection yet";  ///< Nothing while it consumes.
    /// The message that is being put together.
    std::optional<Incoming> partial = {};
    std::size_t arrived_bytes = 0;
  };
  using Lines = std::map<amqp_channel_t, std::shared_ptr<Line>>;

  /// What Work looks at without holding mutex_ while it talks to the broker.
  std::vector<std::pair<amqp_channel_t, std::shared_ptr<Line>>> Copy();
  bool IsClosing(const Line& line);
  Result<> StartConsuming(Session& session, amqp_channel_t channel, Line& line);
  Result<std::optional<Link::Time>> SendSettled(
      Session& session, amqp_channel_t channel, Line& line
  );
  Result<> RenewIdle(Session& session);
  Result<> Restart(Session& session, Line& line);
  Result<> Close(Session& session, amqp_channel_t channel, Line& line);
  void NoteConsumer(Line& line, std::optional<std::string> why_not);
  void Remove(amqp_channel_t channel);
  Result<> OnMethod(Session& session, amqp_channel_t channel, Line& line, const amqp_method_t&);
  void OnHeader(Line& line, const amqp_frame_t& frame);
  void OnBody(Line& line, const amqp_bytes_t& piece);
  void PassOnWhenWhole(Line& line);
  void Log(std::string_view message, const Line& line, std::string_view detail);

  const AmqpOptions options_;

  mutable std::mutex mutex_;  // Guards lines_, what Line says it guards, and connected_.
  std::condition_variable changed_;
  Lines lines_;
  bool connected_ = false;

  Link::Time renew_at_{};  ///< The link's thread only.

  Link link_;  // Last: its thread uses all the others.
};

}  // namespace pulse::queue::amqp
