#include "pulse/source/transport/url.h"

#include <algorithm>

#include "pulse/base/ascii.h"

namespace pulse::source {
namespace {

/// Names, IPv4, and IPv6 in brackets, each with an optional port. No '@', no '%', no '\'.
bool IsPlainAuthority(std::string_view authority) {
  return !authority.empty() && std::ranges::all_of(authority, [](char c) {
    return (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  });
}

bool IsPlainTarget(std::string_view target) {
  return std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
}

bool HasScheme(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && text.find_first_of("/?#") > colon;
}

}  // namespace

std::optional<SplitUrl> ParseUrl(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string scheme = Lower(url.substr(0, scheme_end));
  if (scheme != "https" && scheme != "http") return std::nullopt;
  url.remove_prefix(scheme_end + 3);
  url = url.substr(0, url.find('#'));

  std::string_view authority = url.substr(0, url.find_first_of("/?"));
  std::string_view target = url.substr(authority.size());
  if (!IsPlainAuthority(authority) || !IsPlainTarget(target)) return std::nullopt;

  const std::string_view default_port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(default_port)) authority.remove_suffix(default_port.size());
  std::string path(target);
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  return SplitUrl{.origin = scheme + "://" + Lower(authority), .target = std::move(path)};
}

std::optional<SplitUrl> ResolveUrl(const SplitUrl& from, std::string_view location) {
  if (location.empty()) return std::nullopt;
  if (HasScheme(location)) return ParseUrl(location);
  if (location.starts_with("//")) {
    return ParseUrl(from.origin.substr(0, from.origin.find(':') + 1) + std::string(location));
  }
  if (location.starts_with('/')) return ParseUrl(from.origin + std::string(location));

  const std::string path = from.target.substr(0, from.target.find('?'));
  if (location.starts_with('?')) return ParseUrl(from.origin + path + std::string(location));
  return ParseUrl(from.origin + path.substr(0, path.rfind('/') + 1) + std::string(location));
}

}  // namespace pulse::source
