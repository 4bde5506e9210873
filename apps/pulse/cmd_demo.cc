#include <filesystem>

#include "demo_world.h"
#include "following.h"
#include "handlers.h"
#include "json_output.h"
#include "receipt_text.h"
#include "services.h"
#include "submit.h"
#include "text_table.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

void PrintReceipts(
    Context& context, const std::vector<Followed>& jobs, const std::vector<DemoVerdict>& verdicts
) {
  if (!context.json()) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      context.Print(fmt::format(
          "receipt {:<20} {}\n",
          jobs[i].tenant.name + "/" + jobs[i].integration.name,
          ReceiptLine(jobs[i].receipt)
      ));
    }
    return;
  }
  Json receipts = Json::array();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    receipts.push_back(
        {{"tenant", jobs[i].tenant.name},
         {"integration", jobs[i].integration.name},
         {"planted", verdicts[i].planted},
         {"ok", verdicts[i].problem.empty()},
         {"receipt", ToJson(jobs[i].receipt)}}
    );
  }
  context.PrintJson(Dump({{"receipts", std::move(receipts)}}));
}

void Introduce(Context& context, const config::Settings& settings, const DemoSize& size) {
  context.Note(
      std::string("pulse ") + PULSE_VERSION +
      " demo   everything in one process: database, queue and vectors built in   (" +
      settings.home + ")"
  );
  context.Note(
      "  simulated Jira and GitHub: 2 tenants, " + WithThousands(2 * size.issues) + " issues, " +
      WithThousands(2 * size.prs) +
      " pull requests, 2% of calls disturbed and some records broken on purpose"
  );
}

/// This program as one would type it here: it is seldom in PATH on the day of its demo.
std::string ProgramWord() {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return "pulse";
  const std::string near = self.lexically_proximate(std::filesystem::current_path(failed)).string();
  if (failed || near.starts_with("..")) return self.string();
  return near.find('/') == std::string::npos ? "./" + near : near;
}

}  // namespace

Result<ExitCode> RunDemo(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(const DemoSize size, ReadDemoSize(context.call()));
  PULSE_TRY(const config::Settings* base, context.Settings());
  const config::Settings settings = DemoSettings(*base);
  if (context.call().Has("reset")) {
    std::error_code failed;
    std::filesystem::remove_all(settings.home, failed);
    if (failed) {
      return Error{ErrorKind::kUnavailable, "remove " + settings.home + ": " + failed.message()};
    }
  }
  Introduce(context, settings, size);
  PULSE_TRY(Engine * engine, context.OpenEngine(settings));
  PULSE_TRY(const DemoWorld world, PrepareDemo(*engine, size));

  std::vector<Followed> jobs;
  for (const DemoIntegration& part : world.integrations) {
    PULSE_TRY(const store::Submitted submitted, SubmitSync(*engine, part.integration, {}));
    jobs.push_back({part.tenant, part.integration, submitted.job, {}});
  }
  PULSE_CHECK(FollowAll(context, *engine, jobs, stop));

  std::vector<DemoVerdict> verdicts;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    PULSE_TRY(DemoVerdict verdict, JudgeDemo(*engine, world.integrations[i], jobs[i].receipt));
    verdicts.push_back(std::move(verdict));
  }
  PrintReceipts(context, jobs, verdicts);
  ExitCode code = ExitCode::kOk;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (verdicts[i].problem.empty()) continue;
    context.Warn(jobs[i].tenant.name + "/" + jobs[i].integration.name + ": " + verdicts[i].problem);
    code = ExitCode::kFailed;
  }
  const std::string with_home = "PULSE_HOME=" + settings.home + " " + ProgramWord() + " ";
  context.Note("try: " + with_home + "search \"payments time out after deploy\" --tenant acme");
  context.Note("     " + with_home + "dead-letter group --tenant acme");
  if (context.call().Has("serve") && code == ExitCode::kOk) {
    PULSE_CHECK(RunServices(context, *engine, {.backend = true, .etl = true}, stop));
  }
  return code;
}

}  // namespace pulse::app
