#include "pulse/queue/amqp/link.h"

#include <algorithm>
#include <utility>

namespace pulse::queue::amqp {
namespace {

// A restarted broker takes 5 s to come up; a wiped one must be back in use within 10 s of that.
constexpr resilience::BackoffPolicy kReconnect{
    .base = std::chrono::milliseconds(200), .cap = std::chrono::milliseconds(3000)
};
// Heartbeats are due every 10 s at most; looking once a second keeps them early.
constexpr std::chrono::milliseconds kHeartbeatLook{1000};
// Acks and publishes are not to wait behind an endless stream of deliveries.
constexpr int kFramesAtOnce = 512;

}  // namespace

Link::Link(const AmqpOptions& options, BrokerAddress address, std::string purpose, Handler& handler)
    : options_(options),
      address_(std::move(address)),
      purpose_(std::move(purpose)),
      handler_(handler),
      random_(std::random_device{}()),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Link::~Link() {
  thread_.request_stop();
  Wake();
  thread_.join();
}

void Link::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto session = Session::Connect(options_, address_);
    const Result<> served = session ? Serve(**session, stop) : Result<>(std::move(session).error());
    if (served) return;
    handler_.OnLost(served.error());
    WaitToRetry(served.error(), stop);
  }
}

Result<> Link::Serve(Session& session, const std::stop_token& stop) {
  PULSE_CHECK(handler_.OnConnected(session));
  Log(telemetry::Level::kInfo, "Connected to the broker", session.Server());
  failures_ = 0;
  while (!stop.stop_requested()) {
    PULSE_TRY(const Time due, handler_.Work(session));
    PULSE_TRY(const bool more, Drain(session));
    if (more) continue;
    const auto wait =
        std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    wakeup_.Wait(session.fd(), std::min(wait, kHeartbeatLook));
  }
  if (auto last = handler_.Work(session); !last) return std::move(last).error();
  return {};
}

Result<bool> Link::Drain(Session& session) {
  for (int i = 0; i < kFramesAtOnce; ++i) {
    PULSE_TRY(const auto frame, session.Read());
    if (!frame) return i > 0;
    PULSE_CHECK(handler_.OnFrame(session, *frame));
  }
  return true;
}

void Link::WaitToRetry(const Error& why, const std::stop_token& stop) {
  ++failures_;
  const auto wait = resilience::BackoffFor(kReconnect, failures_, std::nullopt, random_);
  Log(telemetry::Level::kWarn, "No connection to the broker", why.message());
  const Time until = std::chrono::steady_clock::now() + wait;
  while (!stop.stop_requested()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    wakeup_.Wait(-1, left);
  }
}

void Link::Log(telemetry::Level level, std::string_view message, std::string_view detail) {
  if (options_.logger == nullptr) return;
  options_.logger->Log(
      level, message, {{"purpose", purpose_}, {"place", address_.Place()}, {"detail", detail}}
  );
}

}  // namespace pulse::queue::amqp
