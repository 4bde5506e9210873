#include "pulse/source/http_date.h"

#include <algorithm>
#include <array>
#include <string>

namespace pulse::source {

std::optional<EpochMs> ParseHttpDate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "Jan",
      "Feb",
      "Mar",
      "Apr",
      "May",
      "Jun",
      "Jul",
      "Aug",
      "Sep",
      "Oct",
      "Nov",
      "Dec",
  };
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT"))
    return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = static_cast<int>(month - kMonths.begin()) + 1;

  std::string iso(text.substr(12, 4));
  iso += number < 10 ? "-0" : "-1";
  iso += static_cast<char>('0' + number % 10);
  iso.append("-").append(text.substr(5, 2)).append("T").append(text.substr(17, 8)).append("Z");
  return ParseInstant(iso);
}

EpochMs ClockSkew(EpochMs date, EpochMs sent, EpochMs received) {
  // The source's clock showed date..date+999 at a moment that was sent..received for us.
  const EpochMs least = date - received;
  const EpochMs most = date + 999 - sent;
  return least <= 0 && most >= 0 ? 0 : least;
}

}  // namespace pulse::source
