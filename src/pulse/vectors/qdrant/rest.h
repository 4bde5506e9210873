#pragma once

/// \file
/// Rest: one request to Qdrant, tried again where that may help, behind a breaker.

#include <chrono>
#include <random>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/sync.h"
#include "pulse/http/client.h"
#include "pulse/resilience/breaker.h"
#include "pulse/vectors/qdrant/qdrant_vectors.h"

namespace pulse::vectors::qdrant {

/// Thread-safe. `client` must outlive it. Every request it is given may be repeated.
class Rest {
 public:
  Rest(const QdrantOptions& options, pulse::http::Client& client);

  /// The body of a 200. `path` begins with a slash; `body` is JSON or empty. Blocks for all tries.
  /// Errors: kUnavailable (not reached, 5xx, 429), kTimeout, kUnauthorized (401, 403), kNotFound
  /// (404: no such collection), kConflict (409), kInvalid (other 4xx).
  Result<std::string> Send(std::string_view method, std::string_view path, std::string body);

  /// The same, once and past the breaker: to learn the truth of this moment.
  Result<std::string> SendOnce(std::string_view method, std::string_view path, std::string body);

 private:
  Result<std::string> Exchange(const pulse::http::ClientRequest& request);
  Result<std::string> Guarded(const pulse::http::ClientRequest& request);
  pulse::http::ClientRequest RequestFor(
      std::string_view method, std::string_view path, std::string body
  ) const;

  const QdrantOptions options_;
  const std::string base_;
  pulse::http::Client& client_;
  resilience::Breaker breaker_;
  pulse::Guarded<std::mt19937_64> random_;
};

}  // namespace pulse::vectors::qdrant
