#include "pulse/resilience/pause.h"

#include <condition_variable>
#include <mutex>

namespace pulse::resilience {

Result<> Pause(std::chrono::milliseconds wait, std::stop_token stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, wait, [] { return false; });
  if (stop.stop_requested()) return Error{ErrorKind::kCancelled, "asked to stop while waiting"};
  return {};
}

}  // namespace pulse::resilience
