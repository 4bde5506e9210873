#pragma once

/// \file
/// Embedder: texts to vectors of unit length. Backends: hashed/ (deterministic hashed n-grams, no
/// model, no network: finds texts that share words, not meaning), http/ (a server that speaks the
/// common /v1/embeddings form). Both pass testing/embedder_conformance.h. Thread-safe.

#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::embed {

class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Names the vector space; points of different models never mix. e.g. "hashed-ngram-256-v1".
  virtual std::string_view model() const = 0;
  virtual int dimensions() const = 0;
  /// As many vectors as texts, in order. Batches, retries and breaks circuits by itself.
  /// Errors: kUnavailable, kRateLimited (retry_after set), kUnauthorized, kCancelled.
  virtual Result<std::vector<std::vector<float>>> Embed(
      std::span<const std::string_view> texts, std::stop_token stop
  ) = 0;
};

}  // namespace pulse::embed
