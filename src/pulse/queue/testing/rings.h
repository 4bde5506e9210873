#pragma once

/// \file
/// What tests of queues need: rings, and waits that end.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "pulse/queue/queue.h"

namespace pulse::queue {

/// Ends a wait that should have ended by itself, so that a lost ring fails a test and not the run.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds after = std::chrono::seconds(10))
      : timer_([this, after](std::stop_token disarmed) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any never;
          never.wait_for(lock, disarmed, after, [] { return false; });
          stop_.request_stop();
        }) {}
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread timer_;  // Last: it must not outlive stop_.
};

inline Ring MakeRing(std::int64_t step, model::Stage stage = model::Stage::kExtract) {
  return {.tenant = TenantId(7), .step = StepId(step), .stage = stage};
}

/// Fails the test when it is not a ring.
inline Ring RingOf(const Delivery& delivery) {
  const auto* ring = std::get_if<Ring>(&delivery.content());
  EXPECT_NE(ring, nullptr);
  return ring == nullptr ? Ring{} : *ring;
}

}  // namespace pulse::queue
