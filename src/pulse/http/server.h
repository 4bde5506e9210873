#pragma once

/// \file
/// Server: a small asynchronous HTTP/1.1 server (Boost.Beast behind one .cc), for the API, the
/// probes and the simulators. Handlers are plain functions and run on the server's threads, several
/// at once when there are several; they must not block for long (`Response::delay` waits without a
/// thread). What a handler throws becomes a 500 without its text.
///
/// Limits: 64 KiB of request headers (431), `max_body_bytes` (413), 60 s for a request to arrive or
/// a response to leave, 8192 connections. HEAD is answered like GET, without the body.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/http/client.h"

namespace pulse::http {

struct Request {
  std::string method{};
  std::string target{};      ///< Path and query as sent.
  std::string_view path{};   ///< Part of target, still percent-encoded.
  std::string_view query{};  ///< After '?', without it.
  Headers headers{};
  std::string body{};
  std::string peer{};  ///< Address of the client.
};

struct Response {
  int status = 200;
  Headers headers{};  ///< Content-Length, Connection and (when absent) Date are added.
  std::string body{};
  std::chrono::milliseconds delay{0};  ///< Wait this long before the first byte.
  /// Faults, for simulators: close the connection after this many body bytes; -1: send it all.
  std::int64_t cut_after = -1;
};

using Handler = std::function<Response(const Request&)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one.
  int threads = 1;
  std::size_t max_body_bytes = std::size_t{16} * 1024 * 1024;
  std::string tls_certificate{};  ///< PEM text (chain, leaf first), not a path; non-empty: https.
  std::string tls_key{};          ///< PEM text.
};

class Server {
 public:
  virtual ~Server() = default;  ///< Stops.
  virtual std::uint16_t port() const = 0;
  /// Closes the listening socket, finishes what is being answered for at most a second. Idempotent.
  virtual void Stop() = 0;
};

/// Listens when it returns. Errors: kConflict (port taken), kInvalid (bad address or certificate).
Result<std::unique_ptr<Server>> Serve(ServerOptions options, Handler handler);

/// Decoded query parameters in order; `+` is a space.
Headers ParseQuery(std::string_view query);
std::string PercentDecode(std::string_view text);
std::string PercentEncode(std::string_view text);  ///< Everything but unreserved characters.

}  // namespace pulse::http
