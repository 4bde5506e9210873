#pragma once

/// \file
/// The doorbell inside this process: no server, nothing on disk. What it loses with the process
/// the dispatcher rings again from the ledger. Passes testing/queue_conformance.h.

#include <cstddef>
#include <memory>

#include "pulse/queue/queue.h"

namespace pulse::queue::ledger {

/// A hundred thousand rings are a few megabytes; the dispatcher's window is far smaller.
inline constexpr std::size_t kLedgerQueueCapacity = 100'000;

/// One line per stage, first come first served, at most `capacity` rings waiting in each.
///
/// A ring that is already waiting is not queued twice; one that is held by a worker is, because it
/// may announce that the step became ready again. A delivery dropped unsettled goes to the end of
/// its line, so a step that keeps failing cannot starve the others. Publish answers kUnavailable
/// when a line is full. Thread-safe; publishers, consumers and deliveries may outlive the queue.
std::unique_ptr<Queue> NewLedgerQueue(std::size_t capacity = kLedgerQueueCapacity);

}  // namespace pulse::queue::ledger
