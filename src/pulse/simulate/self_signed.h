#pragma once

/// \file
/// A self-signed certificate for the simulator's https port, made anew at every start.

#include <string>

#include "pulse/base/error.h"

namespace pulse::simulate {

struct SelfSigned {
  std::string certificate;  ///< PEM; also the CA a client must trust.
  std::string key;          ///< PEM.
};

/// For localhost, 127.0.0.1 and `address` (a literal IP address), valid for 30 days.
/// Errors: kInternal (OpenSSL refused).
Result<SelfSigned> MakeSelfSigned(const std::string& address);

}  // namespace pulse::simulate
