#pragma once

/// \file
/// ScheduleRule: when a schedule's slots are. Pure; UTC, so no slot is skipped or doubled when
/// clocks change. Slots are whole minutes.
///
///   every 15m | every 6h | every 2d | every 1w    at multiples of the interval since the epoch:
///   15m
///                                                 is :00, :15, :30, :45; 1w begins on Thursdays
///   MINUTE HOUR DAY MONTH WEEKDAY                 five cron fields: *, 5, 1-5, 1,15, */10, 8-18/2;
///                                                 JAN-DEC, SUN-SAT; 0 and 7 are Sunday. Where both
///                                                 DAY and WEEKDAY are given (neither begins with
///                                                 *), a day that matches either is a match, as in
///                                                 cron

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/base/time.h"

namespace pulse::control {

class ScheduleRule {
 public:
  /// Errors: kInvalid, saying which field, what was given and what is accepted; also for dates that
  /// never come (30 February) and intervals below a minute or above 366 days.
  static Result<ScheduleRule> Parse(std::string_view text);

  /// The first slot after `instant`. There always is one, a 29 February that is a Sunday
  /// within forty years.
  EpochMs After(EpochMs instant) const;
  /// Whether `instant` is a slot.
  bool Matches(EpochMs instant) const;

 private:
  struct Cron {
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<32> days;     ///< 1 to 31.
    std::bitset<13> months;   ///< 1 to 12.
    std::bitset<7> weekdays;  ///< 0 is Sunday.
    bool any_day = false;     ///< The field begins with *: only the other of the two decides.
    bool any_weekday = false;
    bool MatchesDay(std::int64_t days_since_epoch) const;
  };
  static Result<Cron> ParseCron(std::string_view text);

  EpochMs every_ = 0;  ///< 0: cron.
  Cron cron_;
};

}  // namespace pulse::control
