#include "pulse/queue/amqp/address.h"

#include <charconv>
#include <optional>

namespace pulse::queue::amqp {
namespace {

Error Wrong(std::string_view what) {
  return Error{
      ErrorKind::kInvalid,
      "the broker's URL " + std::string(what) + "; use amqp[s]://USER:PASSWORD@HOST[:PORT][/VHOST]"
  };
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

Result<std::string> Decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
    if (!high || !low) return Wrong("has a % that is no percent-encoding");
    plain += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return plain;
}

Result<> ReadUser(std::string_view user_info, BrokerAddress& address) {
  const auto colon = user_info.find(':');
  PULSE_TRY(address.user, Decode(user_info.substr(0, colon)));
  address.password.clear();
  if (colon == std::string_view::npos) return {};
  PULSE_TRY(address.password, Decode(user_info.substr(colon + 1)));
  return {};
}

Result<> ReadHost(std::string_view text, BrokerAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return Wrong("has a [ without its ]");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (address.host.empty()) return Wrong("names no host");
  address.port = address.tls ? 5671 : 5672;
  if (port.empty()) return {};
  const char* end = port.data() + port.size();
  const auto [stop, failed] = std::from_chars(port.data() + 1, end, address.port);
  const bool number = port.front() == ':' && failed == std::errc() && stop == end;
  if (!number || address.port < 1 || address.port > 65535)
    return Wrong("has no port from 1 to 65535");
  return {};
}

}  // namespace

std::string BrokerAddress::Place() const {
  return host + ":" + std::to_string(port) + (vhost == "/" ? "" : "/" + vhost);
}

Result<BrokerAddress> ParseBrokerUrl(std::string_view url) {
  BrokerAddress address;
  address.tls = url.starts_with("amqps://");
  if (!address.tls && !url.starts_with("amqp://"))
    return Wrong("begins with no amqp:// or amqps://");
  url.remove_prefix(address.tls ? 8 : 7);
  const auto slash = url.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view vhost = url.substr(slash + 1);
    if (vhost.find_first_of("/?#") != std::string_view::npos) {
      return Wrong("has more after the virtual host (a / in its name is %2F)");
    }
    if (!vhost.empty()) {
      PULSE_TRY(address.vhost, Decode(vhost));
    }
    url = url.substr(0, slash);
  }
  const auto at = url.rfind('@');
  if (at != std::string_view::npos) {
    PULSE_CHECK(ReadUser(url.substr(0, at), address));
    url.remove_prefix(at + 1);
  }
  PULSE_CHECK(ReadHost(url, address));
  return address;
}

}  // namespace pulse::queue::amqp
