#pragma once

/// \file
/// The bytes of a response before its body.

#include <ctime>
#include <string>

#include "pulse/http/server.h"

namespace pulse::http {

enum class KeepAlive : unsigned char { kNo, kYes };

/// 1xx, 204 and 304 never have a body, whatever the handler filled in.
bool AllowsBody(int status) noexcept;

/// True when no header could smuggle another one in (names are tokens, values hold no control
/// character); a response that fails this is a bug of its handler.
bool HasSafeHeaders(const Response& response) noexcept;

/// Status line and headers, ending in the empty line. Adds Content-Length (of the whole body, also
/// for HEAD and for a body that will be cut) and, unless the handler did, Date.
std::string FormatHead(const Response& response, KeepAlive keep_alive, std::time_t now);

}  // namespace pulse::http
