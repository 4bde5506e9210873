#pragma once

/// \file
/// A connector that only judges, for tests of what carries a connector's calls.

#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pulse/http/client.h"
#include "pulse/source/source.h"

namespace pulse::source {

/// A dialect: 429 is a limit, `Retry-After` and `Reset-At` say until when, `Stops: quota` that
/// other quotas may go on; 5xx is unavailable.
class FakeConnector final : public Connector {
 public:
  std::string_view provider() const override { return "fake"; }
  std::span<const std::string_view> entity_types() const override { return {}; }
  std::span<const ScopeKey> scope_keys() const override { return {}; }
  int transform_version() const override { return 1; }
  bool Reads(const model::Integration&, const store::Window&) const override { return true; }
  Result<Account> Check(const model::Integration&, Transport&) const override { return Account{}; }
  Result<Fetched> Fetch(const FetchRequest&, Transport&) const override { return Fetched{}; }
  Transformed Transform(std::string_view, std::string_view, std::string_view, model::RowBatch&)
      const override {
    return {};
  }

  Verdict Judge(const Call&, const Answer& answer, EpochMs now) const override {
    Verdict verdict;
    const auto number = [&](std::string_view name) -> std::optional<std::int64_t> {
      const std::string text(http::HeaderValue(answer.headers, name));
      return text.empty() ? std::nullopt : std::optional<std::int64_t>(std::atoll(text.c_str()));
    };
    if (const auto remaining = number("Remaining")) {
      verdict.remaining = static_cast<double>(*remaining);
      verdict.resets_at = number("Reset-At");
    }
    if (http::HeaderValue(answer.headers, "Stops") == "quota") {
      verdict.error_stops = verdict.spent_stops = Stops::kQuota;
    }
    if (answer.status == 429) {
      Error error(ErrorKind::kRateLimited, "slow down");
      if (const auto wait = number("Retry-After")) {
        verdict.error = std::move(error).RetryAfter(std::chrono::seconds(*wait));
      } else if (const auto reset = number("Reset-At")) {
        verdict.error = std::move(error).RetryAfter(std::chrono::milliseconds(*reset - now));
      } else {
        verdict.error = std::move(error);
      }
    } else if (answer.status >= 500) {
      verdict.error = Error{ErrorKind::kUnavailable, "status " + std::to_string(answer.status)};
    } else if (answer.status >= 400) {
      verdict.error = Error{ErrorKind::kUnauthorized, "status " + std::to_string(answer.status)};
    }
    return verdict;
  }
};

}  // namespace pulse::source
