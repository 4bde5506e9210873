#pragma once

/// \file
/// QdrantStub: an HTTP server in this process that answers the requests of qdrant_vectors.h as a
/// Qdrant 1.19 does, and nothing else: an unknown path, field or parameter is refused and
/// remembered, and so is a filter without a tenant. tests/contract holds its answers against the
/// vendor's schema.
///
/// What it does not do: approximate (its search is exact), persist, replicate, or mind timeouts.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pulse/base/sync.h"
#include "pulse/http/server.h"
#include "pulse/vectors/qdrant/testing/stub_collection.h"

namespace pulse::vectors::qdrant {

/// Thread-safe, but for Stop and StartAgain. With QDRANT_STUB_EXCHANGES naming a file, each
/// exchange is appended to it as a line of JSON: {method, path, query, body, status, answer}.
class QdrantStub {
 public:
  explicit QdrantStub(std::string api_key = {});
  ~QdrantStub();
  QdrantStub(const QdrantStub&) = delete;
  QdrantStub& operator=(const QdrantStub&) = delete;

  std::string url() const;

  void Stop();        ///< Nobody listens any more.
  void StartAgain();  ///< On the same port, with what it held.
  void DropCollections();

  /// The next requests are answered so, and not carried out.
  void AnswerNext(const http::Response& response, int times = 1);
  /// The next request is carried out, and the connection cut instead of an answer.
  void CutNextAnswer();

  std::size_t points() const;  ///< Of all collections.
  std::size_t requests() const;
  std::vector<std::string> collections() const;
  /// Requests that a Qdrant would not understand, or would, and that must never be sent.
  std::vector<std::string> violations() const;

 private:
  struct State {
    std::map<std::string, StubCollection> collections{};
    std::deque<http::Response> planned{};
    bool cut_next = false;
    std::size_t requests = 0;
    std::vector<std::string> violations{};
  };

  void Listen();
  http::Response Answer(const http::Request& request);
  http::Response AnswerLocked(State& state, const http::Request& request) const;
  static Result<json> Carry(State& state, const http::Request& request);

  const std::string api_key_;
  std::uint16_t port_ = 0;
  Guarded<State> state_;
  std::unique_ptr<http::Server> server_;  // Last: it must stop before the state goes.
};

}  // namespace pulse::vectors::qdrant
