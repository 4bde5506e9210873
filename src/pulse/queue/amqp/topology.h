#pragma once

/// \file
/// Topology: the queues as they are against the queues as they should be. Each call opens a
/// connection of its own. Errors of all: kInvalid (URL, virtual host, TLS), kUnauthorized,
/// kUnavailable.

#include <cstdint>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/queue/amqp/address.h"
#include "pulse/queue/amqp/options.h"

namespace pulse::queue::amqp {

struct QueueStatus {
  enum class State : unsigned char {
    kGood,
    kMissing,
    kOtherwise,  ///< Of another type, not durable or with other arguments.
    kDead,       ///< It has no leader: nothing goes in or out. Only ListQueues looks.
  };
  std::string name;
  State state = State::kGood;
  std::string detail;      ///< What the broker says about kOtherwise and kDead.
  std::int64_t ready = 0;  ///< Not those held by consumers.
  std::int64_t consumers = 0;
  std::int64_t moving = 0;  ///< Messages that an interrupted migration has not moved back.
};

/// Every queue of QueueNames, in that order; declares nothing.
Result<std::vector<QueueStatus>> ListQueues(const AmqpOptions& options);

struct Repair {
  std::string name;
  enum class Done : unsigned char {
    kDeclared,
    kMigrated,
    kFinished,  ///< An earlier migration.
    kReplaced,  ///< Deleted and declared anew: it had no leader. Rings come again by themselves.
  } done = Done::kDeclared;
  std::int64_t moved = 0;  ///< Messages.
};
enum class Migrate : unsigned char { kNo, kYes };

/// Declares what is missing, finishes interrupted migrations and, when asked to, migrates what is
/// declared otherwise (migrate.h) and replaces what has no leader: in a cluster that misses nodes
/// bring those back instead, they may hold orders of other programs. Returns what was done. Errors:
/// kConflict (a queue to be migrated is in use; the message says what to stop).
Result<std::vector<Repair>> RepairQueues(const AmqpOptions& options, Migrate migrate);

/// Queue::Prepare's body. Errors: also kInvalid (a queue is declared otherwise; the message has the
/// fix).
Result<> DeclareQueues(const AmqpOptions& options, const BrokerAddress& address);

/// Queue::Probe's body.
Result<std::string> ProbeQueues(const AmqpOptions& options, const BrokerAddress& address);

}  // namespace pulse::queue::amqp
