#pragma once

/// \file
/// Makes a queue that was declared otherwise into what it should be, without losing a message.
///
///   Q (wrong) ── every message ──▶ Q.moving ; Q is deleted and declared anew ; Q.moving ──▶ Q
///
/// A message is acked in one queue after it is confirmed in the other, so whatever interrupts this
/// loses none; a few may be there twice. Started again, it goes on where it was.

#include <cstdint>
#include <string>

#include "pulse/queue/amqp/session.h"

namespace pulse::queue::amqp {

/// Where the messages of `queue` wait meanwhile.
std::string MovingQueueOf(const std::string& queue);

/// Returns how many messages were moved over. Opens channel 2 of `session`. Errors: kConflict (the
/// queue has consumers: their unacked messages could not be moved, so they must stop first).
Result<std::int64_t> MigrateQueue(Session& session, const std::string& queue);

/// Moves back what an interrupted migration left, if it left anything.
Result<std::int64_t> FinishMigration(Session& session, const std::string& queue);

}  // namespace pulse::queue::amqp
