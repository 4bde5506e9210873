#include "pulse/vectors/qdrant/rest.h"

#include <charconv>
#include <optional>
#include <utility>

#include "pulse/resilience/pause.h"
#include "pulse/vectors/qdrant/wire.h"

namespace pulse::vectors::qdrant {
namespace {

using std::chrono::milliseconds;

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

ErrorKind KindOf(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorKind::kUnauthorized;
    case 404:
      return ErrorKind::kNotFound;
    case 409:
      return ErrorKind::kConflict;
    case 408:
      return ErrorKind::kTimeout;
    // The server's own limit and not a source's: the work waits like for one that is away.
    case 429:
      return ErrorKind::kUnavailable;
    default:
      return status >= 500 || status < 400 ? ErrorKind::kUnavailable : ErrorKind::kInvalid;
  }
}

/// Whole seconds, as Qdrant writes it.
std::optional<milliseconds> RetryAfter(const pulse::http::Headers& headers) {
  const std::string_view text = pulse::http::HeaderValue(headers, "retry-after");
  int seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc() || text.empty() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

Error ErrorOf(const pulse::http::ClientResponse& response) {
  std::string message = "qdrant answered " + std::to_string(response.status);
  const std::string why = DecodeError(response.body);
  if (!why.empty()) message.append(": ").append(why);
  if (response.status == 401 || response.status == 403) message += "; fix: set qdrant_api_key";
  Error error(KindOf(response.status), std::move(message));
  const std::optional<milliseconds> wait = RetryAfter(response.headers);
  if (wait) return std::move(error).RetryAfter(*wait);
  return error;
}

bool IsTransient(ErrorKind kind) {
  return kind == ErrorKind::kUnavailable || kind == ErrorKind::kTimeout;
}

}  // namespace

Rest::Rest(const QdrantOptions& options, pulse::http::Client& client)
    : options_(options),
      base_(WithoutSlash(options.url)),
      client_(client),
      breaker_(options.breaker, options.now),
      random_(std::random_device{}()) {}

Result<std::string> Rest::Send(std::string_view method, std::string_view path, std::string body) {
  const pulse::http::ClientRequest request = RequestFor(method, path, std::move(body));
  for (int failures = 1;; ++failures) {
    auto answer = Guarded(request);
    if (answer) return answer;
    const Error& error = answer.error();
    const bool last = failures >= options_.tries || !IsTransient(error.kind());
    if (last || error.retry_after().value_or(milliseconds(0)) > options_.patience) return answer;
    const milliseconds wait = random_.With([&](std::mt19937_64& random) {
      return resilience::BackoffFor(options_.backoff, failures, error.retry_after(), random);
    });
    PULSE_CHECK(resilience::Pause(wait, {}));
  }
}

Result<std::string> Rest::SendOnce(
    std::string_view method, std::string_view path, std::string body
) {
  return Exchange(RequestFor(method, path, std::move(body)));
}

pulse::http::ClientRequest Rest::RequestFor(
    std::string_view method, std::string_view path, std::string body
) const {
  pulse::http::ClientRequest request{
      .method = std::string(method),
      .url = base_ + std::string(path),
      .headers = {{"Accept", "application/json"}},
      .body = std::move(body),
      .timeout = options_.timeout,
  };
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!options_.api_key.empty()) request.headers.emplace_back("api-key", options_.api_key);
  return request;
}

Result<std::string> Rest::Guarded(const pulse::http::ClientRequest& request) {
  auto pass = breaker_.Admit();
  if (!pass) return std::move(pass).error().While("qdrant");
  auto answer = Exchange(request);
  if (answer || !IsTransient(answer.error().kind())) {
    pass->Succeeded();  // It works, even if it said no.
  } else if (!answer.error().retry_after()) {
    pass->Failed();  // A server that says when to come back works, too.
  }
  return answer;
}

Result<std::string> Rest::Exchange(const pulse::http::ClientRequest& request) {
  auto response = client_.Send(request, {});
  if (!response) return std::move(response).error().While("qdrant");
  if (response->status != 200) return ErrorOf(*response);
  return std::move(response->body);
}

}  // namespace pulse::vectors::qdrant
