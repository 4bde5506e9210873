#pragma once

/// \file
/// Session: one AMQP connection and its blocking calls (librabbitmq). Used by one thread at a time.
///
/// Channel kControlChannel is open from the start and is opened again when the broker closes it
/// over a refused call; the caller opens all others. A call that fails for the connection's sake is
/// kUnavailable (or kTimeout's cousin: the broker did not answer in `call_timeout`), and the
/// session is of no more use. Refused calls: kNotFound (404), kConflict (406: declared otherwise),
/// kUnauthorized (403), kInvalid (530: no such virtual host).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <amqp.h>
#include <amqp_framing.h>

#include "pulse/base/error.h"
#include "pulse/queue/amqp/address.h"
#include "pulse/queue/amqp/options.h"

namespace pulse::queue::amqp {

inline constexpr amqp_channel_t kControlChannel = 1;

inline std::string_view TextOf(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}
/// Refers to `text`.
inline amqp_bytes_t BytesOf(std::string_view text) {
  amqp_bytes_t bytes;
  bytes.len = text.size();
  bytes.bytes = const_cast<char*>(text.data());  // The library never writes what it is to send.
  return bytes;
}

/// What a passive declare tells.
struct QueueState {
  std::int64_t ready = 0;  ///< Not those held by consumers.
  std::int64_t consumers = 0;
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> Connect(
      const AmqpOptions& options, const BrokerAddress& address
  );
  ~Session() = default;  ///< Closes the connection; waits at most a second for the broker.

  /// "RabbitMQ 3.10.8".
  std::string Server() const;
  int fd() const { return amqp_get_sockfd(state()); }
  /// Why the broker takes no publishes now, as far as frames were read.
  const std::optional<std::string>& blocked() const { return blocked_; }

  Result<> OpenChannel(amqp_channel_t channel);
  Result<> CloseChannel(amqp_channel_t channel);
  Result<> ConfirmPublishes(amqp_channel_t channel);
  Result<> Consume(amqp_channel_t channel, const std::string& queue, int prefetch);
  Result<> Ack(amqp_channel_t channel, std::uint64_t tag, bool multiple);
  Result<> Requeue(amqp_channel_t channel, std::uint64_t tag);
  /// Persistent and mandatory; returns when handed to the connection.
  Result<> Publish(
      amqp_channel_t channel,
      const std::string& queue,
      const amqp_basic_properties_t& properties,
      std::string_view body
  );

  /// Errors: kNotFound.
  Result<QueueState> InspectQueue(const std::string& queue);
  /// Durable, quorum, no other argument. Errors: kConflict (it exists and is another).
  Result<> DeclareQueue(const std::string& queue);
  Result<> DeleteQueue(const std::string& queue);

  /// The next frame that has arrived, if one has; also answers heartbeats. It refers to memory that
  /// Release frees. Errors: kUnavailable (connection lost, closed by the broker, heartbeat missed).
  Result<std::optional<amqp_frame_t>> Read();
  /// Frames that came while a call waited for its answer. After CloseChannel they may be the closed
  /// channel's: read them before its number is opened again.
  bool has_unread() const { return amqp_frames_enqueued(state()) != 0; }
  /// Forgets what was read on `channel`.
  void Release(amqp_channel_t channel) { amqp_maybe_release_buffers_on_channel(state(), channel); }
  /// Answers the broker's close of a channel; its number may be opened again.
  Result<> AnswerClose(amqp_channel_t channel);
  static Error WhyClosed(const amqp_method_t& close);

  amqp_connection_state_t state() const { return state_.get(); }
  /// The last call's outcome, for calls made on state().
  Result<> Outcome(amqp_channel_t channel, std::string_view call);

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t state) const noexcept;
  };
  explicit Session(amqp_connection_state_t state) : state_(state) {}
  Result<> Open(const AmqpOptions& options, const BrokerAddress& address);
  Result<> Login(const AmqpOptions& options, const BrokerAddress& address);
  Result<> Sent(int status, std::string_view call) const;
  Result<> Heed(const amqp_frame_t& frame);

  std::unique_ptr<std::remove_pointer_t<amqp_connection_state_t>, Destroy> state_;
  std::optional<std::string> blocked_;
};

}  // namespace pulse::queue::amqp
