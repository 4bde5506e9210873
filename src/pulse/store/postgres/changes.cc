#include "pulse/store/postgres/changes.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace pulse::store::postgres {
namespace {

constexpr std::string_view kChannel = "pulse_changes";
constexpr Query kNotify{"changes.notify", "SELECT pg_notify('pulse_changes', '')"};
// Longer than any keepalive: a lost connection is noticed by the kernel, not by this.
constexpr std::chrono::milliseconds kWait{60'000};

}  // namespace

/// Ends its call when it goes.
class PostgresChanges::Entry final : public Subscription {
 public:
  Entry(PostgresChanges& changes, Callbacks::iterator entry) : changes_(changes), entry_(entry) {}
  ~Entry() override { changes_.Unsubscribe(entry_); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  PostgresChanges& changes_;
  Callbacks::iterator entry_;
};

PostgresChanges::PostgresChanges(ConnectionOptions options, Timing timing)
    : options_(std::move(options)), timing_(timing), wake_(::eventfd(0, EFD_CLOEXEC)) {}

PostgresChanges::~PostgresChanges() {
  notifier_.request_stop();
  listener_.request_stop();
  ::eventfd_write(wake_, 1);
  if (notifier_.joinable()) notifier_.join();
  if (listener_.joinable()) listener_.join();
  ::close(wake_);
}

void PostgresChanges::Announce() {
  std::call_once(notifier_started_, [&] {
    notifier_ = std::jthread([this](const std::stop_token& stop) { Notify(stop); });
  });
  announced_.Notify();
}

std::unique_ptr<Changes::Subscription> PostgresChanges::Subscribe(std::function<void()> on_change) {
  Callbacks::iterator entry;
  {
    const std::lock_guard lock(callbacks_mutex_);
    entry = callbacks_.insert(callbacks_.end(), std::move(on_change));
  }
  std::call_once(listener_started_, [&] {
    listener_ = std::jthread([this](const std::stop_token& stop) { Hear(stop); });
  });
  return std::make_unique<Entry>(*this, entry);
}

void PostgresChanges::Unsubscribe(Callbacks::iterator entry) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_.erase(entry);
}

void PostgresChanges::CallAll() {
  const std::lock_guard lock(callbacks_mutex_);
  for (const auto& call : callbacks_) call();
}

void PostgresChanges::Notify(const std::stop_token& stop) {
  const auto pause = [&](std::chrono::milliseconds time) {
    stopping_.WaitBeyond(0, std::chrono::steady_clock::now() + time, stop);
  };
  std::unique_ptr<Session> session;
  std::uint64_t sent = 0;
  while (!stop.stop_requested()) {
    announced_.WaitBeyond(sent, std::nullopt, stop);
    if (stop.stop_requested()) return;
    const std::uint64_t sending = announced_.version();
    if (session == nullptr || !session->IsConnected()) {
      auto opened = Session::Open(options_);
      session = opened ? *std::move(opened) : nullptr;
    }
    if (session == nullptr || !session->Run(kNotify)) {
      session = nullptr;
      pause(timing_.reconnect);
      continue;
    }
    sent = sending;
    pause(timing_.gather);
  }
}

void PostgresChanges::Hear(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (auto session = Session::Open(options_); session && (*session)->Listen(kChannel)) {
      HearOne(**session, stop);
    }
    stopping_.WaitBeyond(0, std::chrono::steady_clock::now() + timing_.reconnect, stop);
  }
}

void PostgresChanges::HearOne(Session& session, const std::stop_token& stop) {
  CallAll();  // Whatever was announced while nobody listened.
  while (!stop.stop_requested()) {
    const auto heard = session.Wait(kWait, wake_);
    if (!heard) return;
    if (*heard) CallAll();
  }
}

}  // namespace pulse::store::postgres
