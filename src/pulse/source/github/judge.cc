#include "pulse/source/github/judge.h"

#include <algorithm>
#include <string>

#include "pulse/base/http_date.h"
#include "pulse/source/github/headers.h"
#include "pulse/source/json_page.h"
#include "pulse/source/json_slice.h"

namespace pulse::source::github {
namespace {

using std::chrono::milliseconds;

/// What GitHub's documentation asks for when a secondary limit names no time.
constexpr milliseconds kSecondaryWait = std::chrono::minutes(1);

constexpr std::string_view kRefused = "github refused this request";
constexpr std::string_view kGraphqlSaid = "graphql answered an error";

/// GitHub's own words, one line, at most 200 bytes; empty when the body is not its error form.
std::string MessageIn(std::string_view body) {
  const auto page = JsonPage::Parse(body);
  if (!page) return {};
  std::string message = SampleOf((*page)->root()["message"].text().value_or("").substr(0, 200));
  std::ranges::replace(message, '\n', ' ');
  return message;
}

Error With(ErrorKind kind, std::string what, const std::string& detail) {
  if (!detail.empty()) what += ": " + detail;
  return Error{kind, std::move(what)};
}

/// Instants of a header in whole seconds; nothing where the figure is no instant of this era.
std::optional<EpochMs> EpochSeconds(std::optional<std::int64_t> seconds) {
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  if (!seconds || *seconds < 0 || *seconds > kYear9999) return std::nullopt;
  return *seconds * 1000;
}

milliseconds UntilReset(const Answer& answer, EpochMs now) {
  const auto reset = EpochSeconds(NumberHeader(answer, "x-ratelimit-reset"));
  if (!reset) return kSecondaryWait;
  return milliseconds(std::max<EpochMs>(*reset - now, 1000));
}

/// Seconds, or the date that proxies in front of a GitHub write; nothing for anything else.
std::optional<milliseconds> RetryAfterOf(const Answer& answer, EpochMs now) {
  const auto seconds = EpochSeconds(NumberHeader(answer, "retry-after"));
  if (seconds) return milliseconds(*seconds);
  const auto date = ParseHttpDate(HeaderOf(answer, "retry-after"));
  if (!date) return std::nullopt;
  return milliseconds(std::max<EpochMs>(*date - now, 1000));
}

/// The hour's points of REST and of GraphQL are counted apart; a secondary limit, which is the one
/// that sends Retry-After, is of both.
Stops StoppedBy(const Answer& answer) {
  const bool spent = NumberHeader(answer, "x-ratelimit-remaining") == 0;
  const bool primary = spent && HeaderOf(answer, "retry-after").empty();
  return primary ? Stops::kQuota : Stops::kIntegration;
}

Error RateLimited(const Answer& answer, EpochMs now, bool primary) {
  const auto asked = RetryAfterOf(answer, now);
  const bool spent = primary || NumberHeader(answer, "x-ratelimit-remaining") == 0;
  const milliseconds wait = asked ? *asked : spent ? UntilReset(answer, now) : kSecondaryWait;
  const std::string_view why = spent ? "github budget is spent" : "github asks to slow down";
  return Error{ErrorKind::kRateLimited, std::string(why)}.RetryAfter(wait);
}

bool SaysRateLimit(std::string_view message) {
  return message.find("rate limit") != std::string_view::npos ||
         message.find("abuse detection") != std::string_view::npos;
}

Error Forbidden(const Answer& answer, EpochMs now) {
  const std::string message = MessageIn(answer.body);
  const bool limited = !HeaderOf(answer, "retry-after").empty() ||
                       NumberHeader(answer, "x-ratelimit-remaining") == 0 || answer.status == 429 ||
                       SaysRateLimit(message);
  if (limited) return RateLimited(answer, now, false);
  std::string what(kRefused);
  const std::string_view accepted = HeaderOf(answer, "x-accepted-oauth-scopes");
  const std::string_view permission = HeaderOf(answer, "x-accepted-github-permissions");
  if (!accepted.empty()) what.append(" (the token needs one of: ").append(accepted).append(")");
  if (!permission.empty()) what.append(" (the token needs: ").append(permission).append(")");
  return With(ErrorKind::kUnauthorized, what, message);
}

std::optional<Error> StatusError(const Call& call, const Answer& answer, EpochMs now) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return std::nullopt;
  if (status == 401) {
    return With(
        ErrorKind::kUnauthorized,
        "github does not accept the token (expired, revoked or of another server; make a new one)",
        MessageIn(answer.body)
    );
  }
  if (status == 403 || status == 429) return Forbidden(answer, now);
  const std::string what = call.endpoint + " answered " + std::to_string(status);
  if (status == 301 || status == 302 || status == 307 || status == 308) {
    return Error{ErrorKind::kNotFound, what + " (renamed or moved)"};
  }
  if (status == 404 || status == 409 || status == 410 || status == 451) {
    return With(ErrorKind::kNotFound, what, MessageIn(answer.body));
  }
  if (status == 400 || status == 422)
    return With(ErrorKind::kInvalid, what, MessageIn(answer.body));
  Error error{ErrorKind::kUnavailable, what};
  if (const auto asked = RetryAfterOf(answer, now)) return std::move(error).RetryAfter(*asked);
  return error;
}

ErrorKind KindOf(Value error) {
  const std::string_view type = error["type"].text().value_or("");
  if (type == "RATE_LIMITED" || type == "RATE_LIMIT") return ErrorKind::kRateLimited;
  if (type == "NOT_FOUND" || type == "FORBIDDEN") return ErrorKind::kNotFound;
  if (type == "INSUFFICIENT_SCOPES") return ErrorKind::kUnauthorized;
  if (type == "MAX_NODE_LIMIT_EXCEEDED") return ErrorKind::kInvalid;
  // A query the schema refuses carries its code beside no type: undefinedField,
  // argumentNotAccepted.
  if (type.empty() && error["extensions"]["code"].is_text()) return ErrorKind::kInvalid;
  if (SaysRateLimit(error["message"].text().value_or(""))) return ErrorKind::kRateLimited;
  return ErrorKind::kUnavailable;
}

/// Of several errors the one that says most about what to do: a limit before a missing object.
int Urgency(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kRateLimited:
      return 4;
    case ErrorKind::kUnauthorized:
      return 3;
    case ErrorKind::kInvalid:
      return 2;
    case ErrorKind::kUnavailable:
      return 1;
    default:
      return 0;
  }
}

std::optional<Error> GraphqlError(const Answer& answer, EpochMs now) {
  // Inside a string the quotes would be escaped, so this finds a key and nothing else.
  if (answer.body.find("\"errors\"") == std::string::npos) return std::nullopt;
  // A record that is no JSON costs only itself (DecodeList), so it must not hide the errors beside
  // it. What not even this can cut or parse, no reader takes for a page either.
  auto page = JsonPage::Parse(answer.body);
  const bool whole = page.has_value();
  if (!whole) page = JsonPage::Parse(SliceField(answer.body, "errors").value_or("null"));
  if (!page) return std::nullopt;
  const Value errors = whole ? (*page)->root()["errors"] : (*page)->root();
  if (errors.size() == 0) return std::nullopt;

  Value worst;
  int urgency = -1;
  errors.ForEach([&](Value error) {
    if (const int u = Urgency(KindOf(error)); u > urgency) {
      urgency = u;
      worst = error;
    }
  });
  const ErrorKind kind = KindOf(worst);
  if (kind == ErrorKind::kRateLimited) {
    return RateLimited(answer, now, worst["type"].is_text());  // Secondary limits have no type.
  }
  std::string message = SampleOf(worst["message"].text().value_or("no message").substr(0, 200));
  std::ranges::replace(message, '\n', ' ');
  return With(kind, std::string(kGraphqlSaid), message);
}

}  // namespace

bool RefusesOnlyThis(const Error& error) {
  if (error.kind() != ErrorKind::kUnauthorized) return false;
  const auto says = [&](std::string_view words) {
    return error.message().find(words) != std::string::npos;
  };
  return says(kRefused) || says(kGraphqlSaid);
}

bool IsOutOfReach(const Error& error) {
  return error.kind() == ErrorKind::kNotFound || RefusesOnlyThis(error);
}

Verdict JudgeAnswer(const Call& call, const Answer& answer, EpochMs now) {
  Verdict verdict;
  verdict.error = StatusError(call, answer, now);
  if (!verdict.error && call.method == "POST") verdict.error = GraphqlError(answer, now);
  if (verdict.error && verdict.error->kind() == ErrorKind::kRateLimited) {
    verdict.error_stops = StoppedBy(answer);
  }
  verdict.spent_stops = Stops::kQuota;
  if (const auto remaining = NumberHeader(answer, "x-ratelimit-remaining")) {
    verdict.remaining = static_cast<double>(*remaining);
  }
  verdict.resets_at = EpochSeconds(NumberHeader(answer, "x-ratelimit-reset"));
  return verdict;
}

}  // namespace pulse::source::github
