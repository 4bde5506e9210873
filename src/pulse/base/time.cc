#include "pulse/base/time.h"

#include <algorithm>

namespace pulse {
namespace {

// Howard Hinnant's days_from_civil / civil_from_days (public domain algorithms).
constexpr std::int64_t DaysFromCivil(std::int64_t y, unsigned m, unsigned d) noexcept {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

struct Civil {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

constexpr Civil CivilFromDays(std::int64_t z) noexcept {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {
      static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0),
      month,
      doy - (153 * mp + 2) / 5 + 1
  };
}

constexpr unsigned DaysInMonth(int year, int month) noexcept {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

/// Reads fixed-width decimal fields from the front of a text; `ok` turns false and stays false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int Digits(std::size_t width) noexcept {
    int value = 0;
    if (rest.size() < width) ok = false;
    for (std::size_t i = 0; ok && i < width; ++i) {
      const char c = rest[i];
      if (c < '0' || c > '9') ok = false;
      value = value * 10 + (c - '0');
    }
    if (ok) rest.remove_prefix(width);
    return ok ? value : 0;
  }
  bool Take(char c) noexcept {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void Expect(char c) noexcept { ok = ok && Take(c); }
};

int ReadMilliseconds(Reader& in) noexcept {
  if (!in.Take('.') && !in.Take(',')) return 0;
  int value = 0;
  int digits = 0;
  while (!in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9') {
    if (digits < 3) value = value * 10 + (in.rest.front() - '0');
    ++digits;
    in.rest.remove_prefix(1);
  }
  if (digits == 0 || digits > 9) in.ok = false;
  for (; digits < 3; ++digits) value *= 10;
  return value;
}

/// Minutes east of UTC: `Z`, `+0800`, `-07:00`, `+05`, ` UTC`.
int ReadOffset(Reader& in) noexcept {
  if (in.rest == " UTC" || in.rest == "UTC") {
    in.rest = {};
    return 0;
  }
  if (in.Take('Z') || in.Take('z')) return 0;
  const bool west = !in.rest.empty() && in.rest.front() == '-';
  if (!in.Take('+') && !in.Take('-')) in.ok = false;
  const int hours = in.Digits(2);
  int minutes = 0;
  if (!in.rest.empty()) {
    in.Take(':');
    minutes = in.Digits(2);
  }
  if (hours > 18 || minutes > 59) in.ok = false;
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

struct Date {
  int year;
  int month;
  int day;
};

Date ReadDate(Reader& in) noexcept {
  Date date{};
  date.year = in.Digits(4);
  in.Expect('-');
  date.month = in.Digits(2);
  in.Expect('-');
  date.day = in.Digits(2);
  if (in.ok && (date.month < 1 || date.month > 12)) in.ok = false;
  if (in.ok &&
      (date.day < 1 || static_cast<unsigned>(date.day) > DaysInMonth(date.year, date.month)))
    in.ok = false;
  return date;
}

void PutDigits(char* out, std::uint64_t value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::optional<EpochMs> ParseInstant(std::string_view text) noexcept {
  Reader in{text};
  const Date date = ReadDate(in);
  if (!in.Take('T')) in.Expect(' ');
  const int hour = in.Digits(2);
  in.Expect(':');
  const int minute = in.Digits(2);
  in.Expect(':');
  const int second = in.Digits(2);
  const int millisecond = ReadMilliseconds(in);
  const int offset = ReadOffset(in);
  if (!in.ok || !in.rest.empty() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days =
      DaysFromCivil(date.year, static_cast<unsigned>(date.month), static_cast<unsigned>(date.day));
  const std::int64_t minutes = (days * 24 + hour) * 60 + minute - offset;
  const std::int64_t seconds = minutes * 60 + second;
  return seconds * 1000 + millisecond;
}

void FormatInstantTo(EpochMs instant, char* out) noexcept {
  constexpr EpochMs kFirst = -62167219200000;  // 0000-01-01T00:00:00.000Z
  constexpr EpochMs kLast = 253402300799999;   // 9999-12-31T23:59:59.999Z
  instant = std::clamp(instant, kFirst, kLast);
  std::int64_t days = instant / 86400000;
  std::int64_t rest = instant % 86400000;
  if (rest < 0) {
    rest += 86400000;
    --days;
  }
  const Civil civil = CivilFromDays(days);
  const auto ms = static_cast<std::uint64_t>(rest);
  std::copy_n("0000-00-00T00:00:00.000Z", 24, out);
  PutDigits(out, static_cast<std::uint64_t>(civil.year), 4);
  PutDigits(out + 5, civil.month, 2);
  PutDigits(out + 8, civil.day, 2);
  PutDigits(out + 11, ms / 3600000, 2);
  PutDigits(out + 14, ms / 60000 % 60, 2);
  PutDigits(out + 17, ms / 1000 % 60, 2);
  PutDigits(out + 20, ms % 1000, 3);
}

std::string FormatInstant(EpochMs instant) {
  std::string text(24, '0');
  FormatInstantTo(instant, text.data());
  return text;
}

bool IsCalendarDate(std::string_view text) noexcept {
  Reader in{text};
  ReadDate(in);
  return in.ok && in.rest.empty();
}

}  // namespace pulse
