#pragma once

/// \file
/// What libcurl's result codes mean for us.

#include "pulse/base/error.h"

namespace pulse::http {

/// `code` is a CURLcode other than CURLE_OK. Trust and address problems are kInvalid (asking again
/// changes nothing), an exhausted deadline is kTimeout, every other trouble on the way
/// kUnavailable.
ErrorKind KindOfTransferError(int code) noexcept;

/// True when the peer's certificate was refused (the fix is a CA file, not patience).
bool IsTrustError(int code) noexcept;

}  // namespace pulse::http
