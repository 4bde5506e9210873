#include "pulse/source/transport/http_transport.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pulse/base/base64.h"
#include "pulse/base/http_date.h"
#include "pulse/source/transport/clock_skew.h"

namespace pulse::source {
namespace {

using std::chrono::milliseconds;

constexpr int kMostRedirects = 3;
constexpr std::string_view kOriginPrefix = "origin:";

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// 307 and 308 repeat the request as it was; the others turn everything but GET into a GET.
bool KeepsMethod(int status) { return status == 307 || status == 308; }

Error Refused(std::string_view why) {
  return Error{ErrorKind::kInvalid, "redirect refused: " + std::string(why)};
}

/// Checks one hop; nothing when it may be followed.
std::optional<Error> RefuseHop(
    const Call& call, int status, const SplitUrl& from, const std::optional<SplitUrl>& to
) {
  if (!to) return Refused("its location is no plain http(s) url");
  if (from.origin.starts_with("https:") && to->origin.starts_with("http:")) {
    return Refused("it leads from https to http");
  }
  if (call.method == "GET") return std::nullopt;
  if (to->origin != from.origin) return Refused("it leads a " + call.method + " to another origin");
  if (!KeepsMethod(status)) {
    return Refused(
        "status " + std::to_string(status) + " would turn a " + call.method + " into a GET"
    );
  }
  return std::nullopt;
}

}  // namespace

HttpTransport::HttpTransport(
    HttpTransportOptions options,
    const Connector& connector,
    http::Client& client,
    LimitsRegistry& limits,
    const Clock& clock
)
    : options_(std::move(options)),
      connector_(connector),
      client_(client),
      limits_(limits.For(options_.integration.tenant, options_.integration.id)),
      clock_(clock) {}

Result<Answer> HttpTransport::Send(const Call& call) {
  auto answer = SendWithinLimits(call);
  if (!answer) {
    Error error = std::move(answer).error();
    // A dialect's verdict names the endpoint itself.
    if (error.message().starts_with(call.endpoint)) return error;
    return std::move(error).While(call.endpoint);
  }
  return answer;
}

Result<Answer> HttpTransport::SendWithinLimits(const Call& call) {
  PULSE_TRY(const SplitUrl target, Target(call));
  const std::string& quota = QuotaOf(call);
  PULSE_CHECK(limits_.RefuseWhilePaused(quota));
  PULSE_TRY(auto pass, limits_.Admit());
  PULSE_CHECK(limits_.AwaitTurn(quota, call.cost, options_.stop));
  const auto deadline = std::chrono::steady_clock::now() + limits_.policy().patience;
  PULSE_TRY(auto permit, limits_.budget().Acquire(call.cost, deadline, options_.stop));
  // A window may have opened while we waited.
  PULSE_CHECK(limits_.RefuseWhilePaused(quota));
  PULSE_TRY(http::Headers headers, HeadersFor(call));

  auto answer = Exchange(call, target, std::move(headers));
  Verdict verdict;
  if (answer) {
    verdict = Judge(call, *answer);
  } else {
    verdict.error = answer.error();
  }
  std::optional<Error>& error = verdict.error;
  if (!error) {
    limits_.Worked(std::move(pass));
    permit.Succeeded();
    limits_.NoteSuccess(quota);
    return answer;
  }

  const ErrorKind kind = error->kind();
  if (kind == ErrorKind::kRateLimited || kind == ErrorKind::kTimeout) permit.PushedBack();
  if (kind == ErrorKind::kUnavailable || kind == ErrorKind::kTimeout) {
    limits_.Broke(std::move(pass));
  } else if (kind != ErrorKind::kRateLimited && kind != ErrorKind::kCancelled && answer) {
    limits_.Worked(std::move(pass));  // It works; it only said no.
  }
  // A 503 may announce a window as well.
  if (kind == ErrorKind::kRateLimited || error->retry_after()) {
    const bool all = verdict.error_stops == Stops::kIntegration;
    const milliseconds wait = limits_.PauseFor(error->retry_after(), all ? std::string() : quota);
    return std::move(*error).RetryAfter(wait);
  }
  return std::move(*error);
}

Result<SplitUrl> HttpTransport::Target(const Call& call) const {
  const std::string& base = options_.integration.base_url;
  std::optional<SplitUrl> target;
  if (call.path.starts_with('/')) {
    target = ParseUrl(base + call.path);
  } else if (call.path.starts_with(kOriginPrefix) && call.path.size() > kOriginPrefix.size() &&
             call.path[kOriginPrefix.size()] == '/') {
    target = ParseUrl(base);
    if (target) target = ParseUrl(target->origin + call.path.substr(kOriginPrefix.size()));
  }
  if (target) return *target;
  return Error{ErrorKind::kInvalid, "no plain http(s) url comes of base url " + base};
}

Result<http::Headers> HttpTransport::HeadersFor(const Call& call) const {
  const model::Integration& integration = options_.integration;
  PULSE_TRY(const std::string credential, options_.credential());
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (credential.empty() || std::ranges::any_of(credential, is_control)) {
    return Error{
        ErrorKind::kUnauthorized,
        "the credential of integration " + integration.name +
            " is empty or holds control characters"
    };
  }

  http::Headers headers;
  if (integration.account.empty()) {
    headers.emplace_back("Authorization", "Bearer " + credential);
  } else {
    headers.emplace_back(
        "Authorization", "Basic " + EncodeBase64(integration.account + ":" + credential)
    );
  }
  // The User-Agent that GitHub insists on is the client's.
  if (integration.provider == "github") {
    headers.emplace_back("Accept", "application/vnd.github+json");
    headers.emplace_back("X-GitHub-Api-Version", "2022-11-28");
  } else {
    headers.emplace_back("Accept", "application/json");
  }
  if (!call.body.empty()) headers.emplace_back("Content-Type", "application/json");
  return headers;
}

Result<Answer> HttpTransport::Exchange(const Call& call, SplitUrl target, http::Headers headers) {
  const std::string home = target.origin;
  for (int hops = 0;; ++hops) {
    const http::ClientRequest request{
        .method = call.method,
        .url = target.origin + target.target,
        .headers = headers,
        .body = call.body,
        .timeout = options_.timeout,
    };
    PULSE_TRY(Answer answer, SendOnce(call, request));
    const std::string_view location = http::HeaderValue(answer.headers, "location");
    if (!IsRedirect(answer.status) || location.empty()) return answer;

    if (hops == kMostRedirects) return Refused("more than three in a row");
    const std::optional<SplitUrl> next = ResolveUrl(target, location);
    if (auto refusal = RefuseHop(call, answer.status, target, next)) return std::move(*refusal);
    target = *next;
    // Once gone it stays gone: a foreign origin that leads back home is not home.
    if (target.origin != home) {
      std::erase_if(headers, [](const auto& header) { return header.first == "Authorization"; });
    }
  }
}

Result<Answer> HttpTransport::SendOnce(const Call& call, const http::ClientRequest& request) {
  ++api_calls_[call.endpoint];
  const EpochMs sent = clock_.Now();
  auto response = client_.Send(request, options_.stop);
  options_.on_sent({
      .integration = options_.integration,
      .endpoint = call.endpoint,
      .status = response ? response->status : 0,
      .elapsed = response ? response->elapsed : milliseconds(clock_.Now() - sent),
  });
  if (!response) return std::move(response).error();
  Answer answer{
      .status = response->status,
      .headers = std::move(response->headers),
      .body = std::move(response->body),
  };
  NoteClock(answer, sent);
  return answer;
}

void HttpTransport::NoteClock(const Answer& answer, EpochMs sent) {
  const auto date = ParseHttpDate(http::HeaderValue(answer.headers, "date"));
  if (date) skew_ = ClockSkew(*date, sent, clock_.Now());
}

Verdict HttpTransport::Judge(const Call& call, const Answer& answer) const {
  // The dialect compares with instants the source wrote, so it sees the source's clock.
  Verdict verdict = connector_.Judge(call, answer, clock_.Now() + skew_);
  if (verdict.remaining && verdict.resets_at) {
    limits_.NoteQuota(
        QuotaOf(call), *verdict.remaining, *verdict.resets_at - skew_, verdict.spent_stops
    );
  }
  return verdict;
}

}  // namespace pulse::source
