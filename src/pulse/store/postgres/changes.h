#pragma once

/// \file
/// PostgresChanges: announcements by NOTIFY. See store/changes.h.
///
/// A NOTIFY inside a worker's transaction would make all commits wait for each other (it takes a
/// lock of the whole database until the commit is done), so a thread of its own sends them, on its
/// own session, at most one every few milliseconds however many are announced.

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "pulse/base/signal.h"
#include "pulse/store/changes.h"
#include "pulse/store/postgres/session.h"

namespace pulse::store::postgres {

/// Thread-safe. Its threads start with the first Announce and the first Subscribe.
class PostgresChanges final : public Changes {
 public:
  struct Timing {
    /// Announcements within it travel as one; the first after a rest goes at once.
    std::chrono::milliseconds gather{20};
    /// How long to wait before connecting again.
    std::chrono::milliseconds reconnect{500};
  };

  explicit PostgresChanges(ConnectionOptions options) : PostgresChanges(std::move(options), {}) {}
  PostgresChanges(ConnectionOptions options, Timing timing);
  ~PostgresChanges() override;
  PostgresChanges(const PostgresChanges&) = delete;
  PostgresChanges& operator=(const PostgresChanges&) = delete;

  void Announce() override;
  std::unique_ptr<Subscription> Subscribe(std::function<void()> on_change) override;

 private:
  class Entry;
  using Callbacks = std::list<std::function<void()>>;

  void Notify(const std::stop_token& stop);
  void Hear(const std::stop_token& stop);
  void HearOne(Session& session, const std::stop_token& stop);
  void CallAll();
  void Unsubscribe(Callbacks::iterator entry);

  ConnectionOptions options_;
  Timing timing_;
  Signal announced_;
  Signal stopping_;             ///< Never notified: waiting for it is waiting for the stop.
  int wake_ = -1;               ///< eventfd that ends the listener's wait.
  std::mutex callbacks_mutex_;  ///< Held during a call, so that Unsubscribe waits for its end.
  Callbacks callbacks_;
  std::once_flag notifier_started_;
  std::once_flag listener_started_;
  std::jthread notifier_;
  std::jthread listener_;
};

}  // namespace pulse::store::postgres
