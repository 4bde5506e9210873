#include "pulse/cache/redis/address.h"

#include <charconv>
#include <optional>

namespace pulse::cache::redis {
namespace {

constexpr std::string_view kForm = "use redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]";

Error Refused(std::string_view why) {
  std::string message("redis url ");
  message.append(why).append("; ").append(kForm);
  return Error{ErrorKind::kInvalid, std::move(message)};
}

std::optional<int> Number(std::string_view text, int most) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value >= 0 && value <= most ? std::optional(value) : std::nullopt;
}

std::optional<std::string> Decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    if (i + 2 >= text.size()) return std::nullopt;
    if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) return std::nullopt;
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

Result<> ReadCredentials(std::string_view text, Address& address) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return Refused("has a user and no password");
  const auto user = Decoded(text.substr(0, colon));
  const auto password = Decoded(text.substr(colon + 1));
  if (!user || !password) return Refused("has a broken percent code before the @");
  address.user = *user;
  address.password = *password;
  return {};
}

Result<> ReadHostAndPort(std::string_view text, Address& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return Refused("has an unclosed [");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (address.host.empty()) return Refused("names no host");
  if (port.empty()) return {};
  const auto number = Number(port.substr(1), 65535);
  if (port.front() != ':' || !number || *number == 0) return Refused("has a port out of 1..65535");
  address.port = *number;
  return {};
}

}  // namespace

std::string Address::Name() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/" +
         std::to_string(database);
}

Result<Address> ParseAddress(std::string_view url) {
  constexpr std::string_view kScheme = "redis://";
  if (url.starts_with("rediss://")) {
    return Refused(
        "asks for TLS, which this build cannot speak: put a TLS tunnel (stunnel, ghostunnel) "
        "beside "
        "it and name that"
    );
  }
  if (!url.starts_with(kScheme)) return Refused("has another scheme");
  std::string_view rest = url.substr(kScheme.size());
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return Refused("has a query or a fragment");
  }

  Address address;
  const auto slash =
      rest.find('/', rest.rfind('@') == std::string_view::npos ? 0 : rest.rfind('@'));
  if (slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    const auto number = database.empty() ? 0 : Number(database, 1'000'000);
    if (!number) return Refused("has a database that is no number");
    address.database = *number;
  }
  // The last one: a password may hold an @ that nobody encoded.
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    PULSE_CHECK(ReadCredentials(rest.substr(0, at), address));
    rest = rest.substr(at + 1);
  }
  PULSE_CHECK(ReadHostAndPort(rest, address));
  return address;
}

}  // namespace pulse::cache::redis
