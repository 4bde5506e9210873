#pragma once

/// \file
/// The queues every process needs.

#include <string>
#include <vector>

#include "pulse/queue/amqp/session.h"

namespace pulse::queue::amqp {

/// The queue and the dead-letter queue of each stage.
std::vector<std::string> QueueNames(const AmqpOptions& options);

/// Declares those that do not exist. One that exists otherwise is left, and works; Probe and
/// `pulse queue topology diff` report it.
Result<> DeclareMissing(Session& session, const AmqpOptions& options);

}  // namespace pulse::queue::amqp
