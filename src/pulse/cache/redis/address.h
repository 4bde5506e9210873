#pragma once

/// \file
/// Where a Redis is: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE].

#include <string>
#include <string_view>

#include "pulse/base/error.h"

namespace pulse::cache::redis {

struct Address {
  std::string host;
  int port = 6379;
  std::string user{};      ///< Empty: the default user.
  std::string password{};  ///< Empty: no AUTH is sent.
  int database = 0;

  /// "cache.internal:6379/0": for messages, without the password.
  std::string Name() const;
};

/// User and password may be percent-encoded; an IPv6 host stands in brackets. Errors: kInvalid; the
/// message never holds the url, which may hold a password. rediss:// is refused: the client library
/// has no TLS, and a plain connection in its place would be a surprise.
Result<Address> ParseAddress(std::string_view url);

}  // namespace pulse::cache::redis
