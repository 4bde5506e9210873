#pragma once

/// \file
/// Client: one blocking HTTP client (libcurl) for everything that leaves the process.
///
/// TLS is always verified. Redirects are not followed: a 3xx is returned to the caller. Bodies are
/// decompressed within `max_body_bytes`, counted after decompression. Addresses are checked when
/// the socket is opened, after the name was resolved, so a name that changes its address between
/// check and use gains nothing: loopback, private, link-local, unique-local, multicast and other
/// special ranges are refused unless `allow_private_addresses`.

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Case-insensitive; empty when absent. The first of several.
std::string_view HeaderValue(const Headers& headers, std::string_view name);

struct ClientRequest {
  std::string method = "GET";
  std::string url{};  ///< http or https, absolute.
  Headers headers{};
  std::string body{};
  std::chrono::milliseconds timeout{30000};  ///< Whole exchange, connection included.
  std::size_t max_body_bytes = std::size_t{64} * 1024 * 1024;
};

struct ClientResponse {
  int status = 0;
  Headers headers{};
  std::string body{};
  std::chrono::milliseconds elapsed{0};
};

struct ClientOptions {
  bool allow_private_addresses = false;
  std::string ca_file{};  ///< PEM, in addition to the system's; empty: the system's only.
  std::string user_agent = "pulse";
};

/// Thread-safe; keeps connections alive per thread.
class Client {
 public:
  virtual ~Client() = default;
  /// Any complete response is a value, whatever its status. Errors: kTimeout; kCancelled (stop);
  /// kUnavailable (refused, reset, cut short: a half body is never returned); kInvalid (bad URL,
  /// refused address, TLS verification failed, body over the limit: the message says which).
  virtual Result<ClientResponse> Send(const ClientRequest& request, std::stop_token stop) = 0;
};

std::unique_ptr<Client> NewClient(ClientOptions options);

}  // namespace pulse::http
