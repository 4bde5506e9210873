#pragma once

/// \file
/// Link: a thread that keeps one connection to the broker up and is the only one to touch it.

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "pulse/queue/amqp/session.h"
#include "pulse/queue/amqp/wakeup.h"
#include "pulse/resilience/backoff.h"

namespace pulse::queue::amqp {

class Link {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// All calls come from the link's thread. An error of kUnavailable ends the connection; it is
  /// made again.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual Result<> OnConnected(Session& session) = 0;
    virtual Result<> OnFrame(Session& session, const amqp_frame_t& frame) = 0;
    /// Does what other threads asked for. Returns when to call again at latest.
    virtual Result<Time> Work(Session& session) = 0;
    /// The connection is gone, or could not be made.
    virtual void OnLost(const Error& why) = 0;
  };

  /// Starts at once. `handler` outlives the link; `purpose` ("publish") goes into the logs.
  Link(const AmqpOptions& options, BrokerAddress address, std::string purpose, Handler& handler);
  /// Lets the handler work once more, then closes. Waits for a connection attempt under way.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Work is to be called. Thread-safe.
  void Wake() noexcept { wakeup_.Wake(); }

 private:
  void Run(const std::stop_token& stop);
  Result<> Serve(Session& session, const std::stop_token& stop);
  Result<bool> Drain(Session& session);
  void WaitToRetry(const Error& why, const std::stop_token& stop);
  void Log(telemetry::Level level, std::string_view message, std::string_view detail);

  const AmqpOptions& options_;
  const BrokerAddress address_;
  const std::string purpose_;
  Handler& handler_;
  Wakeup wakeup_;
  std::mt19937_64 random_;  ///< The thread's.
  int failures_ = 0;        ///< The thread's.
  std::jthread thread_;     ///< Last: it uses all the others.
};

}  // namespace pulse::queue::amqp
