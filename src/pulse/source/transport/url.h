#pragma once

/// \file
/// The little the transport must know about URLs: what is the same origin, and where a redirect
/// leads. Pure. Refuses whatever two readers could understand differently.

#include <optional>
#include <string>
#include <string_view>

namespace pulse::source {

/// An absolute http(s) URL in two halves.
struct SplitUrl {
  std::string origin;  ///< "https://host" or "https://host:8443": lower case, no default port.
  std::string target;  ///< Path and query, at least "/". No fragment.
};

/// Nothing for another scheme, user information, a host with unusual characters, or blanks.
std::optional<SplitUrl> ParseUrl(std::string_view url);

/// Where `location` (absolute, "//host/…", "/path", "?query" or "relative") leads from `from`.
std::optional<SplitUrl> ResolveUrl(const SplitUrl& from, std::string_view location);

}  // namespace pulse::source
