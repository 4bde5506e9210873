#pragma once

/// \file
/// Vectors in a Qdrant (1.11 or newer), over its REST interface. Passes
/// testing/vectors_conformance.h against the stub in testing/, and against the server that
/// QDRANT_URL names when that is set.
///
/// One collection per embedding model for all tenants, as Qdrant advises, with an `is_tenant`
/// index: every request carries a filter that one function makes and that always names the tenant.
/// The collection is made when first needed, and again when somebody dropped it; what was lost with
/// it comes back by `pulse vector drift --fix`.

#include <chrono>
#include <memory>
#include <string>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/http/client.h"
#include "pulse/resilience/backoff.h"
#include "pulse/resilience/breaker.h"
#include "pulse/vectors/vectors.h"

namespace pulse::vectors::qdrant {

struct QdrantOptions {
  std::string url;  ///< "http://qdrant.internal:6333"; a path in front (a proxy's) may be there.
  std::string api_key{};  ///< Sent as `api-key`; empty: none.
  int dimensions = 0;     ///< 1..4096
  std::string model;      ///< The embedder's; another one is another collection.
  /// In front of the collection's name, so that installations can share a server.
  std::string collection_prefix = "pulse";
  std::chrono::milliseconds timeout{10'000};  ///< Of one request.
  int tries = 3;                              ///< Of one request, the first included.
  resilience::BackoffPolicy backoff{
      .base = std::chrono::milliseconds(200), .cap = std::chrono::seconds(2)
  };
  /// A longer Retry-After is the caller's to wait for: it holds no worker meanwhile.
  std::chrono::milliseconds patience{2'000};
  resilience::BreakerPolicy breaker{
      .window = 20, .minimum = 6, .open_for = std::chrono::seconds(5), .probes = 1
  };
  SteadyNow now = RealSteadyNow();  ///< Of the breaker.
};

/// Asks nobody yet: a Qdrant that is down is no error here, and Probe finds out. `client` must
/// outlive it and may need to allow private addresses. Errors here: kInvalid (dimensions, no
/// model).
///
/// Errors of the calls: kUnavailable (not reached, 5xx, 429: with retry_after where the server said
/// so), kTimeout, kUnauthorized (the api key), kInvalid (a point that is not its tenant's, a
/// collection of other dimensions: the message has the fix). Every call may be repeated. An Upsert
/// or Erase that fails half-way has done some of its batches.
Result<std::unique_ptr<Vectors>> OpenQdrantVectors(
    const QdrantOptions& options, pulse::http::Client& client
);

}  // namespace pulse::vectors::qdrant
