#include "pulse/pipeline/disposition.h"

#include <algorithm>

#include "pulse/resilience/backoff.h"

namespace pulse::pipeline {
namespace {

using std::chrono::milliseconds;

// A source that restarts is back within a minute or two: twelve tries wait 120 s on average and 240
// s at most (250 ms doubling to 60 s, full jitter). Then the hole is recorded and the rest goes on.
constexpr int kUnavailableAttempts = 12;
constexpr int kInternalAttempts = 5;
// An undecodable page is fetched twice more (DESIGN: it may have been cut on the way).
constexpr int kInvalidFetches = 2;
constexpr resilience::BackoffPolicy kBackoff{.base = milliseconds(250), .cap = milliseconds(60000)};
// Used when a source says "slow down" without saying for how long.
constexpr milliseconds kDefaultRateLimitWait{60000};

milliseconds Backoff(int attempts, std::mt19937_64& random) {
  return resilience::BackoffFor(kBackoff, attempts + 1, std::nullopt, random);
}

Disposition RetryUpTo(int limit, const model::Step& step, std::mt19937_64& random) {
  if (step.attempts + 1 >= limit) return {.action = Disposition::Action::kFail};
  return {
      .action = Disposition::Action::kRetry,
      .wait = Backoff(step.attempts, random),
      .attempted = true
  };
}

Disposition Transient(const Error& error, const model::Step& step, std::mt19937_64& random) {
  Disposition disposition = RetryUpTo(kUnavailableAttempts, step, random);
  if (const auto asked = error.retry_after()) disposition.wait = std::max(disposition.wait, *asked);
  return disposition;
}

}  // namespace

Disposition DispositionOf(const Error& error, const model::Step& step, std::mt19937_64& random) {
  using enum Disposition::Action;
  switch (error.kind()) {
    case ErrorKind::kRateLimited:
      return {.action = kRetry, .wait = error.retry_after().value_or(kDefaultRateLimitWait)};
    case ErrorKind::kCancelled:
      return {.action = kRetry};
    case ErrorKind::kConflict:
      return RetryUpTo(kUnavailableAttempts, step, random);
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return Transient(error, step, random);
    case ErrorKind::kInternal:
      return RetryUpTo(kInternalAttempts, step, random);
    case ErrorKind::kUnauthorized:
      return {.action = kFail, .fatal = true, .pause_integration = true};
    case ErrorKind::kNotFound:
      return {.action = kFail};
    case ErrorKind::kInvalid:
      if (step.stage == model::Stage::kExtract && step.attempts < kInvalidFetches) {
        return {.action = kRetry, .wait = Backoff(step.attempts, random), .attempted = true};
      }
      return {.action = kFail};
  }
  return {};
}

}  // namespace pulse::pipeline
