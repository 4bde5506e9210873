#include <algorithm>

#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

#include "pulse/base/clock.h"
#include "pulse/control/schedule_rule.h"

namespace pulse::app {
namespace {

/// What a command of this noun is about.
struct Target {
  Engine* engine = nullptr;
  model::Tenant tenant;
  model::Integration integration;
};

Result<Target> ReadTarget(Context& context) {
  Target target;
  PULSE_TRY(target.tenant, context.Tenant());
  PULSE_TRY(target.engine, context.OpenEngine());
  PULSE_TRY(target.integration, context.Integration(target.tenant, context.call().Argument(0)));
  return target;
}

Result<std::optional<store::Schedule>> Find(const Target& target) {
  PULSE_TRY(const auto all, target.engine->store().schedules().List(target.tenant.id));
  const auto found = std::ranges::find(all, target.integration.id, &store::Schedule::integration);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

Result<store::Schedule> FindOrSay(const Target& target) {
  PULSE_TRY(const std::optional<store::Schedule> found, Find(target));
  if (found) return *found;
  return Error{
      ErrorKind::kNotFound,
      "integration " + target.integration.name + " has no schedule; fix: pulse schedule set " +
          target.integration.name + " --tenant " + target.tenant.name + " --every 15m"
  };
}

std::string RuleGiven(const Invocation& call) {
  return call.Has("cron") ? call.Value("cron") : "every " + call.Value("every");
}

/// "incremental", "full" or "census".
std::string WhatOf(const store::Schedule& schedule) {
  const auto options = model::JobOptions::FromJson(schedule.options).value_or(model::JobOptions{});
  if (options.census) return "census";
  return options.full ? "full" : "incremental";
}

Json ScheduleJson(const store::Schedule& schedule, const std::string& integration) {
  std::optional<EpochMs> last;
  if (schedule.last_at != 0) last = schedule.last_at;
  return {
      {"integration_id", schedule.integration.value()},
      {"integration", integration},
      {"rule", schedule.rule},
      {"what", WhatOf(schedule)},
      {"options", Json::parse(schedule.options, nullptr, false)},
      {"paused", schedule.paused},
      {"catch_up", schedule.catch_up},
      {"next", InstantJson(schedule.next_at)},
      {"last", InstantJson(last)},
  };
}

Result<ExitCode> Store(Context& context, const Target& target, const store::Schedule& schedule) {
  PULSE_CHECK(target.engine->store().schedules().Put(schedule));
  target.engine->Announce();
  if (context.json()) {
    context.PrintJson(Dump(ScheduleJson(schedule, target.integration.name)));
    return ExitCode::kOk;
  }
  context.Print(
      target.integration.name + "  " + schedule.rule + "  " +
      (schedule.paused ? "paused" : "next " + FormatInstant(schedule.next_at)) + "\n"
  );
  return ExitCode::kOk;
}

Result<ExitCode> SetPaused(Context& context, bool paused) {
  PULSE_TRY(const Target target, ReadTarget(context));
  PULSE_TRY(store::Schedule schedule, FindOrSay(target));
  schedule.paused = paused;
  return Store(context, target, schedule);
}

}  // namespace

Result<ExitCode> RunScheduleSet(Context& context) {
  const Invocation& call = context.call();
  if (call.Has("every") == call.Has("cron")) {
    return Error{ErrorKind::kInvalid, "give one of --every 15m and --cron \"0 */2 * * *\""};
  }
  if (call.Has("full") && call.Has("census")) {
    return Error{ErrorKind::kInvalid, "--full and --census were both given; fix: use one"};
  }
  const std::string text = RuleGiven(call);
  PULSE_TRY(const auto rule, control::ScheduleRule::Parse(text));
  PULSE_TRY(const Target target, ReadTarget(context));
  PULSE_TRY(const std::optional<store::Schedule> before, Find(target));
  model::JobOptions options;
  options.full = call.Has("full");
  options.census = call.Has("census");
  return Store(
      context,
      target,
      {
          .tenant = target.tenant.id,
          .integration = target.integration.id,
          .rule = text,
          .options = options.ToJson(),
          .catch_up = !call.Has("no-catch-up"),
          .next_at = rule.After(SystemClock().Now()),
          .last_at = before ? before->last_at : 0,
      }
  );
}

Result<ExitCode> RunScheduleList(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const auto schedules, engine->store().schedules().List(tenant.id));
  PULSE_TRY(const auto integrations, engine->store().catalog().ListIntegrations(tenant.id));
  const auto name_of = [&](IntegrationId id) {
    const auto found = std::ranges::find(integrations, id, &model::Integration::id);
    return found == integrations.end() ? std::to_string(id.value()) : found->name;
  };
  if (context.json()) {
    Json list = Json::array();
    for (const auto& schedule : schedules) {
      list.push_back(ScheduleJson(schedule, name_of(schedule.integration)));
    }
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(schedules.size());
  for (const auto& schedule : schedules) {
    rows.push_back({
        name_of(schedule.integration),
        schedule.rule,
        WhatOf(schedule),
        schedule.paused ? "paused" : FormatInstant(schedule.next_at),
        schedule.last_at == 0 ? "never" : FormatInstant(schedule.last_at),
        schedule.catch_up ? "yes" : "no",
    });
  }
  context.Print(RenderTable(
      {{"INTEGRATION"}, {"RULE"}, {"WHAT"}, {"NEXT"}, {"LAST"}, {"CATCHES UP"}},
      rows,
      context.width()
  ));
  return ExitCode::kOk;
}

Result<ExitCode> RunSchedulePause(Context& context) { return SetPaused(context, true); }
Result<ExitCode> RunScheduleResume(Context& context) { return SetPaused(context, false); }

Result<ExitCode> RunScheduleRemove(Context& context) {
  PULSE_TRY(const Target target, ReadTarget(context));
  PULSE_TRY(const store::Schedule schedule, FindOrSay(target));
  PULSE_CHECK(target.engine->store().schedules().Remove(target.tenant.id, target.integration.id));
  if (context.json()) {
    Json json = ScheduleJson(schedule, target.integration.name);
    json["removed"] = true;
    context.PrintJson(Dump(json));
  } else {
    context.Print(target.integration.name + " is no longer synced by itself\n");
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
