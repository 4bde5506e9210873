#include "pulse/control/schedule_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <vector>

#include "pulse/base/ascii.h"

namespace pulse::control {
namespace {

constexpr EpochMs kMinute = 60'000;
constexpr EpochMs kHour = 60 * kMinute;
constexpr EpochMs kDay = 24 * kHour;
/// After 400 years the calendar repeats, weekdays included: a date not among these never comes.
constexpr std::int64_t kCalendarDays = 146'097;

constexpr std::array<std::string_view, 12> kMonths = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"
};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"
};

std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : Split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::optional<int> ParseNumber(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  if (value < 0) return {};
  return value;
}

/// One cron field and what it accepts.
struct Field {
  std::string_view name;
  int min = 0;
  int max = 0;
  std::span<const std::string_view> names = {};  ///< The first one stands for `min`.
};

Error Bad(const Field& field, std::string_view text) {
  return Error{
      ErrorKind::kInvalid,
      "cron field " + std::string(field.name) + " \"" + std::string(text) +
          "\" is not *, a value " + std::to_string(field.min) + "-" + std::to_string(field.max) +
          (field.names.empty() ? ""
                               : " or " + std::string(field.names.front()) + "-" +
                                     std::string(field.names.back())) +
          ", a range, a list or a step"
  };
}

std::optional<int> ParseValue(const Field& field, std::string_view text) {
  std::optional<int> value = ParseNumber(text);
  for (std::size_t i = 0; !value && i < field.names.size(); ++i) {
    if (Lower(text) == field.names[i]) value = field.min + static_cast<int>(i);
  }
  if (!value || *value < field.min || *value > field.max) return {};
  return value;
}

/// "*", "5", "1-5", each with "/step": sets the bits it names.
template <std::size_t N>
Result<> ParseItem(const Field& field, std::string_view item, std::bitset<N>& bits) {
  const auto slash = item.find('/');
  const std::string_view range = item.substr(0, slash);
  std::optional<int> step = 1;
  if (slash != std::string_view::npos) step = ParseNumber(item.substr(slash + 1));
  if (!step || *step == 0) return Bad(field, item);
  std::optional<int> from = field.min;
  std::optional<int> to = field.max;
  if (range != "*") {
    const auto dash = range.find('-');
    from = ParseValue(field, range.substr(0, dash));
    if (dash != std::string_view::npos) {
      to = ParseValue(field, range.substr(dash + 1));
    } else if (slash == std::string_view::npos) {
      to = from;  // "5"; but "5/10" is 5, 15, 25 and so on.
    }
    if (field.max == 7 && to == 0 && from > 0) to = 7;  // FRI-SUN.
  }
  if (!from || !to || *from > *to) return Bad(field, item);
  for (int value = *from; value <= *to; value += *step) bits.set(static_cast<std::size_t>(value));
  return {};
}

template <std::size_t N>
Result<> ParseField(const Field& field, std::string_view text, std::bitset<N>& bits) {
  for (const std::string_view item : Split(text, ',')) PULSE_CHECK(ParseItem(field, item, bits));
  return {};
}

Error BadInterval(std::string_view text) {
  return Error{
      ErrorKind::kInvalid,
      "interval \"" + std::string(text) + "\" is not a number of m, h, d or w from 1m to 366d"
  };
}

Result<EpochMs> ParseInterval(std::string_view text) {
  if (text.empty()) return BadInterval(text);
  EpochMs unit = 0;
  if (text.back() == 'm') unit = kMinute;
  if (text.back() == 'h') unit = kHour;
  if (text.back() == 'd') unit = kDay;
  if (text.back() == 'w') unit = 7 * kDay;
  const auto count = ParseNumber(text.substr(0, text.size() - 1));
  if (unit == 0 || !count || *count < 1 || *count > 366 * kDay / unit) return BadInterval(text);
  return *count * unit;
}

}  // namespace

Result<ScheduleRule> ScheduleRule::Parse(std::string_view text) {
  ScheduleRule rule;
  const auto words = Words(text);
  if (words.size() == 2 && words[0] == "every") {
    PULSE_TRY(rule.every_, ParseInterval(words[1]));
    return rule;
  }
  PULSE_TRY(rule.cron_, ParseCron(text));
  return rule;
}

Result<ScheduleRule::Cron> ScheduleRule::ParseCron(std::string_view text) {
  const auto words = Words(text);
  if (words.size() != 5) {
    return Error{
        ErrorKind::kInvalid,
        "rule \"" + std::string(text) +
            "\" is neither `every 15m` nor five cron fields: minute hour day month weekday"
    };
  }
  Cron cron;
  std::bitset<8> weekdays;
  PULSE_CHECK(ParseField({"minute", 0, 59}, words[0], cron.minutes));
  PULSE_CHECK(ParseField({"hour", 0, 23}, words[1], cron.hours));
  PULSE_CHECK(ParseField({"day", 1, 31}, words[2], cron.days));
  PULSE_CHECK(ParseField({"month", 1, 12, kMonths}, words[3], cron.months));
  PULSE_CHECK(ParseField({"weekday", 0, 7, kWeekdays}, words[4], weekdays));
  for (std::size_t day = 0; day < 8; ++day) {
    if (weekdays.test(day)) cron.weekdays.set(day % 7);
  }
  cron.any_day = words[2].starts_with('*');
  cron.any_weekday = words[4].starts_with('*');
  for (std::int64_t day = 0; day < kCalendarDays; ++day) {
    if (cron.MatchesDay(day)) return cron;
  }
  return Error{
      ErrorKind::kInvalid, "rule \"" + std::string(text) + "\" names a date that never comes"
  };
}

bool ScheduleRule::Cron::MatchesDay(std::int64_t days_since_epoch) const {
  const std::chrono::sys_days date{std::chrono::days(days_since_epoch)};
  const std::chrono::year_month_day parts(date);
  if (!months.test(static_cast<unsigned>(parts.month()))) return false;
  const bool day = days.test(static_cast<unsigned>(parts.day()));
  const bool weekday = weekdays.test(std::chrono::weekday(date).c_encoding());
  // Both given: either. One of them starred: both must hold, and a plain * always does.
  return any_day || any_weekday ? day && weekday : day || weekday;
}

EpochMs ScheduleRule::After(EpochMs instant) const {
  if (every_ > 0) return (FloorDivide(instant, every_) + 1) * every_;
  std::int64_t minute = FloorDivide(instant, kMinute) + 1;
  std::int64_t day = FloorDivide(minute, kDay / kMinute);
  auto of_day = static_cast<std::size_t>(minute - day * (kDay / kMinute));
  for (;; ++day, of_day = 0) {
    if (!cron_.MatchesDay(day)) continue;
    for (; of_day < std::size_t{24} * 60; ++of_day) {
      if (!cron_.hours.test(of_day / 60) || !cron_.minutes.test(of_day % 60)) continue;
      return day * kDay + static_cast<EpochMs>(of_day) * kMinute;
    }
  }
}

bool ScheduleRule::Matches(EpochMs instant) const { return After(instant - 1) == instant; }

}  // namespace pulse::control
