#include <algorithm>

#include "pulse/base/ascii.h"
#include "pulse/http/client.h"
#include "pulse/http/server.h"

namespace pulse::http {
namespace {

constexpr int HexDigit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = Lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

constexpr bool IsUnreserved(char c) noexcept {
  const char low = Lower(c);
  return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

enum class Plus : unsigned char { kIsPlus, kIsSpace };

std::string Decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i] == '+' && plus == Plus::kIsSpace ? ' ' : text[i]);
  }
  return out;
}

}  // namespace

std::string_view HeaderValue(const Headers& headers, std::string_view name) {
  const auto same = [name](const auto& header) { return EqualIgnoringCase(header.first, name); };
  const auto found = std::ranges::find_if(headers, same);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

Headers ParseQuery(std::string_view query) {
  Headers parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    parameters.emplace_back(
        Decode(pair.substr(0, equals), Plus::kIsSpace), Decode(value, Plus::kIsSpace)
    );
  }
  return parameters;
}

std::string PercentDecode(std::string_view text) { return Decode(text, Plus::kIsPlus); }

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 15U]);
    }
  }
  return out;
}

}  // namespace pulse::http
