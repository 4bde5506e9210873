#pragma once

/// \file
/// Credential: what the caller of a simulated source presents.

#include <string>

#include "pulse/http/server.h"

namespace pulse::simulate {

/// Any token is good, except those two that exist to test refusals: "invalid" and "forbidden".
enum class Credential : unsigned char { kNone, kInvalid, kForbidden, kGood };

/// Reads `Authorization: Basic base64(user:token)`, `Bearer TOKEN` and `token TOKEN`.
Credential CredentialOf(const http::Request& request);

/// The bytes of base64 text; what does not belong to the alphabet ends it.
std::string DecodeBase64(std::string_view text);

}  // namespace pulse::simulate
