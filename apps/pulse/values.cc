#include "values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace pulse::app {
namespace {

Error Bad(std::string_view what, std::string_view text, std::string_view accepted) {
  return Error{
      ErrorKind::kInvalid,
      std::string(what) + " \"" + std::string(text) + "\" is not " + std::string(accepted)
  };
}

template <class Number>
std::optional<Number> NumberOf(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view suffix;
  std::int64_t ms;
};

/// A whole number with one of the units; nothing when it is not that, or over `max_ms`.
std::optional<std::int64_t> Amount(
    std::string_view text, std::initializer_list<Unit> units, std::int64_t max_ms
) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = NumberOf<std::int64_t>(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.suffix != text.substr(digits)) continue;
    if (*number > max_ms / unit.ms) return std::nullopt;
    return *number * unit.ms;
  }
  return std::nullopt;
}

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kLongestAge = 36600 * kDay;  // a century: older than any source

}  // namespace

Result<EpochMs> ParseMoment(std::string_view option, std::string_view text, EpochMs now) {
  const auto age =
      Amount(text, {{"m", kMinute}, {"h", kHour}, {"d", kDay}, {"w", 7 * kDay}}, kLongestAge);
  if (age) return now - *age;
  if (IsCalendarDate(text)) {
    if (const auto day = ParseInstant(std::string(text) + "T00:00:00Z")) return *day;
  }
  if (const auto instant = ParseInstant(text)) return *instant;
  return Bad(option, text, "an age (30d, 12h, 2w), a day (2024-02-29) or an instant with its zone");
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto ms = Amount(text, {{"ms", 1}, {"s", kSecond}, {"m", kMinute}}, kHour);
  if (!ms) return Bad("time", text, "a time like 100ms or 2s, at most an hour");
  return std::chrono::milliseconds(*ms);
}

Result<std::vector<model::Stage>> ParseStages(std::string_view text) {
  std::vector<model::Stage> stages;
  for (;;) {
    const auto comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    const auto stage = model::StageNamed(name);
    if (!stage) {
      return Error{
          ErrorKind::kInvalid,
          "stage \"" + std::string(name) + "\" is none of extract, transform, load and vectorize"
      };
    }
    stages.push_back(*stage);
    if (comma == std::string_view::npos) return stages;
    text.remove_prefix(comma + 1);
  }
}

Result<int> ParseRate(std::string_view text) {
  const std::string_view number = text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
  const auto rate = NumberOf<int>(number);
  if (!rate || *rate < 1) return Bad("--rate-limit", text, "a rate like 10/s");
  return *rate;
}

Result<std::int64_t> ParseCount(
    std::string_view what, std::string_view text, std::int64_t min, std::int64_t max
) {
  const auto number = NumberOf<std::int64_t>(text);
  if (number && *number >= min && *number <= max) return *number;
  return Bad(
      what, text, "a whole number from " + std::to_string(min) + " to " + std::to_string(max)
  );
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad("address", text, "HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = NumberOf<std::uint16_t>(text.substr(colon + 1));
  const bool bare_ipv6 = !bracketed && host.find(':') != std::string_view::npos;
  if (!port || host.empty() || bare_ipv6) return Bad("address", text, "HOST:PORT or [IPV6]:PORT");
  return HostPort{std::string(host), *port};
}

Result<std::pair<std::string, double>> ParseFault(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return Bad("--fault", text, "NAME:PERCENT");
  std::string_view number = text.substr(colon + 1);
  if (number.ends_with('%')) number.remove_suffix(1);
  const auto percent = NumberOf<double>(number);
  if (!percent || !std::isfinite(*percent) || *percent < 0 || *percent > 100) {
    return Bad("--fault", text, "NAME:PERCENT with a percent from 0 to 100");
  }
  return std::pair{std::string(text.substr(0, colon)), *percent};
}

Result<std::pair<std::string, std::string>> ParseKeyValue(
    std::string_view what, std::string_view text
) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return Bad(what, text, "KEY=VALUE");
  return std::pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Result<> CheckName(std::string_view what, std::string_view name) {
  const bool legal = !name.empty() && name.size() <= 63 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (legal) return {};
  return Bad(std::string(what) + " name", name, "1 to 63 of a-z, 0-9 and -");
}

Result<std::string> CheckBaseUrl(std::string_view url, bool private_allowed) {
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  std::string_view rest;
  if (url.starts_with(kHttps)) {
    rest = url.substr(kHttps.size());
  } else if (url.starts_with(kHttp) && private_allowed) {
    rest = url.substr(kHttp.size());
  } else if (url.starts_with(kHttp)) {
    return Error{
        ErrorKind::kInvalid,
        "url \"" + std::string(url) +
            "\" is not https: a credential would travel in the clear; fix: use https, or set "
            "PULSE_ALLOW_PRIVATE_SOURCES=1 for a simulator"
    };
  } else {
    return Bad("url", url, "an https:// address");
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos) {
    // The text is not repeated: what stands before the @ is a credential.
    return Error{
        ErrorKind::kInvalid, "url has a user in it; fix: use --email and --token-env instead"
    };
  }
  const bool strange = std::ranges::any_of(url, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == '\\';
  });
  if (strange || authority.empty() || authority.starts_with(':')) {
    return Bad("url", url, "a plain base address: scheme, host, perhaps a path");
  }
  std::string trimmed(url);
  while (trimmed.ends_with('/')) trimmed.pop_back();
  return trimmed;
}

}  // namespace pulse::app
