#include "pulse/source/jira/http_date.h"

#include <algorithm>
#include <array>
#include <string>

namespace pulse::source::jira {

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
  constexpr std::size_t kLength = std::string_view("Mon, 23 Nov 2026 14:35:00 GMT").size();
  if (text.size() != kLength || text.substr(25) != " GMT") return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const std::string number = std::to_string(month - kMonths.begin() + 1);

  std::string iso(text.substr(12, 4));
  iso += number.size() == 1 ? "-0" : "-";
  iso.append(number).append("-").append(text.substr(5, 2));
  iso.append("T").append(text.substr(17, 8)).append("Z");
  return ParseInstant(iso);
}

}  // namespace pulse::source::jira
