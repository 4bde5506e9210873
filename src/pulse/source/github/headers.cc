#include "pulse/source/github/headers.h"

#include <charconv>

#include "pulse/base/ascii.h"
#include "pulse/base/http_date.h"

namespace pulse::source::github {

std::string_view HeaderOf(const Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (EqualIgnoringCase(key, name)) return value;
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

EpochMs ServerTime(const Answer& answer, EpochMs fallback) {
  return ParseHttpDate(HeaderOf(answer, "date")).value_or(fallback);
}

bool HasNextLink(const Answer& answer) {
  return HeaderOf(answer, "link").find("rel=\"next\"") != std::string_view::npos;
}

}  // namespace pulse::source::github
