#pragma once

/// \file
/// Queue: the doorbell. A delivery says "this step may be ready"; the ledger decides. Losing,
/// repeating or reordering deliveries costs latency, never data.
///
/// Backends: ledger/ (in this process, no server) and amqp/ (RabbitMQ). Both pass
/// testing/queue_conformance.h, which is the real definition of this interface.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/model/job.h"

namespace pulse::queue {

struct Ring {
  TenantId tenant;
  StepId step;
  model::Stage stage = model::Stage::kExtract;
  friend bool operator==(const Ring&, const Ring&) = default;
};

/// What another program published to etl.extract: not a ring, not yet understood. The contract is
/// in docs/reference/messages.md.
struct ForeignMessage {
  std::string body;
  std::string message_id;  ///< Empty when the publisher set none.
};

/// A ring or foreign message we hold but have not settled. Dropping it unsettled returns it to the
/// queue, so a crash never loses it. Not thread-safe; may move to another thread.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual const std::variant<Ring, ForeignMessage>& content() const noexcept = 0;
  /// Only after the step's transaction committed, or when the step turned out not to be claimable.
  virtual Result<> Ack() = 0;
  /// Sets a message aside that nobody can parse: to the stage's dead-letter queue, with `reason`.
  virtual Result<> Refuse(std::string_view reason) = 0;
};

/// Only the dispatcher holds one. Thread-safe.
class Publisher {
 public:
  virtual ~Publisher() = default;
  /// Returns once every ring is stored (confirmed, routed). Errors: kUnavailable (nothing or some
  /// stored; ring again later).
  virtual Result<> Publish(std::span<const Ring> rings) = 0;
};

/// Receives the rings of one stage. One per worker thread; not thread-safe.
class Consumer {
 public:
  virtual ~Consumer() = default;
  /// Blocks for the next delivery; kCancelled once `stop` is requested. Never null.
  virtual Result<std::unique_ptr<Delivery>> Next(std::stop_token stop) = 0;
};

class Queue {
 public:
  virtual ~Queue() = default;
  /// What a service does first: makes what is missing, so that an empty broker is ready.
  /// Idempotent. Errors: kUnavailable (what is missing is made once the broker answers), kInvalid
  /// and kUnauthorized (this will not work; the message has the fix).
  virtual Result<> Prepare() = 0;
  virtual std::unique_ptr<Publisher> NewPublisher() = 0;
  virtual std::unique_ptr<Consumer> NewConsumer(model::Stage stage) = 0;
  /// One round trip to the broker; what to tell people ("RabbitMQ 3.10.8, 9 consumers"). Errors:
  /// kUnavailable, kInvalid (a queue is missing or declared otherwise: the message has the fix).
  virtual Result<std::string> Probe() = 0;
};

}  // namespace pulse::queue
