#include "pulse/control/server_line.h"

#include "pulse/base/signal.h"

namespace pulse::control {
namespace {

// An announcement may be lost; a look this often finds what it was about.
constexpr std::chrono::seconds kLongestWait{5};

Result<> SomebodyWorks(store::Store& store) {
  PULSE_TRY(const int workers, store.dispatch().LiveWorkers());
  if (workers > 0) return {};
  return Error{ErrorKind::kUnavailable, "no worker is there"};
}

class ServerLine final : public Line {
 public:
  explicit ServerLine(store::Store& store)
      : store_(store), subscription_(store.changes().Subscribe([this] { changed_.Notify(); })) {}

  Result<> Ring() override {
    store_.changes().Announce();
    return {};
  }

  Result<> Wait(const std::stop_token& stop) override {
    changed_.WaitBeyond(seen_, std::chrono::steady_clock::now() + kLongestWait, stop);
    if (stop.stop_requested()) return Error{ErrorKind::kCancelled, "interrupted"};
    const std::uint64_t now = changed_.version();
    if (now == seen_) PULSE_CHECK(SomebodyWorks(store_));
    seen_ = now;
    return {};
  }

 private:
  store::Store& store_;
  Signal changed_;
  std::uint64_t seen_ = 0;
  std::unique_ptr<store::Changes::Subscription> subscription_;  // Last: it calls into changed_.
};

}  // namespace

Result<std::unique_ptr<Line>> CallWorkers(store::Store& store) {
  PULSE_CHECK(SomebodyWorks(store));
  return std::unique_ptr<Line>(std::make_unique<ServerLine>(store));
}

}  // namespace pulse::control
