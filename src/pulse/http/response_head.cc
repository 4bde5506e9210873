#include "pulse/http/response_head.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace pulse::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// Clients ignore the phrase; people read it in traces.
constexpr std::array kReasons = {
    Reason{100, "Continue"},
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{422, "Unprocessable Content"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
};

std::string_view PhraseOf(int status) noexcept {
  const auto found = std::ranges::find(kReasons, status, &Reason::status);
  return found == kReasons.end() ? "Unknown" : found->phrase;
}

bool IsTokenCharacter(char c) noexcept {
  return c > ' ' && c < '\x7f' &&
         std::string_view{"\"(),/:;<=>?@[\\]{}"}.find(c) == std::string_view::npos;
}

bool IsControl(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
}

// IMF-fixdate by hand: strftime would follow the process's locale.
std::string FormatDate(std::time_t now) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
      kDays[static_cast<std::size_t>(utc.tm_wday)],
      utc.tm_mday,
      kMonths[static_cast<std::size_t>(utc.tm_mon)],
      utc.tm_year + 1900,
      utc.tm_hour,
      utc.tm_min,
      utc.tm_sec
  );
}

}  // namespace

bool AllowsBody(int status) noexcept { return status >= 200 && status != 204 && status != 304; }

bool HasSafeHeaders(const Response& response) noexcept {
  return std::ranges::all_of(response.headers, [](const auto& header) {
    const auto& [name, value] = header;
    return !name.empty() && std::ranges::all_of(name, IsTokenCharacter) &&
           std::ranges::none_of(value, IsControl);
  });
}

std::string FormatHead(const Response& response, KeepAlive keep_alive, std::time_t now) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\n", response.status, PhraseOf(response.status));
  for (const auto& [name, value] : response.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
  if (HeaderValue(response.headers, "Date").empty())
    fmt::format_to(to, "Date: {}\r\n", FormatDate(now));
  if (AllowsBody(response.status))
    fmt::format_to(to, "Content-Length: {}\r\n", response.body.size());
  fmt::format_to(
      to, "Connection: {}\r\n\r\n", keep_alive == KeepAlive::kYes ? "keep-alive" : "close"
  );
  return fmt::to_string(out);
}

}  // namespace pulse::http
