#pragma once

/// \file
/// What every part of the RabbitMQ backend is told.

#include <chrono>
#include <string>

#include "pulse/model/job.h"
#include "pulse/telemetry/log.h"

namespace pulse::queue::amqp {

struct AmqpOptions {
  /// amqp[s]://USER:PASSWORD@HOST[:PORT][/VHOST], percent-encoded. No vhost: "/".
  std::string url;
  std::string ca_file{};              ///< PEM, for amqps; empty: the system's authorities.
  std::string queue_prefix = "etl.";  ///< Other programs know "etl."; tests use their own.
  /// What RabbitMQ's own tools show; " publish" or " consume" is added for what is kept open.
  std::string connection_name = "pulse";
  /// Unsettled deliveries a consumer may hold, per consumer. An extract step waits for the network:
  /// what lies behind it in the same worker's hands waits too, while another worker may be idle.
  int extract_prefetch = 2;
  int prefetch = 32;
  int publish_window = 1000;  ///< Messages sent and not yet confirmed.
  std::chrono::seconds heartbeat{10};
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds call_timeout{10'000};     ///< One declare, one consume, …
  std::chrono::milliseconds confirm_timeout{10'000};  ///< Publish gives up after this.
  std::chrono::milliseconds ack_delay{5};  ///< An ack is sent at latest so long after Ack().
  /// A consumer that is idle for so long consumes anew. RabbitMQ (3.10.8) moves the consumer of a
  /// deleted queue to one declared under the same name at once, says nothing, and delivers nothing.
  std::chrono::milliseconds renew_idle{60'000};
  /// Probe finds fault with a queue that gave this process no consumer for so long: more than a
  /// restart of the broker and a reconnect take. Also the time between tries to consume a queue
  /// that broke the connection, as one without a leader does.
  std::chrono::milliseconds patience{15'000};
  telemetry::Logger* logger = nullptr;  ///< Outlives the queue; null: silent.
};

/// "etl.extract", or with another prefix.
inline std::string QueueOf(const AmqpOptions& options, model::Stage stage) {
  return options.queue_prefix + std::string(model::Name(stage));
}
/// "etl.extract.dlq": messages nobody can parse.
inline std::string DeadQueueOf(const AmqpOptions& options, model::Stage stage) {
  return QueueOf(options, stage) + ".dlq";
}

}  // namespace pulse::queue::amqp
