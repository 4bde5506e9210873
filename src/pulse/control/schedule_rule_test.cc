#include "pulse/control/schedule_rule.h"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::control {
namespace {

constexpr EpochMs kMinute = 60'000;

EpochMs At(std::string_view text) { return ParseInstant(text).value(); }

std::string AfterOf(std::string_view rule, std::string_view instant) {
  const auto parsed = ScheduleRule::Parse(rule);
  if (!parsed) return parsed.error().message();
  return FormatInstant(parsed->After(At(instant)));
}

std::string Refusal(std::string_view rule) {
  const auto parsed = ScheduleRule::Parse(rule);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind(), ErrorKind::kInvalid);
  return parsed.error().message();
}

TEST(ScheduleRule, AnIntervalHasItsSlotsAtMultiplesSinceTheEpoch) {
  EXPECT_EQ(AfterOf("every 15m", "2024-02-29T10:07:00Z"), "2024-02-29T10:15:00.000Z");
  EXPECT_EQ(AfterOf("every 15m", "2024-02-29T10:15:00Z"), "2024-02-29T10:30:00.000Z");
  EXPECT_EQ(AfterOf("every 6h", "2024-02-29T18:00:01Z"), "2024-03-01T00:00:00.000Z");
  EXPECT_EQ(AfterOf("every 1d", "2024-02-29T18:00:01Z"), "2024-03-01T00:00:00.000Z");
  EXPECT_EQ(AfterOf("every 1w", "2024-02-28T18:00:01Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(AfterOf("every 1m", "1969-12-31T23:59:30Z"), "1970-01-01T00:00:00.000Z");
}

TEST(ScheduleRule, ReadsCronFieldsAsCronDoes) {
  EXPECT_EQ(AfterOf("0 */2 * * *", "2024-02-29T10:00:00Z"), "2024-02-29T12:00:00.000Z");
  EXPECT_EQ(AfterOf("5,35 8-18/2 * * *", "2024-02-29T10:40:00Z"), "2024-02-29T12:05:00.000Z");
  EXPECT_EQ(AfterOf("30 9 * * MON-FRI", "2024-03-01T09:30:00Z"), "2024-03-04T09:30:00.000Z");
  EXPECT_EQ(AfterOf("0 0 * * 7", "2024-03-01T00:00:00Z"), "2024-03-03T00:00:00.000Z");
  EXPECT_EQ(AfterOf("0 0 * * 0", "2024-03-01T00:00:00Z"), "2024-03-03T00:00:00.000Z");
  EXPECT_EQ(AfterOf("0 0 * * fri-sun", "2024-03-02T00:00:00Z"), "2024-03-03T00:00:00.000Z");
  EXPECT_EQ(AfterOf("0 0 1 jan,Jul *", "2024-03-01T00:00:00Z"), "2024-07-01T00:00:00.000Z");
  EXPECT_EQ(AfterOf("10/20 * * * *", "2024-03-01T00:00:00Z"), "2024-03-01T00:10:00.000Z");
  EXPECT_EQ(AfterOf("10/20 * * * *", "2024-03-01T00:30:00Z"), "2024-03-01T00:50:00.000Z");
  EXPECT_EQ(AfterOf("0 0 29 2 *", "2096-03-01T00:00:00Z"), "2104-02-29T00:00:00.000Z");
  EXPECT_EQ(AfterOf("0 0 29 2 */7", "2004-03-01T00:00:00Z"), "2032-02-29T00:00:00.000Z");
}

TEST(ScheduleRule, EitherOfDayAndWeekdayWillDoWhenBothAreGiven) {
  EXPECT_EQ(AfterOf("0 0 15 * MON", "2024-03-11T00:00:00Z"), "2024-03-15T00:00:00.000Z");
  EXPECT_EQ(AfterOf("0 0 15 * MON", "2024-03-15T00:00:00Z"), "2024-03-18T00:00:00.000Z");
}

TEST(ScheduleRule, RefusesWhatIsNoRuleAndSaysWhy) {
  using ::testing::HasSubstr;
  EXPECT_THAT(Refusal(""), HasSubstr("five cron fields"));
  EXPECT_THAT(Refusal("* * * *"), HasSubstr("five cron fields"));
  EXPECT_THAT(Refusal("* * * * * *"), HasSubstr("five cron fields"));
  EXPECT_THAT(Refusal("60 * * * *"), HasSubstr("minute \"60\" is not *, a value 0-59"));
  EXPECT_THAT(Refusal("* 24 * * *"), HasSubstr("hour"));
  EXPECT_THAT(Refusal("* * 0 * *"), HasSubstr("day"));
  EXPECT_THAT(Refusal("* * * 13 *"), HasSubstr("month"));
  EXPECT_THAT(Refusal("* * * foo *"), HasSubstr("jan-dec"));
  EXPECT_THAT(Refusal("* * * * 8"), HasSubstr("weekday"));
  for (const char* rule :
       {"*/0 * * * *",
        "5-1 * * * *",
        "1, * * * *",
        ",1 * * * *",
        "1-2-3 * * * *",
        "-1 * * * *",
        "+1 * * * *",
        "1/ * * * *",
        "*/-1 * * * *",
        "1.5 * * * *",
        "99999999999 * * * *"}) {
    EXPECT_THAT(Refusal(rule), HasSubstr("minute")) << rule;
  }
  for (const char* rule :
       {"every",
        "every 0m",
        "every 15",
        "every m",
        "every -5m",
        "every 5s",
        "every 367d",
        "every 99999999999w",
        "every 15m 5"}) {
    EXPECT_NE(Refusal(rule), "accepted") << rule;
  }
}

TEST(ScheduleRule, RefusesDatesThatNeverCome) {
  EXPECT_THAT(Refusal("0 0 30 2 *"), ::testing::HasSubstr("never comes"));
  EXPECT_THAT(Refusal("0 0 31 4,6,9,11 *"), ::testing::HasSubstr("never comes"));
  EXPECT_THAT(Refusal("0 0 31 4,6,9,11 MON"), "accepted") << "Mondays come";
}

/// A rule as sets of numbers, and the text that says the same: an oracle that parses nothing.
struct Sets {
  std::set<int> minutes, hours, days, months, weekdays;
  bool all_days = false;
  bool all_weekdays = false;

  bool Match(EpochMs instant) const {
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(instant)};
    const auto date = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day parts(date);
    const auto minute =
        static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(time - date).count());
    if (!minutes.contains(minute % 60) || !hours.contains(minute / 60)) return false;
    if (!months.contains(static_cast<int>(static_cast<unsigned>(parts.month())))) return false;
    const bool day = days.contains(static_cast<int>(static_cast<unsigned>(parts.day())));
    const bool weekday =
        weekdays.contains(static_cast<int>(std::chrono::weekday(date).c_encoding()));
    if (all_days && all_weekdays) return true;
    if (all_days) return weekday;
    if (all_weekdays) return day;
    return day || weekday;
  }
};

std::string List(const std::set<int>& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

std::set<int> Some(std::mt19937& random, int min, int max) {
  std::set<int> values;
  const int count = std::uniform_int_distribution(1, 4)(random);
  while (static_cast<int>(values.size()) < count) {
    values.insert(std::uniform_int_distribution(min, max)(random));
  }
  return values;
}

TEST(ScheduleRule, TheNextSlotIsTheFirstMinuteThatMatches) {
  std::mt19937 random(20240229);
  std::bernoulli_distribution half(0.5);
  for (int i = 0; i < 200; ++i) {
    Sets sets{
        .minutes = Some(random, 0, 59),
        .hours = Some(random, 0, 23),
        .days = Some(random, 1, 28),
        .months = Some(random, 1, 12),
        .weekdays = Some(random, 0, 6),
        .all_days = half(random),
        .all_weekdays = half(random),
    };
    const std::string rule = List(sets.minutes) + " " + List(sets.hours) + " " +
                             (sets.all_days ? "*" : List(sets.days)) + " " + List(sets.months) +
                             " " + (sets.all_weekdays ? "*" : List(sets.weekdays));
    const auto parsed = ScheduleRule::Parse(rule);
    ASSERT_TRUE(parsed) << rule;
    const EpochMs from = std::uniform_int_distribution<
        EpochMs>(At("1968-01-01T00:00:00Z"), At("2100-01-01T00:00:00Z"))(random);

    const EpochMs next = parsed->After(from);

    ASSERT_GT(next, from) << rule;
    ASSERT_EQ(next % kMinute, 0) << rule;
    ASSERT_TRUE(sets.Match(next)) << rule << " " << FormatInstant(next);
    ASSERT_TRUE(parsed->Matches(next)) << rule;
    ASSERT_FALSE(parsed->Matches(next - kMinute) && !sets.Match(next - kMinute)) << rule;
    // Every minute between is none; a sample of them when they are many.
    const EpochMs stride = std::max<EpochMs>((next - from) / kMinute / 1000, 1);
    for (EpochMs at = next - kMinute; at > from; at -= kMinute * stride) {
      ASSERT_FALSE(sets.Match(at)) << rule << " " << FormatInstant(at);
    }
  }
}

TEST(ScheduleRule, IntervalsAreAsFarApartAsTheySay) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    const EpochMs minutes = std::uniform_int_distribution<EpochMs>(1, 5000)(random);
    const auto rule = ScheduleRule::Parse("every " + std::to_string(minutes) + "m");
    ASSERT_TRUE(rule);
    const EpochMs from =
        std::uniform_int_distribution<EpochMs>(-1'000'000'000, 4'000'000'000'000)(random);
    const EpochMs first = rule->After(from);
    EXPECT_GT(first, from);
    EXPECT_LE(first - from, minutes * kMinute);
    EXPECT_EQ(rule->After(first) - first, minutes * kMinute);
    EXPECT_FALSE(rule->Matches(first + kMinute) && minutes > 1);
  }
}

}  // namespace
}  // namespace pulse::control
