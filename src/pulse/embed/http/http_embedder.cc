#include "pulse/embed/http/http_embedder.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <random>
#include <utility>

#include "pulse/base/sync.h"
#include "pulse/embed/http/wire.h"
#include "pulse/resilience/pause.h"

namespace pulse::embed::http {
namespace {

using std::chrono::milliseconds;
using Vector = std::vector<float>;

std::string EndpointOf(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  if (base.ends_with("/v1")) base.resize(base.size() - 3);
  return base + "/v1/embeddings";
}

bool IsBlank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

/// At most `most` bytes, never half a character.
std::string_view Cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

/// Whole seconds; the date form of Retry-After is not used by these servers.
std::optional<milliseconds> RetryAfter(const pulse::http::Headers& headers) {
  const std::string_view text = pulse::http::HeaderValue(headers, "retry-after");
  int seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc() || text.empty() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

ErrorKind KindOf(int status) {
  if (status == 401 || status == 403) return ErrorKind::kUnauthorized;
  if (status == 429) return ErrorKind::kRateLimited;
  if (status == 408) return ErrorKind::kTimeout;
  return status >= 500 ? ErrorKind::kUnavailable : ErrorKind::kInvalid;
}

Error ErrorOf(const pulse::http::ClientResponse& response) {
  std::string message = "embeddings server answered " + std::to_string(response.status);
  const std::string why = DecodeError(response.body);
  if (!why.empty()) message.append(": ").append(why);
  Error error(KindOf(response.status), std::move(message));
  std::optional<milliseconds> wait = RetryAfter(response.headers);
  // A limit always says for how long, if only by our guess.
  if (!wait && response.status == 429) wait = std::chrono::seconds(2);
  if (wait) return std::move(error).RetryAfter(*wait);
  return error;
}

bool IsTransient(ErrorKind kind) {
  return kind == ErrorKind::kUnavailable || kind == ErrorKind::kTimeout ||
         kind == ErrorKind::kRateLimited;
}

class HttpEmbedder final : public Embedder {
 public:
  HttpEmbedder(HttpEmbedderOptions options, pulse::http::Client& client)
      : options_(std::move(options)),
        endpoint_(EndpointOf(options_.base_url)),
        client_(client),
        breaker_(options_.breaker, options_.now),
        model_(options_.model),
        dimensions_(static_cast<std::size_t>(options_.dimensions)),
        random_(std::random_device{}()) {}

  /// Asks for one vector to learn its dimensions and, where none was given, the model's name.
  Result<> Learn() {
    const std::string_view texts[] = {"dimensions"};
    PULSE_TRY(const EncodedVectors sample, EmbedBatch(texts, {}));
    if (dimensions_ == 0) dimensions_ = sample.vectors.front().size();
    if (model_.empty()) model_ = sample.model.empty() ? "unnamed" : sample.model;
    return {};
  }

  std::string_view model() const override { return model_; }
  int dimensions() const override { return static_cast<int>(dimensions_); }

  Result<std::vector<Vector>> Embed(std::span<const std::string_view> texts, std::stop_token stop)
      override;

 private:
  Result<EncodedVectors> EmbedBatch(
      std::span<const std::string_view> texts, const std::stop_token& stop
  );
  Result<EncodedVectors> Ask(
      const std::string& request, std::size_t count, const std::stop_token& stop
  );

  const HttpEmbedderOptions options_;
  const std::string endpoint_;
  pulse::http::Client& client_;
  resilience::Breaker breaker_;
  std::string model_;
  std::size_t dimensions_;
  Guarded<std::mt19937_64> random_;
};

Result<std::vector<Vector>> HttpEmbedder::Embed(
    std::span<const std::string_view> texts, std::stop_token stop
) {
  Vector blank(dimensions_, 0.0F);
  blank[0] = 1;
  std::vector<Vector> vectors(texts.size(), blank);

  std::vector<std::string_view> asked;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (IsBlank(texts[i])) continue;
    asked.push_back(Cut(texts[i], options_.max_text_bytes));
    places.push_back(i);
  }
  const auto batch_size = static_cast<std::size_t>(options_.batch);
  for (std::size_t first = 0; first < asked.size(); first += batch_size) {
    const auto batch = std::span(asked).subspan(first, std::min(batch_size, asked.size() - first));
    PULSE_TRY(EncodedVectors encoded, EmbedBatch(batch, stop));
    if (encoded.vectors.front().size() != dimensions_) {
      return Error{
          ErrorKind::kInvalid,
          "embeddings of " + model_ + " have " + std::to_string(encoded.vectors.front().size()) +
              " dimensions, not " + std::to_string(dimensions_)
      };
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      vectors[places[first + i]] = std::move(encoded.vectors[i]);
    }
  }
  return vectors;
}

Result<EncodedVectors> HttpEmbedder::EmbedBatch(
    std::span<const std::string_view> texts, const std::stop_token& stop
) {
  const std::string request = EncodeRequest(options_.model, texts);
  for (int failures = 1;; ++failures) {
    auto answer = Ask(request, texts.size(), stop);
    if (answer) return answer;
    const Error& error = answer.error();
    const bool last = failures >= options_.tries || !IsTransient(error.kind());
    if (last || error.retry_after().value_or(milliseconds(0)) > options_.patience) return answer;
    const milliseconds wait = random_.With([&](std::mt19937_64& random) {
      return resilience::BackoffFor(options_.backoff, failures, error.retry_after(), random);
    });
    PULSE_CHECK(resilience::Pause(wait, stop));
  }
}

Result<EncodedVectors> HttpEmbedder::Ask(
    const std::string& request, std::size_t count, const std::stop_token& stop
) {
  if (stop.stop_requested()) return Error{ErrorKind::kCancelled, "asked to stop embedding"};
  PULSE_TRY(auto pass, breaker_.Admit());
  pulse::http::ClientRequest call{
      .method = "POST",
      .url = endpoint_,
      .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
      .body = request,
      .timeout = options_.timeout,
  };
  if (!options_.api_key.empty()) {
    call.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
  }

  Result<EncodedVectors> answer = [&]() -> Result<EncodedVectors> {
    PULSE_TRY(const auto response, client_.Send(call, stop));
    if (response.status != 200) return ErrorOf(response);
    return DecodeAnswer(response.body, count);
  }();
  if (answer) {
    pass.Succeeded();
  } else if (answer.error().kind() == ErrorKind::kUnavailable ||
             answer.error().kind() == ErrorKind::kTimeout) {
    pass.Failed();
  }
  return answer;
}

}  // namespace

Result<std::unique_ptr<Embedder>> NewHttpEmbedder(
    HttpEmbedderOptions options, pulse::http::Client& client
) {
  if (options.batch < 1 || options.batch > 2048) {
    return Error{
        ErrorKind::kInvalid, "batch of " + std::to_string(options.batch) + " is not within 1..2048"
    };
  }
  const bool known = options.dimensions > 0 && !options.model.empty();
  auto embedder = std::make_unique<HttpEmbedder>(std::move(options), client);
  if (!known) PULSE_CHECK(embedder->Learn());
  return std::unique_ptr<Embedder>(std::move(embedder));
}

}  // namespace pulse::embed::http
