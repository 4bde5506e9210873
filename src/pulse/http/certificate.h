#pragma once

/// \file
/// Certificates made on the spot, for tests and local simulators. Never for a service others use.

#include <string>

namespace pulse::http {

struct Certificate {
  std::string certificate{};  ///< PEM.
  std::string key{};          ///< PEM.
};

/// A new self-signed P-256 certificate for the IP address or DNS name `host`, valid for a day; it
/// is its own authority, so a client trusts it when given `certificate` as CA. Throws
/// std::runtime_error.
Certificate SelfSigned(const std::string& host);

}  // namespace pulse::http
