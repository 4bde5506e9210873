#include "pulse/source/github/headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace pulse::source::github {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

}  // namespace

std::string_view HeaderOf(const Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (SameName(key, name)) return value;
  }
  return {};
}

std::optional<std::int64_t> NumberHeader(const Answer& answer, std::string_view name) {
  const std::string_view text = HeaderOf(answer, name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<EpochMs> ParseHttpDate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };
  // Tue, 24 Nov 2026 08:49:37 GMT
  // 0    5  8   12   17
  if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = static_cast<std::size_t>(month - kMonths.begin()) + 1;
  std::string iso(text.substr(12, 4));
  iso += number < 10 ? "-0" : "-";
  iso += std::to_string(number);
  iso.append("-").append(text.substr(5, 2)).append("T").append(text.substr(17, 8)).append("Z");
  return ParseInstant(iso);
}

EpochMs ServerTime(const Answer& answer, EpochMs fallback) {
  return ParseHttpDate(HeaderOf(answer, "date")).value_or(fallback);
}

bool HasNextLink(const Answer& answer) {
  return HeaderOf(answer, "link").find("rel=\"next\"") != std::string_view::npos;
}

}  // namespace pulse::source::github
