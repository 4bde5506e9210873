#pragma once

/// \file
/// What a message on a queue looks like.
///
///   ring = {"v":1,"tenant_id":7,"step_id":4711}     more fields are ignored; ids are above 0

#include <string>
#include <string_view>
#include <variant>

#include "pulse/queue/queue.h"

namespace pulse::queue::amqp {

std::string EncodeRing(const Ring& ring);

/// Why nobody can do anything with a message.
struct Unreadable {
  std::string reason;
};
using Parsed = std::variant<Ring, ForeignMessage, Unreadable>;

/// `body_bytes` is the message's true size; more than `body` holds when it was cut.
Parsed ParseMessage(
    model::Stage stage, std::string_view body, std::size_t body_bytes, std::string_view message_id
);

}  // namespace pulse::queue::amqp
