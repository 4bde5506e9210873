#include "pulse/config/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace pulse::config {
namespace {

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [stop, failed] = std::from_chars(begin, end, number);
  if (failed != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::optional<bool> ParseSwitch(std::string_view text) {
  for (const std::string_view yes : {"on", "true", "yes", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"off", "false", "no", "0"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> ParseDurationMs(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t ms;
  };
  // "ms" before "m" and "s".
  constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60000}, Unit{"h", 3600000}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    text.remove_suffix(unit.suffix.size());
    const auto number = ParseNumber<std::int32_t>(text);
    if (!number) return std::nullopt;
    return *number * unit.ms;
  }
  return std::nullopt;
}

bool IsIpAddress(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

std::optional<ListenAddress> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool is_v6 = host.find(':') != std::string_view::npos;
  const auto port = ParseNumber<std::uint16_t>(text.substr(colon + 1));
  ListenAddress address{.host = std::string{host}, .port = port.value_or(0)};
  if (!port || bracketed != is_v6 || !IsIpAddress(address.host)) return std::nullopt;
  return address;
}

/// A choice that ends in a slash is the beginning of a URL.
bool IsAmong(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const std::string_view choice = choices.substr(0, choices.find('|'));
    choices.remove_prefix(std::min(choices.size(), choice.size() + 1));
    const bool prefix = choice.ends_with('/') && text.size() > choice.size();
    if (text == choice || (prefix && text.starts_with(choice)))
      return !choice.ends_with('/') || prefix;
  }
  return false;
}

bool IsPlain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
  });
}

struct Assigner {
  const Row& row;
  std::string_view text;
  Settings& settings;

  bool operator()(std::string Settings::* field) const {
    if (!IsPlain(text)) return false;
    if (text.empty() && !row.default_text.empty()) return false;
    if (!text.empty() && !row.choices.empty() && !IsAmong(row.choices, text)) return false;
    if (!text.empty() && static_cast<std::int64_t>(text.size()) < row.min) return false;
    settings.*field = text;
    return true;
  }
  bool operator()(bool Settings::* field) const {
    const auto value = ParseSwitch(text);
    if (value) settings.*field = *value;
    return value.has_value();
  }
  bool operator()(int Settings::* field) const {
    const auto value = ParseNumber<int>(text);
    if (!value || *value < row.min || *value > row.max) return false;
    settings.*field = *value;
    return true;
  }
  bool operator()(ListenAddress Settings::* field) const {
    auto value = ParseAddress(text);
    if (!value) return false;
    settings.*field = *std::move(value);
    return true;
  }
  bool operator()(std::chrono::milliseconds Settings::* field) const {
    const auto value = ParseDurationMs(text);
    if (!value || *value < row.min || *value > row.max) return false;
    settings.*field = std::chrono::milliseconds{*value};
    return true;
  }
};

/// "scheme://user:password@host" with the password replaced.
std::string MaskUrl(std::string_view url) {
  std::string masked{url};
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return masked;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.rfind('@', end);
  if (at == std::string_view::npos || at < begin) return masked;
  const std::size_t colon = url.find(':', begin);
  if (colon < at) return masked.replace(colon + 1, at - colon - 1, "***");
  return masked;
}

}  // namespace

Result<> Assign(const Row& row, std::string_view text, Settings& settings) {
  if (std::visit(Assigner{row, text, settings}, row.field)) return {};
  return Error{
      ErrorKind::kInvalid,
      fmt::format("\"{}\" is not accepted; expected {}", Masked(row, text), row.bounds)
  };
}

std::string Masked(const Row& row, std::string_view text) {
  if (row.secret && !text.empty()) return "***";
  return row.type == "url" ? MaskUrl(text) : std::string{text};
}

}  // namespace pulse::config
