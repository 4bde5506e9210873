#pragma once

/// \file
/// Embeds by asking a server that speaks the common form: POST {base}/v1/embeddings with
/// {"model", "input": [...]}, answered by {"data": [{"index", "embedding": [...]}]}. OpenAI,
/// Ollama, vLLM, llama.cpp, LocalAI and text-embeddings-inference do.

#include <chrono>
#include <memory>
#include <string>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/embed/embedder.h"
#include "pulse/http/client.h"
#include "pulse/resilience/backoff.h"
#include "pulse/resilience/breaker.h"

namespace pulse::embed::http {

struct HttpEmbedderOptions {
  std::string base_url;   ///< "http://127.0.0.1:11434"; a trailing "/" or "/v1" may be there.
  std::string model{};    ///< Empty: the server's only one; it is then named as the server does.
  std::string api_key{};  ///< Sent as a bearer token; empty: none.
  int dimensions = 0;     ///< 0: asks the server once, when the embedder is made.
  int batch = 64;         ///< Texts per request, 1..2048.
  /// Longer texts are cut: many servers refuse more than 8192 tokens of about three bytes.
  std::size_t max_text_bytes = std::size_t{24} * 1024;
  std::chrono::milliseconds timeout{60'000};  ///< Of one request.
  int tries = 4;                              ///< Of one batch, the first included.
  resilience::BackoffPolicy backoff{
      .base = std::chrono::milliseconds(500), .cap = std::chrono::seconds(10)
  };
  /// A longer Retry-After is the caller's to wait for: it holds no worker meanwhile.
  std::chrono::milliseconds patience{5'000};
  resilience::BreakerPolicy breaker{};
  SteadyNow now = RealSteadyNow();
};

/// Makes the embedder; with `dimensions` 0 the server must be up. Vectors are brought to unit
/// length. Blank texts, which servers refuse, get a fixed vector. `client` must outlive it and may
/// need to allow private addresses.
///
/// Errors, here and from Embed: kInvalid (the server refuses the request for good, or answers with
/// other dimensions), kUnauthorized, kRateLimited (retry_after set), kUnavailable, kTimeout,
/// kCancelled.
Result<std::unique_ptr<Embedder>> NewHttpEmbedder(
    HttpEmbedderOptions options, pulse::http::Client& client
);

}  // namespace pulse::embed::http
