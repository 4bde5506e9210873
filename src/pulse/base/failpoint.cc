#include "pulse/base/failpoint.h"

#ifdef PULSE_FAILPOINTS

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

namespace pulse {
namespace {

struct Armed {
  std::string name;
  std::string action;
  int nth = 0;
};

Armed ReadEnvironment() {
  const char* text = std::getenv("PULSE_FAILPOINT");  // NOLINT(concurrency-mt-unsafe): read once.
  if (text == nullptr) return {};
  const std::string spec = text;
  const auto first = spec.find(':');
  const auto second = spec.find(':', first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) return {};
  return {spec.substr(0, first), spec.substr(second + 1), std::atoi(spec.c_str() + first + 1)};
}

void Act(const std::string& action) {
  if (action == "kill") std::raise(SIGKILL);
  if (action == "stop") std::raise(SIGSTOP);
  if (action.starts_with("delay=")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(action.c_str() + 6)));
  }
}

}  // namespace

void ReachFailpoint(const char* name) {
  static const Armed armed = ReadEnvironment();
  static std::atomic<int> reached = 0;
  if (armed.nth > 0 && armed.name == name && ++reached == armed.nth) Act(armed.action);
}

}  // namespace pulse

#endif
