#include "pulse/simulate/credential.h"

#include <cstdint>

namespace pulse::simulate {
namespace {

int SixBits(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

std::string DecodeBase64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int six = SixBits(c);
    if (six < 0) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(six);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>((bits >> held) & 0xFF);
  }
  return out;
}

Credential CredentialOf(const http::Request& request) {
  const std::string_view header = http::HeaderValue(request.headers, "Authorization");
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos) return Credential::kNone;
  std::string token(Trim(header.substr(space)));
  if (header.starts_with("Basic")) {
    const std::string pair = DecodeBase64(token);
    token = pair.substr(pair.find(':') + 1);
  }
  if (token.empty()) return Credential::kNone;
  if (token == "invalid") return Credential::kInvalid;
  return token == "forbidden" ? Credential::kForbidden : Credential::kGood;
}

}  // namespace pulse::simulate
