#pragma once

/// \file
/// Certificates made on the spot, for tests and local simulators. Never for a service others use.

#include <string>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::http {

struct Certificate {
  std::string certificate{};  ///< PEM.
  std::string key{};          ///< PEM.
};

/// A new self-signed P-256 certificate for `hosts` (IP addresses and DNS names, at least one),
/// valid for 30 days; it is its own authority, so a client trusts it when given `certificate` as
/// CA. Errors: kInternal (OpenSSL refuses, for a host it cannot read, for instance).
Result<Certificate> SelfSigned(const std::vector<std::string>& hosts);

}  // namespace pulse::http
