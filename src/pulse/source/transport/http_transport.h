#pragma once

/// \file
/// HttpTransport: the way every connector's calls leave the process. Made anew for each step.
///
/// Nothing is sent inside a window in which the source wants no calls, nor while its breaker is
/// open: Send then answers at once, with retry_after, and the step is parked holding no worker.
/// There are no retries here; the ledger does those.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/http/client.h"
#include "pulse/model/integration.h"
#include "pulse/source/source.h"
#include "pulse/source/transport/limits.h"
#include "pulse/source/transport/url.h"

namespace pulse::source {

/// One request that was sent, as telemetry sees it. Views live for the call of the hook only.
struct SentCall {
  const model::Integration& integration;
  std::string_view endpoint;
  int status = 0;  ///< 0: there was no complete answer.
  std::chrono::milliseconds elapsed{0};
};

struct HttpTransportOptions {
  model::Integration integration;
  /// Reads the plaintext credential; asked for each call and never kept.
  std::function<Result<std::string>()> credential;
  std::stop_token stop;
  std::chrono::milliseconds timeout{30'000};  ///< Of one exchange.
  std::function<void(const SentCall&)> on_sent = [](const SentCall&) {};
};

/// Everything passed by reference must outlive it. Not thread-safe: a step is one thread.
class HttpTransport final : public Transport {
 public:
  HttpTransport(
      HttpTransportOptions options,
      const Connector& connector,
      http::Client& client,
      LimitsRegistry& limits,
      const Clock& clock
  );

  /// Follows up to three redirects. The credential stays within the base URL's origin; another
  /// origin is asked without it, for GET only, never from https to http. Messages name the
  /// endpoint, never a query or a credential.
  Result<Answer> Send(const Call& call) override;

  std::string_view base_url() const override { return options_.integration.base_url; }

  /// Requests sent so far by endpoint, redirects included: what the source counts too.
  const std::map<std::string, std::int64_t>& api_calls() const { return api_calls_; }

 private:
  Result<Answer> SendWithinLimits(const Call& call);
  Result<SplitUrl> Target(const Call& call) const;
  Result<http::Headers> HeadersFor(const Call& call) const;
  Result<Answer> Exchange(const Call& call, SplitUrl target, http::Headers headers);
  Result<Answer> SendOnce(const Call& call, const http::ClientRequest& request);
  void NoteClock(const Answer& answer, EpochMs sent);
  Verdict Judge(const Call& call, const Answer& answer) const;

  const HttpTransportOptions options_;
  const Connector& connector_;
  http::Client& client_;
  Limits& limits_;
  const Clock& clock_;
  EpochMs skew_ = 0;  // The source's clock minus ours.
  std::map<std::string, std::int64_t> api_calls_;
};

}  // namespace pulse::source
