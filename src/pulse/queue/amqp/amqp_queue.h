#pragma once

/// \file
/// The doorbell on RabbitMQ (3.10 and later), for several processes. Passes
/// testing/queue_conformance.h.
///
/// **Threads.** A queue has two connections, each with a thread of its own that alone touches it:
/// one publishes (one channel, confirms), one consumes (one channel per consumer). Publishers,
/// consumers and deliveries hand their wishes to those threads, which also answer heartbeats, so a
/// worker may be busy for minutes. A connection is opened when first needed, and again after every
/// loss, with jittered waits of at most 3 s; queues that are missing are declared each time.
///
/// **Publish** is persistent, mandatory and confirmed, up to `publish_window` messages in flight.
/// While the broker is away it waits for it; what is not confirmed in `confirm_timeout`, returned
/// or nacked is kUnavailable, and so is everything at once while the broker blocks publishers (its
/// memory or disk alarm). A ring may be stored twice.
///
/// **Consume.** Next never fails while the broker is away: it waits. Ack never fails either: acks
/// are collected and sent together, at latest `ack_delay` later, before Next blocks, and when the
/// consumer is destroyed; nothing is acked that Ack was not called for. Those of a lost connection
/// are forgotten; the broker delivers again and the ledger makes that harmless. A delivery dropped
/// unsettled is returned to the queue. On etl.extract whatever is no ring is a ForeignMessage;
/// elsewhere it is refused before anyone sees it. Bodies are cut at kMaxBodyBytes, and such a
/// message is refused.
///
/// **Refuse** stores the message in the stage's .dlq queue, confirmed, with the header
/// "x-refused-reason", before it is acked. Errors: kUnavailable (it stays in its queue).

#include <cstddef>
#include <memory>

#include "pulse/queue/amqp/options.h"
#include "pulse/queue/queue.h"

namespace pulse::queue::amqp {

/// Four times what the longest order another program may reasonably send needs.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{64} * 1024;

/// Connects to nothing yet: Probe and topology.h do. Errors: kInvalid (the URL, which is never
/// repeated in the message since it may hold a password).
///
/// Probe opens a connection of its own and closes it. Errors: kUnauthorized (the broker refused
/// user, password or virtual host rights), kInvalid (no such virtual host; TLS verification failed;
/// a queue is missing or declared otherwise), kUnavailable.
Result<std::unique_ptr<Queue>> NewAmqpQueue(AmqpOptions options);

}  // namespace pulse::queue::amqp
