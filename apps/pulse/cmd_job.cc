#include "following.h"
#include "handlers.h"
#include "json_output.h"
#include "progress_view.h"
#include "receipt_text.h"
#include "submit.h"
#include "text_table.h"
#include "values.h"
#include <nlohmann/json.hpp>

#include "pulse/base/clock.h"

namespace pulse::app {
namespace {

Result<JobId> ReadJobId(Context& context) {
  std::string text = context.call().Argument(0);
  PULSE_TRY(const std::int64_t id, ParseCount("job", text, 1, INT64_MAX));
  return JobId(id);
}

struct FoundJob {
  model::Tenant tenant;
  model::Job job;
};

Result<FoundJob> FindJob(Context& context, Engine& engine) {
  PULSE_TRY(const JobId id, ReadJobId(context));
  PULSE_TRY(model::Tenant tenant, context.Tenant());
  auto job = engine.store().jobs().Get(tenant.id, id);
  if (!job && job.error().kind() == ErrorKind::kNotFound) {
    return Error{
        ErrorKind::kNotFound,
        "tenant " + tenant.name + " has no job " + std::to_string(id.value()) +
            "; fix: pulse job list --tenant " + tenant.name
    };
  }
  PULSE_TRY(model::Job found, std::move(job));
  return FoundJob{std::move(tenant), std::move(found)};
}

Result<ExitCode> FollowOne(
    Context& context, Engine& engine, const FoundJob& found, std::stop_token stop
) {
  PULSE_TRY(
      model::Integration integration,
      engine.store().catalog().GetIntegration(found.tenant.id, found.job.integration)
  );
  std::vector<Followed> jobs = {{found.tenant, std::move(integration), found.job.id, {}}};
  PULSE_CHECK(FollowAll(context, engine, jobs, std::move(stop)));
  return ReportJob(context, engine, jobs.front());
}

}  // namespace

Result<ExitCode> RunJobList(Context& context) {
  PULSE_TRY(
      const std::int64_t limit, ParseCount("--limit", context.call().Value("limit", "20"), 1, 10000)
  );
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  std::optional<IntegrationId> only;
  if (context.call().Has("integration")) {
    PULSE_TRY(
        const model::Integration integration,
        context.Integration(tenant, context.call().Value("integration"))
    );
    only = integration.id;
  }
  PULSE_TRY(
      const std::vector<model::Job> jobs,
      engine->store().jobs().List(tenant.id, only, static_cast<int>(limit))
  );
  if (context.json()) {
    Json list = Json::array();
    for (const model::Job& job : jobs) list.push_back(ToJson(job));
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::map<IntegrationId, std::string> names;
  PULSE_TRY(
      const std::vector<model::Integration> integrations,
      engine->store().catalog().ListIntegrations(tenant.id)
  );
  for (const model::Integration& integration : integrations)
    names[integration.id] = integration.name;
  std::vector<TextRow> rows;
  rows.reserve(jobs.size());
  for (const model::Job& job : jobs) {
    rows.push_back(
        {std::to_string(job.id.value()),
         names[job.integration],
         job.job_type,
         std::string(model::Name(job.status)),
         FormatInstant(job.created_at),
         job.error}
    );
  }
  context.Print(RenderTable(
      {{"ID", Align::kRight}, {"INTEGRATION"}, {"TYPE"}, {"STATUS"}, {"CREATED"}, {"ERROR"}},
      rows,
      context.width()
  ));
  return ExitCode::kOk;
}

Result<ExitCode> RunJobShow(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const FoundJob found, FindJob(context, *engine));
  PULSE_TRY(
      const store::JobProgress progress,
      engine->store().jobs().Progress(found.tenant.id, found.job.id)
  );
  if (context.json()) {
    context.PrintJson(Dump(ToJson(progress)));
    return ExitCode::kOk;
  }
  PULSE_TRY(
      const model::Integration integration,
      engine->store().catalog().GetIntegration(found.tenant.id, found.job.integration)
  );
  const std::string label = found.tenant.name + "/" + integration.name;
  const JobView view{label, integration.provider, progress, 0};
  const std::size_t width = context.width() == 0 ? 100 : context.width();
  std::string text;
  for (const std::string& line : RenderJob(view, {.width = width, .now = SystemClock().Now()})) {
    text += line + "\n";
  }
  if (!found.job.error.empty()) text += "cause  " + found.job.error + "\n";
  text += ReceiptText(progress.receipt, label, context.width());
  context.Print(text);
  return ExitCode::kOk;
}

Result<ExitCode> RunJobWatch(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const FoundJob found, FindJob(context, *engine));
  return FollowOne(context, *engine, found, stop);
}

Result<ExitCode> RunJobCancel(Context& context) {
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const FoundJob found, FindJob(context, *engine));
  const std::string name = "job " + std::to_string(found.job.id.value());
  if (model::IsFinal(found.job.status)) {
    return Error{
        ErrorKind::kConflict,
        name + " is already " + std::string(model::Name(found.job.status)) + ": nothing to cancel"
    };
  }
  PULSE_CHECK(engine->store().jobs().Cancel(found.tenant.id, found.job.id));
  engine->Announce();
  PULSE_TRY(const model::Job after, engine->store().jobs().Get(found.tenant.id, found.job.id));
  if (context.json()) {
    context.PrintJson(Dump(ToJson(after)));
  } else {
    context.Print(name + " is asked to stop; what is loaded stays\n");
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunJobRetry(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_CHECK(ReadTimeout(context.call()));
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(FoundJob found, FindJob(context, *engine));
  const std::string name = "job " + std::to_string(found.job.id.value());
  if (!model::IsFinal(found.job.status)) {
    return Error{
        ErrorKind::kConflict,
        name + " is still " + std::string(model::Name(found.job.status)) +
            "; fix: pulse job watch " + std::to_string(found.job.id.value())
    };
  }
  if (context.call().Has("failed-only")) {
    PULSE_TRY(const int again, engine->store().jobs().RetryFailed(found.tenant.id, found.job.id));
    context.Note(name + ": " + std::to_string(again) + " failed steps are ready again");
    return FollowOne(context, *engine, found, stop);
  }
  if (found.job.options.replay) {
    return Error{ErrorKind::kInvalid, name + " was a replay; fix: pulse replay, or --failed-only"};
  }
  PULSE_TRY(
      const model::Integration integration,
      engine->store().catalog().GetIntegration(found.tenant.id, found.job.integration)
  );
  PULSE_TRY(const store::Submitted submitted, SubmitSync(*engine, integration, found.job.options));
  found.job.id = submitted.job;
  return FollowOne(context, *engine, found, stop);
}

}  // namespace pulse::app
