#include "pulse/source/github/urls.h"

namespace pulse::source::github {
namespace {

std::string_view HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of(":/"));
}

std::string_view PathOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return path == std::string_view::npos ? std::string_view() : url.substr(path);
}

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

Endpoints EndpointsOf(std::string_view base_url) {
  const std::string_view host = HostOf(base_url);
  if (host == "api.github.com" || host.ends_with(".ghe.com")) return {"", "/graphql"};
  constexpr std::string_view kRestBase = "/api/v3";
  if (!base_url.ends_with(kRestBase)) return {kRestBase, "/api/graphql"};
  // The sibling is not below the base, so it is named from the origin on.
  base_url.remove_suffix(kRestBase.size());
  return {"", "origin:" + std::string(PathOf(base_url)) + "/api/graphql"};
}

std::string Encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string EncodeFullName(std::string_view full_name) {
  const std::size_t slash = full_name.find('/');
  if (slash == std::string_view::npos) return Encode(full_name);
  return Encode(full_name.substr(0, slash)) + '/' + Encode(full_name.substr(slash + 1));
}

}  // namespace pulse::source::github
