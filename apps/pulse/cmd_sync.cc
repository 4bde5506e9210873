#include <algorithm>

#include "following.h"
#include "handlers.h"
#include "submit.h"
#include "values.h"

#include "pulse/base/clock.h"

namespace pulse::app {
namespace {

Result<model::JobOptions> ReadOptions(
    Context& context, const source::Connectors& connectors, const model::Integration& integration
) {
  const Invocation& call = context.call();
  model::JobOptions options;
  options.full = call.Has("full");
  options.query = call.Value("query");
  if (call.Has("since")) {
    if (options.full) {
      return Error{ErrorKind::kInvalid, "--full and --since were both given; fix: use one"};
    }
    PULSE_TRY(options.since, ParseSince(call.Value("since"), SystemClock().Now()));
  }
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
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const model::Integration integration, context.Integration(tenant, context.call().Argument(0))
  );
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
