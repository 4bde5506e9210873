#include <algorithm>

#include "following.h"
#include "handlers.h"
#include "repair.h"
#include "submit.h"
#include "values.h"

#include "pulse/base/clock.h"

namespace pulse::app {
namespace {

Error Both(std::string_view a, std::string_view b) {
  return Error{
      ErrorKind::kInvalid,
      std::string(a).append(" and ").append(b).append(" were both given; fix: use one")
  };
}

Result<> ReadTimes(const Invocation& call, model::JobOptions& options) {
  if (call.Has("until") && !call.Has("since")) {
    return Error{ErrorKind::kInvalid, "--until needs a beginning; fix: add --since"};
  }
  if (!call.Has("since")) return {};
  if (options.full) return Both("--full", "--since");
  if (options.census) return Both("--census", "--since");
  const EpochMs now = SystemClock().Now();
  PULSE_TRY(options.since, ParseMoment("--since", call.Value("since"), now));
  if (!call.Has("until")) return {};
  PULSE_TRY(options.until, ParseMoment("--until", call.Value("until"), now));
  if (*options.until > now) options.until = now;
  if (*options.since < *options.until) return {};
  return Error{ErrorKind::kInvalid, "--until is not after --since; fix: give a later end"};
}

/// Options that say what to read, which a repair knows by itself.
Result<> CheckRepair(const Invocation& call) {
  for (const std::string_view other :
       {"full", "since", "until", "census", "accept-vanished", "entity", "query"}) {
    if (call.Has(other)) return Both("--repair", "--" + std::string(other));
  }
  return {};
}

Result<model::JobOptions> ReadOptions(
    Context& context, const source::Connectors& connectors, const model::Integration& integration
) {
  const Invocation& call = context.call();
  model::JobOptions options;
  options.full = call.Has("full");
  options.query = call.Value("query");
  options.census = call.Has("census");
  options.accept_vanished = call.Has("accept-vanished");
  if (options.accept_vanished && !options.census && !options.full) {
    return Error{
        ErrorKind::kInvalid, "--accept-vanished is about what a census finds; fix: add --census"
    };
  }
  PULSE_CHECK(ReadTimes(call, options));
  for (const std::string& type : call.List("entity")) {
    PULSE_TRY(std::string full_name, ResolveEntityType(connectors, integration.provider, type));
    options.entities.push_back(std::move(full_name));
  }
  std::ranges::sort(options.entities);
  const auto doubles = std::ranges::unique(options.entities);
  options.entities.erase(doubles.begin(), doubles.end());
  return options;
}

}  // namespace

Result<ExitCode> RunSync(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_CHECK(ReadTimeout(context.call()));
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const model::Integration integration, context.Integration(tenant, context.call().Argument(0))
  );
  if (context.call().Has("repair")) {
    PULSE_CHECK(CheckRepair(context.call()));
    return RunRepair(context, *engine, tenant, integration, stop);
  }
  PULSE_TRY(
      const model::JobOptions options, ReadOptions(context, engine->connectors(), integration)
  );
  PULSE_TRY(const store::Submitted submitted, SubmitSync(*engine, integration, options));
  const std::string name = "job " + std::to_string(submitted.job.value());
  if (submitted.attached) context.Note(name + " is already under way: going on with it");
  std::vector<Followed> jobs = {{tenant, integration, submitted.job, {}}};
  PULSE_CHECK(FollowAll(context, *engine, jobs, stop));
  return ReportJob(context, *engine, jobs.front());
}

}  // namespace pulse::app
