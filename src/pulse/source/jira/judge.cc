#include "pulse/source/jira/judge.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

#include "pulse/base/ascii.h"
#include "pulse/base/http_date.h"
#include "pulse/source/json_page.h"

namespace pulse::source::jira {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The source's clock and ours differ, and a reset is announced to the minute.
constexpr milliseconds kShortestWait = seconds(1);
/// What is announced for longer is nonsense; a number beyond any integer must not become one.
constexpr double kLongestWaitSeconds = 365.0 * 24 * 3600;
constexpr std::size_t kMaxReasonBytes = 300;

std::optional<double> ToNumber(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || text.empty() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// ISO 8601; Atlassian leaves the seconds out (`2026-11-23T15:00Z`).
std::optional<EpochMs> ParseReset(std::string_view text) {
  if (const auto instant = ParseInstant(text)) return instant;
  constexpr std::size_t kMinutesEnd = std::string_view("2026-11-23T15:00").size();
  if (text.size() <= kMinutesEnd) return std::nullopt;
  std::string filled(text.substr(0, kMinutesEnd));
  return ParseInstant(filled.append(":00").append(text.substr(kMinutesEnd)));
}

/// `"quota-a";r=120;t=30, "quota-b";r=7;t=600`: the value of one parameter of the scarcest entry.
struct Budget {
  double remaining = 0;
  std::optional<double> seconds_to_reset;
};

std::optional<double> Parameter(std::string_view entry, std::string_view name) {
  const std::size_t at = entry.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  return ToNumber(entry.substr(at + name.size()));
}

std::optional<Budget> ScarcestBudget(std::string_view header) {
  std::optional<Budget> scarcest;
  while (!header.empty()) {
    const std::string_view entry = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), entry.size() + 1));
    const auto remaining = Parameter(entry, ";r=");
    if (!remaining || (scarcest && scarcest->remaining <= *remaining)) continue;
    scarcest = Budget{*remaining, Parameter(entry, ";t=")};
  }
  return scarcest;
}

void ReadBudget(const Answer& answer, EpochMs now, Verdict& verdict) {
  verdict.remaining = ToNumber(HeaderOf(answer, "X-RateLimit-Remaining"));
  verdict.resets_at = ParseReset(HeaderOf(answer, "X-RateLimit-Reset"));
  for (const std::string_view name : {"RateLimit", "Beta-RateLimit"}) {
    const auto budget = ScarcestBudget(HeaderOf(answer, name));
    if (!budget || (verdict.remaining && *verdict.remaining <= budget->remaining)) continue;
    verdict.remaining = budget->remaining;
    if (budget->seconds_to_reset) {
      const double left = std::clamp(*budget->seconds_to_reset, 0.0, kLongestWaitSeconds);
      verdict.resets_at = now + static_cast<EpochMs>(left * 1000);
    }
  }
}

std::optional<milliseconds> RetryAfterOf(const Answer& answer, EpochMs now) {
  const std::string_view retry_after = HeaderOf(answer, "Retry-After");
  if (const auto wait = ToNumber(retry_after); wait && *wait >= 0) {
    const double asked = std::min(*wait, kLongestWaitSeconds);
    return std::max(kShortestWait, milliseconds(static_cast<std::int64_t>(asked * 1000)));
  }
  const auto until = ParseHttpDate(retry_after);
  if (!until) return std::nullopt;
  return std::max(kShortestWait, milliseconds(*until - now));
}

/// Points of the hour, of the app or of the tenant: spent for every call alike.
bool IsQuota(std::string_view reason) { return reason.starts_with("jira-quota-"); }
/// Calls a second of one endpoint and method.
bool IsBurst(std::string_view reason) { return reason == "jira-burst-based"; }

/// Nothing where the answer names no time. A spent quota is not there again before its reset,
/// whatever else the answer says; other limits end when Retry-After says so.
std::optional<milliseconds> WaitAsked(
    const Answer& answer, std::string_view reason, std::optional<EpochMs> resets_at, EpochMs now
) {
  const auto asked = RetryAfterOf(answer, now);
  if (!resets_at || (asked && !IsQuota(reason))) return asked;
  return std::max({kShortestWait, asked.value_or(kShortestWait), milliseconds(*resets_at - now)});
}

/// Jira's own words, if the body has any: `{"errorMessages":[…],"errors":{"field":"…"}}`.
std::string ReasonIn(const Answer& answer) {
  const auto page = JsonPage::Parse(answer.body);
  if (!page) return {};
  std::string reason;
  const auto add = [&](Value text) {
    if (!text.is_text()) return;
    if (!reason.empty()) reason += "; ";
    reason += *text.text();
  };
  const Value root = (*page)->root();
  root["errorMessages"].ForEach(add);
  root["errors"].ForEachField([&](std::string_view, Value text) { add(text); });
  add(root["message"]);
  add(root["errorMessage"]);
  if (reason.size() > kMaxReasonBytes) reason = reason.substr(0, kMaxReasonBytes) + " ...";
  return SampleOf(reason);
}

std::string Said(const Call& call, const Answer& answer) {
  std::string said = call.endpoint + " answered " + std::to_string(answer.status);
  if (const std::string reason = ReasonIn(answer); !reason.empty()) said += ": " + reason;
  return said;
}

Error Unauthorized(const Call& call, const Answer& answer) {
  std::string message = Said(call, answer);
  const bool scope = message.find("scope") != std::string::npos;
  if (HeaderOf(answer, "X-Seraph-LoginReason") == "AUTHENTICATION_DENIED") {
    message += " (jira wants a captcha: log in once with a browser)";
  } else if (scope) {
    message += " (the token lacks a scope: it needs read:jira-work and read:jira-user)";
  } else if (answer.status == 403) {
    message += " (the account may not read this: grant it browse permission)";
  } else {
    message +=
        " (check e-mail and token; a token with scopes works only on "
        "https://api.atlassian.com/ex/jira/CLOUD_ID, one without only on the site's own URL)";
  }
  return {ErrorKind::kUnauthorized, std::move(message)};
}

Error LoginPage(const Call& call, const Answer& answer) {
  return {
      ErrorKind::kUnauthorized,
      call.endpoint + " answered " + std::to_string(answer.status) +
          " with a login page instead of JSON (check the base URL and token)"
  };
}

/// A 429. What is left, which is nothing, is of the same pool as the limit.
void JudgeLimit(const Call& call, const Answer& answer, EpochMs now, Verdict& verdict) {
  std::string message = Said(call, answer);
  const std::string_view reason = HeaderOf(answer, "RateLimit-Reason");
  if (!reason.empty()) message.append(" (").append(SampleOf(reason)).append(")");
  Error error{ErrorKind::kRateLimited, std::move(message)};
  const auto wait = WaitAsked(answer, reason, verdict.resets_at, now);
  verdict.error = wait ? std::move(error).RetryAfter(*wait) : std::move(error);
  if (IsBurst(reason)) verdict.error_stops = verdict.spent_stops = Stops::kQuota;
}

std::optional<Error> ErrorIn(const Call& call, const Answer& answer, EpochMs now) {
  const int status = answer.status;
  if (status >= 500) {
    Error error{ErrorKind::kUnavailable, Said(call, answer)};
    const auto asked = RetryAfterOf(answer, now);
    return asked ? std::move(error).RetryAfter(*asked) : std::move(error);
  }
  if (status == 401 || status == 403) {
    return IsWebPage(answer) ? LoginPage(call, answer) : Unauthorized(call, answer);
  }
  if (status >= 200 && status < 300) {
    return std::nullopt;
  }
  if (status >= 300 && status < 400) {
    return Error{ErrorKind::kInvalid, Said(call, answer) + " (a redirect: check the base URL)"};
  }
  if (status == 404 || status == 410) return Error{ErrorKind::kNotFound, Said(call, answer)};
  if (status == 408) return Error{ErrorKind::kTimeout, Said(call, answer)};
  if (status == 409) return Error{ErrorKind::kConflict, Said(call, answer)};
  return Error{ErrorKind::kInvalid, Said(call, answer)};
}

}  // namespace

std::string_view HeaderOf(const Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return {};
}

bool IsWebPage(const Answer& answer) {
  const std::size_t first = answer.body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const bool looks_so = first != std::string::npos && answer.body[first] == '<';
  return looks_so || HeaderOf(answer, "Content-Type").starts_with("text/html");
}

Verdict JudgeAnswer(const Call& call, const Answer& answer, EpochMs now) {
  Verdict verdict;
  ReadBudget(answer, now, verdict);
  if (answer.status == 429) {
    JudgeLimit(call, answer, now, verdict);
  } else {
    verdict.error = ErrorIn(call, answer, now);
  }
  return verdict;
}

}  // namespace pulse::source::jira
