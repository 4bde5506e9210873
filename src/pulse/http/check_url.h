#pragma once

/// \file
/// Which URLs the client asks, and what errors show of them.

#include <string>

#include "pulse/base/error.h"

namespace pulse::http {

/// The URL as an error may show it: "https://host:8443/path", without query and fragment. Error:
/// kInvalid for what is not absolute http or https, and for credentials inside it; they are never
/// part of the message.
Result<std::string> CheckUrl(const std::string& text);

}  // namespace pulse::http
